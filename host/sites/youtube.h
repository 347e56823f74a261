// YouTube: videos whose sound yt-dlp fetches, in the session of the person who is signed in.
#pragma once

#include <memory>

#include "sites/site.h"
#include "sites/yt_dlp.h"

namespace auricle::sites {

/// Nothing of YouTube is asked by ourselves: all requests are yt-dlp's. No bot check, captcha or DRM is
/// worked around; what yt-dlp says of them is passed on.
class Youtube final : public Site {
  public:
    explicit Youtube(YtDlp::Options options, YtDlp::Clock now = std::chrono::system_clock::now);

    std::string_view name() const override { return "youtube"; }
    std::optional<Page> recognise(const net::Url& url) const override;
    boost::asio::awaitable<Result<Plan>> resolve(const Page& page, Visit visit) override;
    Result<void> judgeHop(const Page& page, const net::Url& from, const net::Url& to) const override;
    Result<void> judgeMedia(const Page& page, const net::ResponseHead& head) const override;
    boost::asio::awaitable<Error> explain(const Page& page, Error refused, Visit visit) override;
    /// Which of its refusals are about the session alone YouTube does not say.
    bool mayBePublic(const Error& error) const override {
        return error.kind == Kind::bot_detected || error.kind == Kind::login_required;
    }

  private:
    std::shared_ptr<YtDlp> ytDlp_;
};

}  // namespace auricle::sites
