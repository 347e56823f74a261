#include "net/download.h"

#include <charconv>

#include "net/content_range.h"

namespace auricle::net {

namespace asio = boost::asio;

namespace {

std::uint64_t contentLength(const ResponseHead& head) {
    auto text = head.headers.find("content-length");
    std::uint64_t bytes = 0;
    if (text) std::from_chars(text->data(), text->data() + text->size(), bytes);
    return bytes;
}

Validator validatorOf(const ResponseHead& head, std::uint64_t total) {
    return {.etag = std::string(head.headers.find("etag").value_or("")),
            .lastModified = std::string(head.headers.find("last-modified").value_or("")),
            .total = total};
}

/// A header that is missing in a 206 is no contradiction; one that is there and differs is.
bool agrees(std::string_view held, std::optional<std::string_view> now) {
    return !now || held.empty() || held == *now;
}

/// Its bytes are not the file's (RFC 9110 section 8.4): neither as a whole nor as a part of one.
bool isCoded(const ResponseHead& head) {
    auto coding = head.headers.find("content-encoding");
    return coding && *coding != "identity";
}

/// One answer's way into the target.
class Sink final : public BodySink {
  public:
    Sink(DownloadTarget& target, const JudgeHead& judge, std::uint64_t asked)
        : target_(target), judge_(judge), asked_(asked) {}

    Result<void> begin(const ResponseHead& head) override {
        if (head.status == 416 && asked_ > 0) return judgeUnsatisfiable(head);
        if (judge_) {
            if (auto judged = judge_(head); !judged) return judged;
        }
        if (head.status == 206) return judgePartial(head);
        if (head.status != 200) {
            return fail(Kind::network, "The server answered with status " + std::to_string(head.status) +
                                           ", which no download can use.");
        }
        if (isCoded(head)) {
            return fail(
                Kind::not_media,
                "The server sent the file compressed although it was asked not to; it cannot be used.");
        }
        expected_ = contentLength(head);
        return target_.startOver(validatorOf(head, expected_));
    }

    Result<void> data(std::span<const std::byte> bytes) override {
        if (isIgnored_) return {};
        if (expected_ != 0 && received_ + bytes.size() > expected_) {
            return fail(Kind::network, "The server sent more than it had announced.", true);
        }
        received_ += bytes.size();
        return target_.append(bytes);
    }

    /// True when the answer brought its bytes to the resource's end.
    bool isComplete() const { return isComplete_ || expected_ == 0 || received_ == expected_; }
    /// True when what is held must not be resumed from any more.
    bool mustStartOver() const { return mustStartOver_; }

  private:
    Result<void> judgePartial(const ResponseHead& head) {
        auto text = head.headers.find("content-range");
        auto range = text ? parseContentRange(*text) : std::nullopt;
        auto held = target_.validator();
        bool fits = asked_ > 0 && range && range->first == asked_ && range->total == held.total &&
                    range->last == held.total - 1 && !isCoded(head) &&
                    agrees(held.etag, head.headers.find("etag")) &&
                    agrees(held.lastModified, head.headers.find("last-modified"));
        if (!fits) {
            mustStartOver_ = true;
            return fail(Kind::network, "The server sent another part of the file than was asked for.", true);
        }
        expected_ = held.total - asked_;
        return target_.goOn();
    }

    Result<void> judgeUnsatisfiable(const ResponseHead& head) {
        isIgnored_ = true;
        auto text = head.headers.find("content-range");
        auto range = text ? parseContentRange(*text) : std::nullopt;
        if (range && range->total == asked_) {
            isComplete_ = true;
            return {};
        }
        mustStartOver_ = true;
        return fail(Kind::network,
                    "The file is shorter than the part that is already here; it is fetched anew.", true);
    }

    DownloadTarget& target_;
    const JudgeHead& judge_;
    std::uint64_t asked_;
    std::uint64_t expected_ = 0, received_ = 0;
    bool isComplete_ = false, isIgnored_ = false, mustStartOver_ = false;
};

}  // namespace

bool Validator::allowsResume() const {
    if (total == 0) return false;
    bool isStrong = !etag.empty() && !etag.starts_with("W/");
    return isStrong || (etag.empty() && !lastModified.empty());
}

asio::awaitable<Result<void>> download(HttpClient& http, Request request, DownloadTarget& target,
                                       JudgeHead judge, Timing timing, RetryPolicy policy) {
    bool mayResume = true;
    std::uint64_t furthest = target.size();
    const auto headers = request.headers;
    auto attempt = [&]() -> asio::awaitable<Result<void>> {
        auto held = target.validator();
        std::uint64_t from = mayResume && held.allowsResume() ? target.size() : 0;
        if (from > 0 && from == held.total) co_return Result<void>{};
        Request one = request;
        one.headers = headers;
        if (from > 0) {
            one.headers.push_back({"Range", "bytes=" + std::to_string(from) + "-"});
            one.headers.push_back({"If-Range", held.etag.empty() ? held.lastModified : held.etag});
        }
        Sink sink(target, judge, from);
        auto response = co_await http.send(std::move(one), sink);
        mayResume = !sink.mustStartOver();
        if (!response) co_return std::unexpected(std::move(response.error()));
        if (!sink.isComplete())
            co_return fail(Kind::network, "The connection ended before the whole file was there.", true);
        co_return Result<void>{};
    };
    // A server that breaks off early each time it starts anew makes no progress, however many bytes it sends.
    auto madeProgress = [&] {
        return target.size() > std::exchange(furthest, std::max(furthest, target.size()));
    };
    co_return co_await withRetry<void>(policy, timing, request.stop, attempt, madeProgress);
}

}  // namespace auricle::net
