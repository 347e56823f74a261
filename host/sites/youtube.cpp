#include "sites/youtube.h"

#include "sites/plain_text.h"
#include "sites/youtube_page.h"
#include "sites/youtube_way.h"

namespace auricle::sites {

namespace asio = boost::asio;

namespace {

constexpr std::size_t maxTitleBytes = 200;

std::unexpected<Error> notAsked() {
    return fail(Kind::internal, "YouTube is asked through yt-dlp alone.");
}

Result<void> judgeLive(const YtDlpVideo& video) {
    if (video.liveStatus == "is_live")
        return fail(Kind::not_ready_yet,
                    "This video is live just now. Capture it when the broadcast is over.");
    if (video.liveStatus == "is_upcoming")
        return fail(Kind::not_ready_yet,
                    "This video has not begun yet. Capture it when it has been shown whole.");
    return {};
}

}  // namespace

Youtube::Youtube(YtDlp::Options options, YtDlp::Clock now)
    : ytDlp_(std::make_shared<YtDlp>(std::move(options), std::move(now))) {}

std::optional<Page> Youtube::recognise(const net::Url& url) const {
    return youtubePage(url);
}

asio::awaitable<Result<Plan>> Youtube::resolve(const Page& page, Visit visit) {
    YtDlp::Use use{
        .credentials = &visit.credentials, .folder = ytDlpFolder(visit.folder), .stop = visit.stop};
    std::function<asio::awaitable<Result<YtDlpVideo>>()> look = [this, &page, &use] {
        return ytDlp_->look(page.url, use);
    };
    auto video = co_await net::withRetry(ytDlpRetries, visit.timing, visit.stop, look);
    if (!video) co_return std::unexpected(std::move(video.error()));
    if (auto judged = judgeLive(*video); !judged) co_return std::unexpected(std::move(judged.error()));
    Plan plan;
    plan.about = {.title = plainText(video->title, maxTitleBytes),
                  .course = {},
                  .stableId = page.id,
                  .durationMs = video->durationMs,
                  .date = video->date};
    plan.wholeBytes = video->wholeBytes;
    plan.ways.push_back(std::make_shared<YoutubeWay>(ytDlp_, page.url, video->bytes, video->wholeBytes));
    co_return plan;
}

Result<void> Youtube::judgeHop(const Page&, const net::Url&, const net::Url&) const {
    return notAsked();
}

Result<void> Youtube::judgeMedia(const Page&, const net::ResponseHead&) const {
    return notAsked();
}

asio::awaitable<Error> Youtube::explain(const Page&, Error refused, Visit) {
    co_return refused;
}

}  // namespace auricle::sites
