// What a site is to the rest of the host: recognise a page, resolve it to a Plan, judge a response.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"
#include "net/retry.h"
#include "streams/way.h"
#include "system/error.h"

namespace auricle::sites {

/// A page that a site knows as one of its own.
struct Page {
    std::string site;      ///< "panopto"
    std::string origin;    ///< whose session it needs: "https://uni.hosted.panopto.com"
    std::string id;        ///< the site's id in that URL; lower case where its case counts for nothing
    bool idIsTid = false;  ///< Panopto's topic id, which DeliveryInfo takes by another name
    net::Url url;
};

/// What is known of a recording beside its sound. Nothing here is about the person who is signed in.
struct About {
    std::string title;
    std::string course;            ///< may be empty
    std::string stableId;          ///< the site's own stable id (Panopto: DeliveryInfo's SessionId)
    std::uint64_t durationMs = 0;  ///< 0: not known
    std::string date{};            ///< of the recording, ISO 8601 ("2026-10-12"); may be empty
    std::vector<std::string> captionLanguages{};  ///< BCP 47, in the site's order
};

/// What the page had loaded anyway and hands over, so that nothing is asked twice. Believed no more than any
/// page is.
struct PageMedia {
    std::string delivery;            ///< Panopto: DeliveryInfo as JSON text; may be empty
    std::optional<net::Url> stream;  ///< a stream that the page plays

    bool isEmpty() const { return delivery.empty() && !stream; }
};

/// What is said in a recording.
struct Captions {
    std::string language;  ///< BCP 47
    std::string srt;       ///< SubRip, UTF-8
};

/// The language that is wished for among those there are, or one that differs from it in region only, or the
/// first. Empty where there is none.
std::string chosenLanguage(const std::vector<std::string>& languages, std::string_view wished);

/// A page that holds many recordings: a folder, a playlist, what others have shared.
struct ListPage {
    std::string site;    ///< "panopto"
    std::string origin;  ///< whose session it needs
    std::string kind;    ///< which of the site's kinds of lists
    std::string id;      ///< the site's id of it, lower case; empty where its kind says it all
    std::string search;  ///< what the person searches for in it; may be empty
};

/// Which part of a list is asked for.
struct Range {
    std::uint64_t first = 0;  ///< so many recordings are left out
    std::size_t most = 1;     ///< at least 1
};

/// One recording of a list.
struct Item {
    std::string page;              ///< its page, reduced as recognise() does
    std::string title;             ///< fit to be shown; may be empty
    std::uint64_t durationMs = 0;  ///< 0: not known
    bool isDownloadable = true;    ///< false only where the site says that its owner has switched it off
};

struct Items {
    std::vector<Item> items;
    std::uint64_t total = 0;            ///< on all of the page
    std::optional<std::uint64_t> next;  ///< Range::first of what comes after these, if something does
};

/// Somebody is signed in, as the site itself says.
struct Login {
    std::string account{};                      ///< the site's own id of the person; empty: not said
    std::optional<std::int64_t> expiresAtMs{};  ///< Unix time, ms, where it is known
};

/// What a site may use for one capture.
struct Visit {
    net::HttpClient& http;
    net::Credentials& credentials;
    const net::Timing& timing;
    std::stop_token stop;
    boost::asio::any_io_executor worker{};
    std::string language{};            ///< BCP 47, of sound and captions; empty: the source's default
    const PageMedia* given = nullptr;  ///< what the page gave, if it did
    bool wantsEveryWay = false;        ///< measure all ways, also those that will not be needed
    std::optional<Kind> hasFailed{};   ///< the way that was offered first has failed so: the others, please
    std::filesystem::path
        folder{};  ///< absolute; of this capture alone, for files on the way; may be missing
};

struct Plan {
    About about;
    /// Cheapest first, never empty. Later ways are tried when the earlier one fails with an error that is
    /// about the way.
    streams::Ways ways;
    std::uint64_t wholeBytes = 0;  ///< what the video would have cost; 0: not known
    /// Where that is not known yet: asks for it, and gives up after seconds. Needs neither the site nor this
    /// plan; the sound does not have to wait for it.
    std::function<boost::asio::awaitable<std::uint64_t>(Visit)> askWholeBytes{};
};

class Site {
  public:
    virtual ~Site() = default;
    virtual std::string_view name() const = 0;
    /// Names of cookies that its answers set for one capture alone: a session of that capture's own, which is
    /// neither taken from the browser nor shared with another capture.
    virtual std::vector<std::string> sessionCookies() const { return {}; }
    /// The page, if this URL is one that the site can capture from.
    virtual std::optional<Page> recognise(const net::Url& url) const = 0;
    /// Fails with login_required when the site's session is over (the caller asks for new cookies), else with
    /// an answer about the recording or the account: download_disabled, not_ready_yet, not_found, forbidden,
    /// rate_limited, network…
    virtual boost::asio::awaitable<Result<Plan>> resolve(const Page& page, Visit visit) = 0;
    /// Is there any sense in resolving anew with `hasFailed` when the ways of a plan have failed like this?
    virtual bool mayHaveOtherWays(Kind) const { return false; }
    /// May a redirect of a media request go there? Signed CDN hosts may, a sign-in page may not
    /// (login_required).
    virtual Result<void> judgeHop(const Page& page, const net::Url& from, const net::Url& to) const = 0;
    /// Judges the head of a media response: nothing if it can be the sound (200, 206, 416), else the typed
    /// error; errors that may pass are retryable. `login_required` means a session's end. `forbidden` is the
    /// site's own refusal, which explain() looks into; `forbidden` and retryable is another host's, a signed
    /// address whose time is over: begin again at the site's own address, which gives a new one. `not_ready`
    /// with no other word is never used.
    virtual Result<void> judgeMedia(const Page& page, const net::ResponseHead& head) const = 0;
    /// A media request was refused (403, or HTML instead of media) although resolve() succeeded: asks the
    /// site why and gives the error to report: login_required, download_disabled, not_ready_yet, or `refused`
    /// itself.
    virtual boost::asio::awaitable<Error> explain(const Page& page, Error refused, Visit visit) = 0;
    /// Another session would not do better, but none at all might: what failed so may be shown to everybody.
    virtual bool mayBePublic(const Error&) const { return false; }
    /// The captions of a recording in one of About::captionLanguages. They are a gift: whatever fails is
    /// asked once, and is no reason for the capture to fail.
    virtual boost::asio::awaitable<Result<Captions>> captions(Page page, std::string language, Visit visit);
    /// The list, if this URL is one of the site's pages that hold many recordings. `fragment` is what stood
    /// behind the '#', which a Url does not keep.
    virtual std::optional<ListPage> recogniseList(const net::Url&, std::string_view /*fragment*/) const {
        return std::nullopt;
    }
    /// A part of what such a page holds. login_required where nobody is signed in, else as resolve().
    virtual boost::asio::awaitable<Result<Items>> list(ListPage page, Range range, Visit visit);
    /// Asks the site once whether the session at `origin` is good. login_required or cookies_missing where it
    /// is not; unsupported_site where a site has nothing that could be asked.
    virtual boost::asio::awaitable<Result<Login>> checkLogin(std::string origin, Visit visit);
    /// Is that question worth asking again and again while a capture runs?
    virtual bool hasHeartbeat() const { return false; }
    /// The origin to which this site's sessions are told as a bearer token, where a person may hand one in;
    /// else empty.
    virtual std::string_view bearerOrigin() const { return {}; }
};

}  // namespace auricle::sites
