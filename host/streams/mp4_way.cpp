#include "streams/mp4_way.h"

#include <algorithm>

#include "media/box.h"
#include "media/fields.h"
#include "media/m4a.h"
#include "net/ranges.h"
#include "streams/file_way.h"
#include "streams/whole_pass.h"
#include "system/digest.h"

namespace auricle::streams {

namespace asio = boost::asio;

namespace {

constexpr std::size_t beginningBytes = 64 * 1024;
/// Joining over such gaps is what a plan reckons with.
constexpr std::uint64_t smallGap = 300;
/// A file with so little beside its sound is taken as it is.
constexpr double nearlyAll = 0.95;
constexpr int mostBeginnings = 3;

std::uint64_t rangeBytes(const media::Pieces& pieces) {
    std::uint64_t sum = 0, end = 0;
    bool isFirst = true;
    for (auto cursor = pieces.read(); auto piece = cursor.next(); isFirst = false) {
        bool isNear = !isFirst && piece->offset > end && piece->offset - end <= smallGap;
        sum += piece->bytes + (isNear ? piece->offset - end : 0);
        end = piece->offset + piece->bytes;
    }
    return sum;
}

/// What the target holds belongs to this source in this layout.
net::Validator validatorOf(const net::Validator& source, std::span<const std::byte> head,
                           std::uint64_t total) {
    Sha256 digest;
    auto text = source.etag + "\n" + source.lastModified + "\n" + std::to_string(source.total) + "\n";
    digest.update(std::as_bytes(std::span(text)));
    digest.update(head);
    // Without a strong validator nobody knows whether the source is still the same: a weak one allows no
    // resuming.
    auto strength = source.allowsResume() ? "" : "W/";
    return {.etag = strength + ("\"" + digest.hex() + "\""), .lastModified = {}, .total = total};
}

/// The rest of the pieces behind what was handed over.
class PieceFeed {
  public:
    PieceFeed(const media::Pieces& pieces, std::uint64_t skipBytes)
        : cursor_(pieces.read()), left_(pieces.bytes()) {
        left_ -= std::min(left_, skipBytes);
        while (skipBytes > 0) {
            auto piece = cursor_.next();
            if (!piece) return;
            auto skipped = std::min(skipBytes, piece->bytes);
            skipBytes -= skipped;
            if (skipped < piece->bytes)
                rest_ = net::Range{.offset = piece->offset + skipped, .bytes = piece->bytes - skipped};
        }
    }
    std::optional<net::Range> next() {
        if (rest_) return std::exchange(rest_, std::nullopt);
        auto piece = cursor_.next();
        if (!piece) return std::nullopt;
        return net::Range{.offset = piece->offset, .bytes = piece->bytes};
    }
    std::uint64_t left() const { return left_; }  ///< bytes at the beginning

  private:
    media::Pieces::Cursor cursor_;
    std::uint64_t left_;
    std::optional<net::Range> rest_;
};

/// One fetch of a source whose index is known.
class Mp4Fetch {
  public:
    Mp4Fetch(const RemoteMp4& source, const Wishes& wishes, const Visit& visit, Target& target,
             const Way::OnProgress& onProgress)
        : source_(source), visit_(visit), target_(target), onProgress_(onProgress), link_(source.link) {
        auto head = media::m4aHead(source.index.format, source.index.samples, wishes.tags);
        headBytes_ = head.size();
        total_ = headBytes_ + source.index.pieces.bytes();
        validator_ = validatorOf(source.validator, head, total_);
        head_ = std::move(head);
    }

    /// True when all is there; false when the source is another one than before.
    asio::awaitable<Result<bool>> run() {
        if (auto begun = begin(); !begun) co_return std::unexpected(std::move(begun.error()));
        bool grantsRanges = source_.grantsRanges;
        if (grantsRanges && target_.size() < total_) {
            auto work = rangeWork();
            auto end = co_await net::fetchRanges(visit_.http, std::move(work), link_, visit_.timing);
            if (!end) co_return std::unexpected(std::move(end.error()));
            if (*end == net::RangesEnd::changed) co_return false;
            grantsRanges = *end == net::RangesEnd::slower;
        }
        if (target_.size() < total_) {
            auto work = pieceWork(grantsRanges);
            auto end = co_await passPieces(std::move(work), visit_);
            if (!end) co_return std::unexpected(std::move(end.error()));
            if (*end == PassEnd::changed) co_return false;
        }
        if (target_.size() != total_)
            co_return fail(Kind::internal, "The sound that was fetched is not as long as was planned.");
        co_return true;
    }

  private:
    Result<void> begin() {
        bool isSame =
            target_.validator() == validator_ && source_.validator.allowsResume() && target_.size() <= total_;
        auto begun = isSame ? target_.goOn() : target_.startOver(validator_);
        if (!begun) return begun;
        if (target_.size() < headBytes_) {
            auto rest = std::span<const std::byte>(head_).subspan(static_cast<std::size_t>(target_.size()));
            if (auto added = target_.append(rest); !added) return added;
        }
        head_ = {};
        onProgress_(target_.size(), total_);
        return {};
    }

    std::function<Result<void>(std::span<const std::byte>)> take() {
        return [this](std::span<const std::byte> bytes) -> Result<void> {
            auto added = target_.append(bytes);
            if (added) onProgress_(target_.size(), total_);
            return added;
        };
    }

    std::shared_ptr<PieceFeed> feed() const {
        return std::make_shared<PieceFeed>(source_.index.pieces, target_.size() - headBytes_);
    }

    net::RangeWork rangeWork() {
        auto rest = feed();
        net::RangeWork work{.request = {.url = source_.url, .credentials = visit_.credentials},
                            .validator = source_.validator,
                            .judge = visit_.judgeHead};
        work.request.judge = visit_.judgeHop;
        work.request.stop = visit_.stop;
        work.bytes = rest->left();
        work.next = [rest] { return rest->next(); };
        work.take = take();
        work.mayStream = true;
        return work;
    }

    PieceWork pieceWork(bool grantsRanges) {
        auto rest = feed();
        return {.url = source_.url,
                .validator = source_.validator,
                .grantsRanges = grantsRanges,
                .next = [rest] { return rest->next(); },
                .take = take()};
    }

    const RemoteMp4& source_;
    const Visit& visit_;
    Target& target_;
    const Way::OnProgress& onProgress_;
    net::Link link_;
    std::vector<std::byte> head_;  ///< until it is written
    std::uint64_t headBytes_ = 0, total_ = 0;
    net::Validator validator_;
};

/// Looks at the file behind the address as it is now.
asio::awaitable<Result<RemoteMp4>> look(net::Url url, std::string language, Beginning beginning,
                                        const Visit& visit) {
    auto validator = beginning.validator;
    auto byRanges = co_await readByRanges(url, std::move(beginning), language, visit);
    if (!byRanges) co_return std::unexpected(std::move(byRanges.error()));
    if (byRanges->source) co_return std::move(*byRanges->source);
    if (byRanges->isOfAnother) {
        // What a range says of the file is no more to be believed; what the whole says is.
        auto whole = co_await beginningOf(url, beginningBytes, visit, Ask::whole);
        if (!whole) co_return std::unexpected(std::move(whole.error()));
        validator = std::move(whole->validator);
    }
    co_return co_await readByPassing(url, validator, language, visit);
}

asio::awaitable<Result<RemoteMp4>> lookAnew(net::Url url, std::string language, const Visit& visit, Ask ask) {
    auto beginning = co_await beginningOf(url, beginningBytes, visit, ask);
    if (!beginning) co_return std::unexpected(std::move(beginning.error()));
    co_return co_await look(std::move(url), std::move(language), std::move(*beginning), visit);
}

/// Whether `moov` comes before the samples, so that it is known soon after the file has begun to go by.
bool hasIndexInFront(std::span<const std::byte> bytes, std::uint64_t total) {
    for (std::uint64_t at = 0; at + 16 <= bytes.size();) {
        media::Fields fields(bytes.subspan(static_cast<std::size_t>(at)));
        std::uint64_t size = fields.u32();
        auto type = fields.u32();
        if (type == media::fourCc("moov")) return true;
        if (type == media::fourCc("mdat")) return false;
        if (size == 1) size = fields.u64();
        if (size < 8 || size > total - at) return false;
        at += size;
    }
    return false;
}

}  // namespace

Mp4Way::Mp4Way(RemoteMp4 source, Wishes wishes)
    : url_(source.url), validator_(source.validator), wishes_(std::move(wishes)) {
    const auto& index = source.index;
    resultBytes_ = media::m4aHead(index.format, index.samples, wishes_.tags).size() + index.pieces.bytes();
    bytes_ = source.costBytes + (source.grantsRanges ? rangeBytes(index.pieces) : validator_.total);
    source_ = std::make_shared<const RemoteMp4>(std::move(source));
}

Mp4Way::Mp4Way(net::Url url, net::Validator validator, Wishes wishes)
    : url_(std::move(url)),
      validator_(std::move(validator)),
      wishes_(std::move(wishes)),
      bytes_(validator_.total * 2) {}

asio::awaitable<Result<void>> Mp4Way::fetch(Visit visit, Target& target, OnProgress onProgress) const {
    auto source = source_;
    for (int beginnings = 0; beginnings < mostBeginnings; ++beginnings) {
        if (!source) {
            // A file that changes again and again may be one of whose ranges the server says what is not so.
            auto ask = beginnings + 1 == mostBeginnings ? Ask::whole : Ask::part;
            auto looked = co_await lookAnew(url_, wishes_.language, visit, ask);
            if (!looked) co_return std::unexpected(std::move(looked.error()));
            source = std::make_shared<const RemoteMp4>(std::move(*looked));
        }
        Mp4Fetch fetch(*source, wishes_, visit, target, onProgress);
        auto outcome = co_await fetch.run();
        if (!outcome) co_return std::unexpected(std::move(outcome.error()));
        if (*outcome) co_return Result<void>{};
        source.reset();
    }
    co_return fail(Kind::network, "The file changes again and again while it is fetched. Try again later.",
                   true);
}

asio::awaitable<Result<Ways>> openMp4(net::Url url, Beginning beginning, Wishes wishes, const Visit& visit) {
    Ways ways;
    auto validator = beginning.validator;
    if (validator.total == 0) {
        // Nothing can be planned of a file whose length nobody says.
        ways.push_back(std::make_shared<FileWay>(std::move(url)));
        co_return ways;
    }
    if (!beginning.grantsRanges && !hasIndexInFront(beginning.bytes, validator.total)) {
        ways.push_back(std::make_shared<Mp4Way>(std::move(url), std::move(validator), std::move(wishes)));
        co_return ways;
    }
    auto source = co_await look(url, wishes.language, std::move(beginning), visit);
    if (!source) co_return std::unexpected(std::move(source.error()));
    auto sound = static_cast<double>(source->index.pieces.bytes());
    if (sound >= nearlyAll * static_cast<double>(validator.total))
        ways.push_back(std::make_shared<FileWay>(std::move(url), validator.total));
    else
        ways.push_back(std::make_shared<Mp4Way>(std::move(*source), std::move(wishes)));
    co_return ways;
}

}  // namespace auricle::streams
