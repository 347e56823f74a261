// Panopto: recorded lectures. The sound is the audio podcast that Panopto offers beside the video; where
// there is none, it is taken out of the streams that its player shows.
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sites/panopto_delivery_info.h"
#include "sites/site.h"

namespace auricle::sites {

/// How a session's end is told from the rest: DeliveryInfo with ErrorCode 2, a web page in its place, a
/// redirect of it to Login.aspx or to another host (a university's single sign-on), 401 or 403 of it. 403
/// counts although it may be about the account: Panopto says that with an ErrorCode, and a wrong guess costs
/// one refresh. A 403 of the podcast alone proves nothing: explain() asks DeliveryInfo again.
class Panopto final : public Site {
  public:
    using Clock = std::function<std::chrono::system_clock::time_point()>;
    struct Options {
        std::vector<std::string> vanityHosts{};  ///< see panoptoPage()
        /// Take the sound out of the stream where the owner has switched downloads off. Off unless an
        /// administrator has decided it (DESIGN "Manners").
        bool mayStreamWhenOff = false;
    };
    explicit Panopto(Options options, Clock now = std::chrono::system_clock::now)
        : options_(std::move(options)), now_(std::move(now)) {}

    std::string_view name() const override { return "panopto"; }
    std::optional<Page> recognise(const net::Url& url) const override;
    boost::asio::awaitable<Result<Plan>> resolve(const Page& page, Visit visit) override;
    bool mayHaveOtherWays(Kind failed) const override;
    Result<void> judgeHop(const Page& page, const net::Url& from, const net::Url& to) const override;
    Result<void> judgeMedia(const Page& page, const net::ResponseHead& head) const override;
    boost::asio::awaitable<Error> explain(const Page& page, Error refused, Visit visit) override;
    boost::asio::awaitable<Result<Captions>> captions(Page page, std::string language, Visit visit) override;
    std::optional<ListPage> recogniseList(const net::Url& url, std::string_view fragment) const override;
    boost::asio::awaitable<Result<Items>> list(ListPage page, Range range, Visit visit) override;
    /// Whether the page with everything a person may see opens without a sign-in.
    boost::asio::awaitable<Result<Login>> checkLogin(std::string origin, Visit visit) override;

  private:
    boost::asio::awaitable<Result<DeliveryInfo>> ask(const Page& page, const Visit& visit) const;
    boost::asio::awaitable<Result<DeliveryInfo>> askOnce(const Page& page, const Visit& visit) const;
    Result<DeliveryInfo> judgeAnswer(const net::Response& response) const;
    /// What the page gave if it is about this recording, else what Panopto says.
    boost::asio::awaitable<Result<DeliveryInfo>> inform(const Page& page, const Visit& visit) const;
    /// Does the folder's list say that downloads of it are off? DeliveryInfo does not say it of every
    /// recording.
    boost::asio::awaitable<bool> isOffInItsFolder(const Page& page, const DeliveryInfo& info,
                                                  const Visit& visit) const;
    boost::asio::awaitable<Result<streams::Ways>> streamWays(const Page& page, const DeliveryInfo& info,
                                                             const Visit& visit) const;

    Options options_;
    Clock now_;
};

}  // namespace auricle::sites
