// A media file or a stream by its own address: what is public there, without any session.
#pragma once

#include <chrono>
#include <functional>

#include "sites/site.h"

namespace auricle::sites {

/// Asked only for addresses that end like media, or when a person names this site. What is there is judged by
/// what it holds.
class Direct final : public Site {
  public:
    using Clock = std::function<std::chrono::system_clock::time_point()>;
    explicit Direct(Clock now = std::chrono::system_clock::now) : now_(std::move(now)) {}

    std::string_view name() const override { return "direct"; }
    /// Every https address; mayBeMedia() says which of them are taken without having been named as such.
    std::optional<Page> recognise(const net::Url& url) const override;
    boost::asio::awaitable<Result<Plan>> resolve(const Page& page, Visit visit) override;
    Result<void> judgeHop(const Page& page, const net::Url& from, const net::Url& to) const override;
    Result<void> judgeMedia(const Page& page, const net::ResponseHead& head) const override;
    boost::asio::awaitable<Error> explain(const Page& page, Error refused, Visit visit) override;

  private:
    Clock now_;
};

/// Does the address end like a media file, a playlist or a manifest?
bool mayBeMedia(const net::Url& url);

}  // namespace auricle::sites
