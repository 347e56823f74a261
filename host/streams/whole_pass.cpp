#include "streams/whole_pass.h"

#include <algorithm>

#include "media/box.h"
#include "media/fields.h"
#include "net/content_range.h"

namespace auricle::streams {

namespace asio = boost::asio;

namespace {

constexpr int mostPasses = 8;

bool agrees(std::string_view held, std::optional<std::string_view> now) {
    return !now || held.empty() || held == *now;
}

/// Judges the answer to a request for the file, or for its end from `from`, and tells where its body begins.
class PassSink : public net::BodySink {
  public:
    PassSink(const net::Validator& validator, const net::JudgeHead& judge, std::uint64_t from)
        : validator_(validator), judge_(judge), from_(from) {}

    Result<void> begin(const net::ResponseHead& head) override {
        if (auto judged = judge_ ? judge_(head) : Result<void>{}; !judged) return judged;
        if (head.status != 200 && head.status != 206) {
            return fail(Kind::network, "The server answered with status " + std::to_string(head.status) +
                                           ", which no download can use.");
        }
        auto coding = head.headers.find("content-encoding");
        if (coding && *coding != "identity")
            return fail(
                Kind::not_media,
                "The server sent the file compressed although it was asked not to; it cannot be used.");
        hasChanged = !agrees(validator_.etag, head.headers.find("etag")) ||
                     !agrees(validator_.lastModified, head.headers.find("last-modified"));
        if (head.status == 206) {
            auto text = head.headers.find("content-range");
            auto range = text ? net::parseContentRange(*text) : std::nullopt;
            if (!range || range->first != from_)
                return fail(Kind::network, "The server sent another part of the file than was asked for.",
                            true);
            hasChanged = hasChanged || (range->total && *range->total != validator_.total);
            at_ = from_;
        }
        if (hasChanged) return fail(Kind::network, "The file is another one than before.");
        return {};
    }

    Result<void> data(std::span<const std::byte> bytes) override {
        if (bytes.size() > validator_.total - at_) {
            hasChanged = true;
            return fail(Kind::network, "The file is longer than before.");
        }
        auto offset = at_;
        at_ += bytes.size();
        return pass(offset, bytes);
    }

    bool hasChanged = false;
    bool isEnough = false;  ///< the transfer was ended because nothing more is wanted of it

  protected:
    virtual Result<void> pass(std::uint64_t offset, std::span<const std::byte> bytes) = 0;
    Result<void> enough() {
        isEnough = true;
        return fail(Kind::cancelled, "Nothing more of it is wanted.");
    }
    bool isAtEnd() const { return at_ == validator_.total; }

  private:
    const net::Validator& validator_;
    const net::JudgeHead& judge_;
    std::uint64_t from_;
    std::uint64_t at_ = 0;

  public:
    bool isComplete() const { return isEnough || isAtEnd(); }
};

net::Request requestOf(const net::Url& url, const net::Validator& validator, std::uint64_t from,
                       const Visit& visit) {
    net::Request request{.url = url, .credentials = visit.credentials};
    request.judge = visit.judgeHop;
    request.stop = visit.stop;
    if (from == 0) return request;
    request.headers.push_back({"Range", "bytes=" + std::to_string(from) + "-"});
    if (validator.allowsResume())
        request.headers.push_back(
            {"If-Range", validator.etag.empty() ? validator.lastModified : validator.etag});
    return request;
}

/// Cuts what goes by into the boxes of the top level.
class BoxSink final : public PassSink {
  public:
    BoxSink(const net::Validator& validator, const net::JudgeHead& judge, std::uint64_t mostBytes,
            std::function<bool(std::uint64_t, std::vector<std::byte>)>& onBox)
        : PassSink(validator, judge, 0), total_(validator.total), mostBytes_(mostBytes), onBox_(onBox) {}

  private:
    Result<void> pass(std::uint64_t offset, std::span<const std::byte> bytes) override {
        auto end = offset + bytes.size();
        while (offset < end) {
            if (offset >= boxBegin_ + keptBytes_ && offset < boxEnd_) {
                auto skipped = std::min(end, boxEnd_) - offset;
                offset += skipped;
                bytes = bytes.subspan(static_cast<std::size_t>(skipped));
            } else {
                auto wanted = std::min<std::uint64_t>(bytes.size(), keptBytes_ - box_.size());
                box_.insert(box_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(wanted));
                offset += wanted;
                bytes = bytes.subspan(static_cast<std::size_t>(wanted));
                if (box_.size() == keptBytes_ && !goOn()) return enough();
            }
            if (boxEnd_ != 0 && offset == boxEnd_) beginBox(boxEnd_);
        }
        return {};
    }

    void beginBox(std::uint64_t at) {
        boxBegin_ = at;
        boxEnd_ = 0;
        keptBytes_ = std::min(smallHeader, total_ - at);
        box_.clear();
    }

    /// Called when all that was to be kept is there: first the header, then what else is.
    bool goOn() {
        if (boxEnd_ == 0 && !readHeader()) return true;
        return box_.size() < keptBytes_ || onBox_(boxBegin_, std::move(box_));
    }

    /// False where more of it is needed.
    bool readHeader() {
        media::Fields fields(box_);
        std::uint64_t size = fields.u32();
        auto type = fields.u32();
        auto room = total_ - boxBegin_;
        if (size == 1 && box_.size() < std::min(largeHeader, room)) {
            keptBytes_ = std::min(largeHeader, room);
            return false;
        }
        if (size == 1) size = fields.u64();
        // What is no box cannot be cut further: the index's reader says what is wrong with it.
        if (size < smallHeader || size > room) size = room;
        boxEnd_ = boxBegin_ + size;
        bool isKept = type != media::fourCc("mdat") && size <= mostBytes_;
        keptBytes_ = isKept ? size : std::min(size, largeHeader);
        box_.reserve(static_cast<std::size_t>(keptBytes_));
        return true;
    }

    static constexpr std::uint64_t smallHeader = 8, largeHeader = 16;
    std::uint64_t total_, mostBytes_;
    std::function<bool(std::uint64_t, std::vector<std::byte>)>& onBox_;
    std::vector<std::byte> box_;
    std::uint64_t boxBegin_ = 0, boxEnd_ = 0, keptBytes_ = smallHeader;
};

class PieceSink final : public PassSink {
  public:
    PieceSink(PieceWork& work, std::optional<net::Range>& piece, const net::JudgeHead& judge,
              std::uint64_t from)
        : PassSink(work.validator, judge, from), work_(work), piece_(piece) {}

    bool hasProgress = false;

  private:
    Result<void> pass(std::uint64_t offset, std::span<const std::byte> bytes) override {
        auto end = offset + bytes.size();
        while (piece_ && piece_->offset < end) {
            // It has gone by: that takes another pass.
            if (piece_->offset < offset) return enough();
            auto part = bytes.subspan(static_cast<std::size_t>(piece_->offset - offset));
            part = part.first(static_cast<std::size_t>(std::min<std::uint64_t>(part.size(), piece_->bytes)));
            if (auto taken = work_.take(part); !taken) return taken;
            hasProgress = true;
            piece_->offset += part.size();
            piece_->bytes -= part.size();
            if (piece_->bytes == 0) piece_ = work_.next();
        }
        return piece_ ? Result<void>{} : enough();
    }

    PieceWork& work_;
    std::optional<net::Range>& piece_;
};

}  // namespace

asio::awaitable<Result<void>> passBoxes(const net::Url& url, const net::Validator& validator,
                                        std::uint64_t mostBytes,
                                        std::function<bool(std::uint64_t, std::vector<std::byte>)> onBox,
                                        const Visit& visit) {
    std::function<asio::awaitable<Result<void>>()> attempt = [&]() -> asio::awaitable<Result<void>> {
        BoxSink sink(validator, visit.judgeHead, mostBytes, onBox);
        auto request = requestOf(url, validator, 0, visit);
        auto response = co_await visit.http.send(std::move(request), sink);
        if (sink.isEnough && !visit.stop.stop_requested()) co_return Result<void>{};
        if (!response) co_return std::unexpected(std::move(response.error()));
        if (!sink.isComplete())
            co_return fail(Kind::network, "The connection ended before the whole file was there.", true);
        co_return Result<void>{};
    };
    net::RetryPolicy policy;
    co_return co_await net::withRetry<void>(policy, visit.timing, visit.stop, attempt);
}

asio::awaitable<Result<PassEnd>> passPieces(PieceWork work, const Visit& visit) {
    auto piece = work.next();
    bool hasProgress = false;
    int passes = 0;
    auto end = PassEnd::complete;
    std::function<asio::awaitable<Result<void>>()> attempt = [&]() -> asio::awaitable<Result<void>> {
        while (piece && end == PassEnd::complete) {
            auto from = work.grantsRanges ? piece->offset : 0;
            PieceSink sink(work, piece, visit.judgeHead, from);
            auto request = requestOf(work.url, work.validator, from, visit);
            auto response = co_await visit.http.send(std::move(request), sink);
            hasProgress = sink.hasProgress;
            if (sink.hasChanged) end = PassEnd::changed;
            if (sink.hasChanged) co_return Result<void>{};
            if (visit.stop.stop_requested()) co_return fail(Kind::cancelled, "It was stopped.");
            if (!response && !sink.isEnough) co_return std::unexpected(std::move(response.error()));
            if (!sink.isComplete())
                co_return fail(Kind::network, "The connection ended before the whole file was there.", true);
            if (piece && ++passes == mostPasses)
                co_return fail(Kind::not_media,
                               "The sound of this file is stored in an order in which it cannot be taken.");
        }
        co_return Result<void>{};
    };
    std::function<bool()> madeProgress = [&] { return hasProgress; };
    net::RetryPolicy policy;
    auto outcome = co_await net::withRetry<void>(policy, visit.timing, visit.stop, attempt, madeProgress);
    if (!outcome) co_return std::unexpected(std::move(outcome.error()));
    co_return end;
}

}  // namespace auricle::streams
