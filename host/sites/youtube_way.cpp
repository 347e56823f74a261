#include "sites/youtube_way.h"

#include <fcntl.h>

#include "media/container.h"
#include "system/files.h"
#include "system/worker.h"

namespace auricle::sites {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t copyBytes = 256 * 1024;

/// It is told apart by what it holds whether that is a sound: yt-dlp's own word is none.
Result<void> judge(const fs::path& file) {
    auto source = openFile(file, O_RDONLY | O_NOFOLLOW);
    if (!source) return std::unexpected(source.error());
    auto container = media::probe(media::FileSource(source->get()));
    if (!container) return std::unexpected(container.error());
    if (container->isEncrypted)
        return fail(Kind::drm_protected,
                    "This video is protected by DRM, which Auricle does not work around.");
    if (!container->hasAudio)
        return fail(Kind::not_media, "This video has no sound. Check that it plays in the browser.");
    return {};
}

/// The whole file, read on the worker and appended on the loop.
asio::awaitable<Result<void>> copyInto(streams::Target& target, const fs::path& file,
                                       const streams::Visit& visit) {
    auto source = openFile(file, O_RDONLY | O_NOFOLLOW);
    if (!source) co_return std::unexpected(std::move(source.error()));
    auto bytes = sizeOf(source->get());
    if (!bytes) co_return std::unexpected(std::move(bytes.error()));
    net::Validator validator{.etag = {}, .lastModified = {}, .total = *bytes};
    if (auto begun = target.startOver(validator); !begun) co_return begun;
    std::vector<std::byte> buffer(copyBytes);
    for (std::uint64_t at = 0; at < *bytes;) {
        if (visit.stop.stop_requested()) co_return fail(Kind::cancelled, "It was stopped.");
        auto reading = [&buffer, descriptor = source->get(), at] { return readAt(descriptor, at, buffer); };
        auto read = co_await onWorker(visit.worker, reading);
        if (!read) co_return std::unexpected(std::move(read.error()));
        if (*read == 0) co_return fail(Kind::internal, "A file of yt-dlp's was cut while it was read.", true);
        if (auto added = target.append(std::span(buffer).first(*read)); !added) co_return added;
        at += *read;
    }
    co_return Result<void>{};
}

}  // namespace

fs::path ytDlpFolder(const fs::path& ofCapture) {
    return ofCapture / "yt-dlp";
}

asio::awaitable<Result<void>> YoutubeWay::fetch(streams::Visit visit, streams::Target& target,
                                                OnProgress onProgress) const {
    YtDlp::Use use{.credentials = visit.credentials, .folder = ytDlpFolder(visit.folder), .stop = visit.stop};
    std::uint64_t reached = 0, before = 0;
    YtDlp::OnProgress told = [&reached, &onProgress](std::uint64_t done, std::uint64_t total) {
        reached = std::max(reached, done);
        onProgress(done, total);
    };
    std::function<asio::awaitable<Result<fs::path>>()> download = [this, &use, &told] {
        return ytDlp_->download(url_, use, told);
    };
    std::function<bool()> madeProgress = [&reached, &before] {
        return std::exchange(before, reached) < reached;
    };
    auto file = co_await net::withRetry(ytDlpRetries, visit.timing, visit.stop, download, madeProgress);
    if (!file) co_return std::unexpected(std::move(file.error()));
    auto looking = [file = *file] { return judge(file); };
    if (auto judged = co_await onWorker(visit.worker, looking); !judged) co_return judged;
    co_return co_await copyInto(target, *file, visit);
}

}  // namespace auricle::sites
