// MUBI: films, which are protected and refused, and what stands beside them in the clear: trailers and
// extras.
#pragma once

#include <chrono>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "sites/mubi_page.h"
#include "sites/site.h"

namespace auricle::sites {

/// All that is asked is asked at api.mubi.com with the session's bearer token, which goes nowhere else: not
/// to the hosts of the streams, and to no licence server, which is never asked anything. The session is over
/// where the site answers 401, or 422 with its code 8. 422 with code 50 is about the film and the account, in
/// the site's own words.
class Mubi final : public Site {
  public:
    using Clock = std::function<std::chrono::system_clock::time_point()>;
    explicit Mubi(Clock now = std::chrono::system_clock::now) : now_(std::move(now)) {}

    std::string_view name() const override { return "mubi"; }
    std::optional<Page> recognise(const net::Url& url) const override { return mubiPage(url); }
    boost::asio::awaitable<Result<Plan>> resolve(const Page& page, Visit visit) override;
    Result<void> judgeHop(const Page& page, const net::Url& from, const net::Url& to) const override;
    Result<void> judgeMedia(const Page& page, const net::ResponseHead& head) const override;
    boost::asio::awaitable<Error> explain(const Page& page, Error refused, Visit visit) override;
    boost::asio::awaitable<Result<Login>> checkLogin(std::string origin, Visit visit) override;
    bool hasHeartbeat() const override { return true; }
    std::string_view bearerOrigin() const override { return mubiApi; }

  private:
    /// Who asks, and from where.
    struct Asker {
        std::string account;   ///< the site's number of the person; empty: not known
        std::string country;   ///< two capitals
        std::string language;  ///< BCP 47
    };
    struct Film {
        std::string number, title;
        std::optional<net::Url> trailer;
    };

    boost::asio::awaitable<Result<net::Response>> send(std::string method, std::string path,
                                                       const Asker& asker, const Visit& visit) const;
    boost::asio::awaitable<Result<nlohmann::json>> askOnce(std::string method, std::string path,
                                                           const Asker& asker, const Visit& visit) const;
    /// The same, what may pass tried again.
    boost::asio::awaitable<Result<nlohmann::json>> ask(std::string method, std::string path,
                                                       const Asker& asker, const Visit& visit) const;
    Result<nlohmann::json> judge(net::Response response, const Visit& visit) const;
    Error refusalOf(const net::Response& response, const Visit& visit) const;
    /// False where the site has no such address and says so.
    boost::asio::awaitable<Result<bool>> askStatus(const Asker& asker, const Visit& visit);
    /// The account's number and country, into `asker`.
    boost::asio::awaitable<Result<void>> askAccount(Asker& asker, const Visit& visit) const;
    /// Both, what may pass tried again.
    boost::asio::awaitable<Result<void>> introduce(Asker& asker, const Visit& visit);
    boost::asio::awaitable<Result<Film>> filmOf(const Page& page, const Asker& asker,
                                                const Visit& visit) const;
    boost::asio::awaitable<Result<std::vector<net::Url>>> streamsOf(const Film& film, const Asker& asker,
                                                                    const Visit& visit) const;
    boost::asio::awaitable<Result<streams::Ways>> openAll(const Page& page, std::vector<net::Url> urls,
                                                          const Film& film, const Visit& visit) const;

    Clock now_;
    bool mayHaveStatus_ = true;  ///< until the site has said that it knows no such address
};

}  // namespace auricle::sites
