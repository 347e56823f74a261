#include "delivery/backend_recording.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "delivery/backend_answer.h"
#include "net/content_range.h"
#include "net/retry.h"

namespace auricle::delivery {

namespace asio = boost::asio;

namespace {

constexpr std::size_t mostWordsBytes = 64u << 10;
constexpr std::size_t longestMime = 100;
constexpr std::uint32_t withinMs = 50'000;
constexpr std::uint32_t connectWithinMs = 15'000;

std::string_view contentType(const net::ResponseHead& head) {
    auto type = head.headers.find("content-type").value_or("");
    type = type.substr(0, type.find(';'));
    while (type.ends_with(' ')) type.remove_suffix(1);
    return type.size() <= longestMime ? type : std::string_view();
}

std::optional<std::uint64_t> contentLength(const net::ResponseHead& head) {
    const auto text = head.headers.find("content-length").value_or("");
    std::uint64_t bytes = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), bytes);
    if (text.empty() || fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return bytes;
}

Error behindTheEnd(std::uint64_t total) {
    return {.kind = Kind::bad_params,
            .message = "The recording has only " + std::to_string(total) + " bytes.",
            .path = "/offset"};
}

/// One answer's way to a piece.
class PieceSink final : public net::BodySink {
  public:
    PieceSink(const net::Url& backend, PieceWanted wanted) : backend_(backend), wanted_(wanted) {}

    Result<void> begin(const net::ResponseHead& head) override {
        isRecording_ = head.status == 200 || head.status == 206;
        if (!isRecording_) return {};
        if (auto judged = judgeType(head); !judged) return judged;
        return head.status == 206 ? judgePart(head) : judgeWhole(head);
    }

    Result<void> data(std::span<const std::byte> bytes) override {
        if (!isRecording_) return keepWords(bytes);
        const auto first = std::min<std::uint64_t>(bytes.size(), skip_);
        skip_ -= first;
        seen_ += bytes.size();
        auto rest = bytes.subspan(static_cast<std::size_t>(first));
        rest = rest.first(static_cast<std::size_t>(std::min<std::uint64_t>(rest.size(), missing())));
        piece_.bytes.insert(piece_.bytes.end(), rest.begin(), rest.end());
        if (isPart_) return seen_ <= wanted_.length ? Result<void>() : faulty("sent more than was asked for");
        if (missing() == 0 && total_) return seen_ < *total_ ? enough() : Result<void>();
        if (seen_ > mostWholeBytes) return onlyAsAWhole();
        return {};
    }

    /// Whether it ended the transfer because it has what was wanted.
    bool hasEnough() const { return hasEnough_; }
    /// Of an answer that is no recording.
    std::string words() const { return words_; }

    /// The piece, once the answer is over.
    Result<RecordingPiece> take() {
        // Of a whole whose length was not announced it is known now.
        if (!total_) total_ = seen_;
        piece_.total = *total_;
        if (wanted_.offset > *total_) return std::unexpected(behindTheEnd(*total_));
        const auto due = isPart_ ? wanted_.length : std::min(wanted_.length, *total_ - wanted_.offset);
        if (piece_.bytes.size() != due)
            return fail(Kind::network, "The connection ended before the recording was there. Try again.",
                        true);
        return std::move(piece_);
    }

  private:
    std::uint64_t missing() const { return wanted_.length - piece_.bytes.size(); }

    Result<void> enough() {
        hasEnough_ = true;
        return fail(Kind::cancelled, "The piece is there.");
    }

    std::unexpected<Error> faulty(std::string_view what) const {
        return fail(Kind::network,
                    "The backend " + backend_.host() + " " + std::string(what) +
                        ". Listen to the recording there; the backend's maintainer has to look.");
    }

    std::unexpected<Error> onlyAsAWhole() const {
        return std::unexpected(Error{.kind = Kind::too_large,
                                     .message = "The backend " + backend_.host() +
                                                " gives recordings only as a whole, and this one is too long "
                                                "to be played here that way. Listen to it there.",
                                     .limitBytes = mostWholeBytes});
    }

    Result<void> judgeType(const net::ResponseHead& head) {
        const auto type = contentType(head);
        if (type == "text/html" || type == "application/xhtml+xml")
            return fail(Kind::backend_unauthorized,
                        "The backend " + backend_.host() +
                            " sent a page in place of the recording. Sign in there "
                            "again, or enter a new token in Auricle's settings.");
        if (type.starts_with("text/") || type.ends_with("json") || type.ends_with("xml"))
            return faulty("sent something else in place of the recording");
        const auto coding = head.headers.find("content-encoding");
        if (coding && *coding != "identity")
            return faulty("sent the recording compressed although it was asked not to");
        if (type.starts_with("audio/") || type.starts_with("video/")) piece_.mime = type;
        return {};
    }

    Result<void> judgePart(const net::ResponseHead& head) {
        const auto text = head.headers.find("content-range");
        const auto range = text ? net::parseContentRange(*text) : std::nullopt;
        const bool fits = range && range->total && range->first == wanted_.offset &&
                          *range->last - *range->first < wanted_.length;
        if (!fits) return faulty("sent another part of the recording than was asked for");
        // A server may give less than was asked for (RFC 9110 section 15.3.7).
        wanted_.length = *range->last - *range->first + 1;
        total_ = range->total;
        isPart_ = true;
        return {};
    }

    Result<void> judgeWhole(const net::ResponseHead& head) {
        total_ = contentLength(head);
        skip_ = wanted_.offset;
        if (!total_) return {};
        if (wanted_.offset > *total_) return std::unexpected(behindTheEnd(*total_));
        wanted_.length = std::min(wanted_.length, *total_ - wanted_.offset);
        if (wanted_.offset + wanted_.length > mostWholeBytes) return onlyAsAWhole();
        return wanted_.length == 0 ? enough() : Result<void>();
    }

    Result<void> keepWords(std::span<const std::byte> bytes) {
        const auto room = std::min(bytes.size(), mostWordsBytes - words_.size());
        words_.append(reinterpret_cast<const char*>(bytes.data()), room);
        return {};
    }

    const net::Url& backend_;
    PieceWanted wanted_;
    RecordingPiece piece_;
    std::optional<std::uint64_t> total_;
    std::uint64_t skip_ = 0, seen_ = 0;  ///< of the body, bytes
    std::string words_;
    bool isRecording_ = false, isPart_ = false, hasEnough_ = false;
};

net::Request questionFor(const net::Url& url, PieceWanted wanted, Visit& visit) {
    net::Request request;
    request.url = url;
    const auto last = wanted.offset + wanted.length - 1;
    request.headers = {{"Accept", "*/*"},
                       {"Range", "bytes=" + std::to_string(wanted.offset) + "-" + std::to_string(last)}};
    request.credentials = &visit.credentials;
    request.connectTimeoutMs = connectWithinMs;
    request.totalTimeoutMs = withinMs;
    request.stallMs = withinMs;
    request.stop = visit.stop;
    return request;
}

/// RFC 9110 section 15.5.17: nothing is there, which at the very end is the answer.
Result<RecordingPiece> behind(const net::ResponseHead& head, PieceWanted wanted) {
    const auto text = head.headers.find("content-range");
    const auto range = text ? net::parseContentRange(*text) : std::nullopt;
    if (range && range->total == wanted.offset) return RecordingPiece{.bytes = {}, .total = wanted.offset};
    if (range && range->total) return std::unexpected(behindTheEnd(*range->total));
    return fail(Kind::network,
                "The backend " + head.url.host() +
                    " does not give this part of the recording. Try again, or listen to it there.");
}

/// A store that the backend leads to has its own reasons, which no sign-in changes.
std::unexpected<Error> refusedElsewhere(const net::Url& backend, const net::ResponseHead& head) {
    const bool mayPass = head.status == 403 || net::statusMayPass(head.status);
    return fail(Kind::network,
                "The place to which the backend " + backend.host() +
                    " leads for the recording answered with status " + std::to_string(head.status) +
                    ". Try again; if it stays, the backend's maintainer has to look.",
                mayPass);
}

std::unexpected<Error> refused(const net::Url& backend, const net::Response& response, Visit& visit) {
    const auto& head = response.head;
    if (head.url.origin() != backend.origin()) return refusedElsewhere(backend, head);
    const vault::Secret token = tokenFor(visit.credentials, backend);
    const std::array secrets{token.reveal()};
    if (head.status == 401 || head.status == 403 || net::statusMayPass(head.status))
        return std::unexpected(refusal(response, 0, secrets));
    auto words = backendSays(response.body, secrets);
    return fail(Kind::not_found, "The backend " + backend.host() +
                                     " does not give this recording back. Listen to it there." +
                                     (words.empty() ? "" : " It says: " + words));
}

}  // namespace

asio::awaitable<Result<RecordingPiece>> readFromBackend(net::Url backend, std::string lecture,
                                                        PieceWanted wanted, Visit visit) {
    auto url = backend.resolve("/api/lectures/" + net::percentEncode(lecture) + "/audio");
    if (!url) co_return std::unexpected(std::move(url.error()));
    PieceSink sink(backend, wanted);
    auto request = questionFor(*url, wanted, visit);
    auto response = co_await visit.http.send(std::move(request), sink);
    if (!response && !sink.hasEnough()) co_return std::unexpected(std::move(response.error()));
    if (response && response->head.status == 416) co_return behind(response->head, wanted);
    if (response && response->head.status != 200 && response->head.status != 206) {
        response->body = sink.words();
        co_return refused(backend, *response, visit);
    }
    co_return sink.take();
}

}  // namespace auricle::delivery
