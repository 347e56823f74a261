// Panopto's pages that hold many recordings: folders, what is shared with a person, subscriptions, playlists.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "net/retry.h"
#include "net/url.h"
#include "sites/site.h"

namespace auricle::sites {

/// `Sessions/List.aspx` with what its fragment asks for (`folderID`, `isSharedWithMe`, `isSubscriptionsPage`,
/// else everything the person may see), or `Viewer.aspx` with `pid`, a playlist. The fragment's values are
/// JSON, percent-encoded or not. `vanityHosts`: see panoptoPage().
std::optional<ListPage> panoptoListPage(const net::Url& url, std::string_view fragment,
                                        std::span<const std::string> vanityHosts);

/// Asks Panopto as its own pages do. What somebody who is not signed in gets is a web page, a redirect, or
/// the public recordings alone: an empty list is believed only when the page itself opens without a sign-in.
/// What may pass is tried again once, since a person waits for the answer.
class PanoptoListing {
  public:
    using Clock = std::function<std::chrono::system_clock::time_point()>;
    PanoptoListing(ListPage page, Visit visit, Clock now);

    boost::asio::awaitable<Result<Items>> items(Range range);

  private:
    struct Question {
        std::string method, path, body;
    };
    boost::asio::awaitable<Result<std::string>> ask(Question question);
    boost::asio::awaitable<Result<std::string>> askOnce(const Question& question);
    Result<std::string> judge(net::Response response) const;
    std::unexpected<Error> signIn() const;
    boost::asio::awaitable<Result<Items>> sessions(Range range);
    boost::asio::awaitable<Result<Items>> playlist(Range range);
    Result<Items> readSessions(const std::string& body, std::uint64_t first) const;
    Result<Items> readPlaylist(const std::string& body, Range range) const;

    ListPage page_;
    Visit visit_;
    Clock now_;
};

}  // namespace auricle::sites
