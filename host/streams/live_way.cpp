#include "streams/live_way.h"

#include <algorithm>

#include "streams/segment_run.h"
#include "system/digest.h"

namespace auricle::streams {

namespace asio = boost::asio;

namespace {

/// So many reloads in a row without anything new, half a target duration apart, and it has come to a
/// standstill.
constexpr unsigned mostIdleReloads = 30;
constexpr std::uint64_t shortestTargetMs = 1000, longestTargetMs = 60'000;

net::Validator validatorOf(const net::Url& url) {
    Sha256 digest;
    digest.update(std::as_bytes(std::span(url.path())));
    return {.etag = "\"live-" + digest.hex() + "\"", .lastModified = {}, .total = 0};
}

std::uint64_t firstNumber(const HlsRendition& playlist) {
    return playlist.source.size() ? playlist.source[0].number : 0;
}
std::uint64_t endNumber(const HlsRendition& playlist) {
    return firstNumber(playlist) + playlist.source.size();
}

/// The number to begin with.
std::uint64_t now(const HlsRendition& playlist) {
    if (playlist.isEvent || playlist.isEnded) return firstNumber(playlist);
    auto leftUs = 3 * playlist.targetDurationMs * 1000;
    auto next = playlist.source.size();
    while (next > 0 && leftUs > 0) leftUs -= std::min(leftUs, playlist.source[--next].durationUs);
    return firstNumber(playlist) + next;
}

std::unexpected<Error> fellOff(std::uint64_t next, std::uint64_t first) {
    return fail(Kind::network, "The live stream went on without this capture: segments " +
                                   std::to_string(next) + " to " + std::to_string(first - 1) +
                                   " are not offered any more, and there would be a hole. Capture the "
                                   "recording when the stream is over.");
}

/// What makes another way worth a try drops what is there, and of a live stream that would not come again.
Error asLive(Error error, const Target& target) {
    bool isAboutTheWay = error.kind == Kind::not_found || error.kind == Kind::not_media;
    if (isAboutTheWay && target.cursor() > 0) error.kind = Kind::network;
    return error;
}

/// Waits; false where the stream is to be finished now.
asio::awaitable<Result<bool>> pause(std::uint64_t ms, const Visit& visit) {
    std::stop_source either;
    std::stop_callback onStop(visit.stop, [&either] { either.request_stop(); });
    std::stop_callback onFinish(visit.finish, [&either] { either.request_stop(); });
    auto token = either.get_token();
    auto slept = co_await visit.timing.sleep(std::chrono::milliseconds(ms), token);
    if (visit.stop.stop_requested()) co_return fail(Kind::cancelled, "It was stopped.");
    if (visit.finish.stop_requested()) co_return false;
    if (!slept) co_return std::unexpected(std::move(slept.error()));
    co_return true;
}

}  // namespace

asio::awaitable<Result<void>> LiveWay::fetch(Visit visit, Target& target, OnProgress onProgress) const {
    auto loop = co_await asio::this_coro::executor;
    SegmentRun::Options options{.language = offer_.language,
                                .bitsPerSecond = offer_.bitsPerSecond,
                                .isLive = true,
                                .onProgress = std::move(onProgress)};
    SegmentRun run(visit, target, loop, std::move(options));
    auto validator = validatorOf(address_.url);
    auto next = co_await run.begin(std::move(validator), UINT64_MAX);
    if (!next) co_return std::unexpected(std::move(next.error()));
    for (unsigned idle = 0;;) {
        auto playlist = co_await fetchRendition(address_, visit);
        if (!playlist) co_return std::unexpected(std::move(playlist.error()));
        bool isEmpty = playlist->source.size() == 0;
        if (*next == 0 && !isEmpty) *next = now(*playlist);
        if (!isEmpty && firstNumber(*playlist) > *next) co_return fellOff(*next, firstNumber(*playlist));
        // An older version than the last one, of another server, is nothing new.
        bool isNew = endNumber(*playlist) > *next;
        if (isNew) {
            auto place = static_cast<std::size_t>(*next - firstNumber(*playlist));
            auto appended = co_await run.append(playlist->source, place);
            if (!appended) co_return std::unexpected(asLive(std::move(appended.error()), target));
            next = endNumber(*playlist);
        }
        if (playlist->isEnded || visit.finish.stop_requested()) co_return run.finish();
        idle = isNew ? 0 : idle + 1;
        if (idle > mostIdleReloads) {
            co_return fail(Kind::timeout,
                           "The live stream has come to a standstill without saying that it has ended. Try "
                           "again when it goes on, or capture the recording when it is there.",
                           true);
        }
        // RFC 8216 section 6.3.4.
        auto targetMs = std::clamp(playlist->targetDurationMs, shortestTargetMs, longestTargetMs);
        auto goesOn = co_await pause(isNew ? targetMs : targetMs / 2, visit);
        if (!goesOn) co_return std::unexpected(std::move(goesOn.error()));
        if (!*goesOn) co_return run.finish();
    }
}

}  // namespace auricle::streams
