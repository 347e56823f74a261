// What one capture does, read from top to bottom: resolve the page, fetch the sound, finish the file, deliver
// it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>

#include "capture/credentials.h"
#include "capture/finishing.h"
#include "capture/head_start.h"
#include "capture/job.h"
#include "capture/meter.h"
#include "capture/services.h"
#include "capture/slots.h"
#include "capture/store.h"
#include "capture/ticker.h"
#include "sites/site.h"
#include "system/beside.h"

namespace auricle::capture {

/// Runs a job to its end. Fails with what the person is to be told; cancelled when the job's stop was
/// requested. While it waits for a person (to sign in, to make room on the disk) it holds no slot and no
/// socket.
class Pipeline {
  public:
    Pipeline(boost::asio::any_io_executor loop, Services& services, Slots& slots, Store& store, Job& job);
    boost::asio::awaitable<Result<void>> run();

  private:
    /// A slot; not while cookies are being asked for in place of those that are there.
    boost::asio::awaitable<Result<void>> takeTurn();
    boost::asio::awaitable<Result<void>> waitForRefresh();
    boost::asio::awaitable<Result<void>> untilItWorks();
    boost::asio::awaitable<Result<void>> once();
    boost::asio::awaitable<Result<sites::Plan>> resolve(std::optional<Kind> hasFailed);
    boost::asio::awaitable<Result<void>> fetchFirstThatWorks(std::optional<Kind> hasFailed);
    boost::asio::awaitable<Result<void>> openPart();
    boost::asio::awaitable<Result<void>> fetch();
    boost::asio::awaitable<Result<void>> fetch(const streams::Way& way);
    /// Before and while a long way is gone: a session that is about to end is looked after ahead of time.
    boost::asio::awaitable<Result<void>> lookAhead(const streams::Way& way);
    std::unique_ptr<Ticker> keepLookingAhead();
    /// Begins to deliver what the way brings while it brings it; null where that is not to be done.
    std::unique_ptr<HeadStart> headStart(const streams::Way& way);
    /// Returns when nothing is delivered ahead any more.
    boost::asio::awaitable<void> endHeadStart();
    boost::asio::awaitable<Result<Finished>> finish();
    delivery::Parcel parcelOf(const Finished& finished) const;
    std::function<void(std::uint64_t)> uploadedBytes();
    std::function<void(std::string)> registeredLecture();
    boost::asio::awaitable<Result<void>> deliver(const Finished& finished);
    /// Of the recording, in the language that is wished for.
    boost::asio::awaitable<std::optional<delivery::Captions>> captions();

    boost::asio::awaitable<Result<void>> recover(const Error& error);
    boost::asio::awaitable<Result<void>> waitForCookies(const Error& error, vault::Reason reason);
    boost::asio::awaitable<Result<void>> waitForToken(const Error& error);
    boost::asio::awaitable<Result<void>> waitForRoom(const Error& error);
    /// Lets the time pass that a site asks to be left alone for; holds no slot meanwhile.
    boost::asio::awaitable<Result<void>> waitOut(const Error& error);
    /// Can it be tried once without any? Then it will be.
    bool tryWithout(const Error& error);

    void adopt(const sites::Plan& plan);
    /// Learns beside the fetching what the video would have cost.
    void learnWholeBytes(const sites::Plan& plan);
    boost::asio::awaitable<void> tellWholeBytes(decltype(sites::Plan::askWholeBytes) ask);
    void gotBytes(std::uint64_t done, std::uint64_t total);
    /// Begins to tell how far it has come, from `bytes` on, until the ticker is dropped.
    std::unique_ptr<Ticker> tellProgress(const std::uint64_t& bytes, std::uint64_t total);
    void tellFinishing(double share);
    void forgetPart();
    /// Named before it is awaited with, everywhere: GCC 12 destroys aggregates twice that are made inside a
    /// co_await expression.
    sites::Visit visit() {
        return {.http = services_.http,
                .credentials = *credentials_,
                .timing = services_.timing,
                .stop = stop(),
                .worker = services_.worker(),
                .language = services_.config.captures.language,
                .folder = store_.workFolder(capture_.id)};
    }
    vault::Key siteKey() const;
    std::stop_token stop() const { return job_.stop.get_token(); }

    boost::asio::any_io_executor loop_;
    Services& services_;
    Slots& slots_;
    Store& store_;
    Job& job_;
    Capture& capture_;
    sites::Site& site_;
    std::unique_ptr<SessionCredentials> credentials_;
    std::unique_ptr<delivery::Delivery> delivery_;  ///< that delivered ahead; null: none did
    std::unique_ptr<HeadStart> ahead_;              ///< null: nothing is delivered ahead
    std::unique_ptr<Beside> sizing_;                ///< null: nothing is to be learnt of the video
    std::uint64_t wholeBytes_ = 0;             ///< what the site says the video would have cost; 0: not known
    std::optional<std::uint64_t> generation_;  ///< of the cookies that were in force when it began
    std::uint64_t bytesAtRefresh_ = 0;
    unsigned refreshesInVain_ = 0;
    bool askedForToken_ = false;
    bool isGuest_ = false;  ///< no cookies are used any more
    unsigned waits_ = 0;
};

}  // namespace auricle::capture
