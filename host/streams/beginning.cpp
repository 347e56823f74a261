#include "streams/beginning.h"

#include <charconv>

#include "net/content_range.h"

namespace auricle::streams {

namespace asio = boost::asio;

namespace {

std::uint64_t numberIn(std::string_view text) {
    std::uint64_t value = 0;
    auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    return fault == std::errc{} && end == text.data() + text.size() ? value : 0;
}

class Head final : public net::BodySink {
  public:
    Head(std::size_t count, const net::JudgeHead& judge) : count_(count), judge_(judge) {}

    Result<void> begin(const net::ResponseHead& head) override {
        // An empty file has no first byte to give.
        constexpr int partial = 206, unsatisfiable = 416, ok = 200;
        bool isPart = head.status == partial;
        // What it is, its bytes tell; the media type is judged of later parts only.
        auto judged = head;
        if (isPart) judged.status = ok;
        if (auto allowed = judge_ ? judge_(judged) : Result<void>{}; !allowed) return allowed;
        found.url = head.url;
        if (head.status == unsatisfiable) return {};
        if (!isPart && head.status != ok) {
            return fail(Kind::network, head.url.host() + " answered in a way that is not known (status " +
                                           std::to_string(head.status) + ").");
        }
        auto text = head.headers.find(isPart ? "content-range" : "content-length");
        auto range = isPart && text ? net::parseContentRange(*text) : std::nullopt;
        isLie = isPart && (!range || range->first != 0);
        if (isLie) {
            return fail(Kind::network, "The server sent another part of the file than was asked for.", true);
        }
        found.grantsRanges = isPart;
        found.validator = {.etag = std::string(head.headers.find("etag").value_or("")),
                           .lastModified = std::string(head.headers.find("last-modified").value_or("")),
                           .total = range  ? range->total.value_or(0)
                                    : text ? numberIn(*text)
                                           : 0};
        return {};
    }

    Result<void> data(std::span<const std::byte> bytes) override {
        auto wanted = std::min(bytes.size(), count_ - found.bytes.size());
        found.bytes.insert(found.bytes.end(), bytes.begin(), bytes.begin() + static_cast<long>(wanted));
        if (found.bytes.size() < count_) return {};
        isFull = true;
        // The rest of a whole file is not wanted: the transfer ends here.
        return found.grantsRanges ? Result<void>{} : fail(Kind::cancelled, "enough");
    }

    Beginning found;
    bool isFull = false;
    bool isLie = false;  ///< another part came than was asked for

  private:
    std::size_t count_;
    const net::JudgeHead& judge_;
};

}  // namespace

asio::awaitable<Result<Beginning>> beginningOf(const net::Url& url, std::size_t count, const Visit& visit,
                                               Ask ask) {
    bool mayAskForPart = ask == Ask::part;
    std::function<asio::awaitable<Result<Beginning>>()> attempt =
        [&url, count, &visit, &mayAskForPart]() -> asio::awaitable<Result<Beginning>> {
        Head sink(count, visit.judgeHead);
        net::Request request{.url = url, .credentials = visit.credentials};
        if (mayAskForPart) request.headers.push_back({"Range", "bytes=0-" + std::to_string(count - 1)});
        request.judge = visit.judgeHop;
        request.stop = visit.stop;
        auto response = co_await visit.http.send(std::move(request), sink);
        // A server that lies about ranges is asked for none.
        if (sink.isLie) mayAskForPart = false;
        if (!response && !(sink.isFull && response.error().kind == Kind::cancelled))
            co_return std::unexpected(std::move(response.error()));
        if (visit.stop.stop_requested()) co_return fail(Kind::cancelled, "It was stopped.");
        co_return std::move(sink.found);
    };
    net::RetryPolicy policy;
    co_return co_await net::withRetry<Beginning>(policy, visit.timing, visit.stop, attempt);
}

}  // namespace auricle::streams
