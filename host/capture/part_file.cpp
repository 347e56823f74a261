#include "capture/part_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "system/worker.h"

namespace auricle::capture {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t syncEveryBytes = 8u << 20;
constexpr std::uint64_t syncEveryBytesFollowed = 1u << 20;
/// Whoever follows looks at the beginning first.
constexpr std::uint64_t firstSyncBytesFollowed = 64u << 10;
/// While somebody has nothing to do until more is safe.
constexpr std::uint64_t syncEveryBytesAwaited = 256u << 10;
constexpr std::size_t readBytes = 256 * 1024;

Result<Sha256> digestOf(int descriptor, std::uint64_t bytes) {
    Sha256 digest;
    std::vector<std::byte> buffer(readBytes);
    for (std::uint64_t at = 0; at < bytes;) {
        auto want = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), bytes - at));
        auto read = readAt(descriptor, at, std::span(buffer).first(want));
        if (!read) return std::unexpected(read.error());
        if (*read == 0)
            return fail(Kind::internal,
                        "A part file is shorter than was written down of it; it is fetched anew.");
        digest.update(std::span(buffer).first(*read));
        at += *read;
    }
    return digest;
}

/// What was written as a whole: behind it a torn write may stand.
class Written final : public media::ByteSource {
  public:
    Written(std::shared_ptr<FileHandle> file, std::uint64_t bytes)
        : handle_(std::move(file)), file_(handle_->get()), bytes_(bytes) {}
    std::uint64_t size() const override { return bytes_; }
    Result<std::size_t> readAt(std::uint64_t offset, std::span<std::byte> into) const override {
        auto left = offset < bytes_ ? bytes_ - offset : 0;
        return file_.readAt(offset, into.first(std::min<std::size_t>(into.size(), left)));
    }

  private:
    std::shared_ptr<FileHandle> handle_;
    media::FileSource file_;
    std::uint64_t bytes_;
};

}  // namespace

PartFile::PartFile(fs::path file, asio::any_io_executor loop, asio::any_io_executor worker, OnSaved onSaved)
    : path_(std::move(file)),
      loop_(std::move(loop)),
      worker_(std::move(worker)),
      onSaved_(std::move(onSaved)),
      grown_(loop_, asio::steady_timer::time_point::max()) {}

asio::awaitable<Result<std::shared_ptr<PartFile>>> PartFile::open(fs::path file, SavedPart saved,
                                                                  asio::any_io_executor worker,
                                                                  OnSaved onSaved) {
    auto handle = openFile(file, O_RDWR | O_CREAT);
    if (!handle) co_return std::unexpected(handle.error());
    std::shared_ptr<PartFile> part(
        new PartFile(std::move(file), co_await asio::this_coro::executor, worker, std::move(onSaved)));
    std::error_code ignored;
    fs::remove(part->besidePath(), ignored);
    auto& version = part->current_;
    version.file = std::make_shared<FileHandle>(std::move(*handle));
    auto there = sizeOf(version.file->get());
    if (!there) co_return std::unexpected(there.error());
    // A file that somebody shortened or removed is begun anew.
    std::uint64_t usable = *there >= saved.bytes ? saved.bytes : 0;
    if (usable > 0) {
        int descriptor = version.file->get();
        auto digest =
            co_await onWorker(worker, [descriptor, usable] { return digestOf(descriptor, usable); });
        if (!digest) co_return std::unexpected(digest.error());
        version.digest = std::move(*digest);
        version.validator = saved.validator;
        version.cursor = saved.cursor;
        version.marked = saved.cursor ? usable : 0;
    }
    if (::ftruncate(version.file->get(), static_cast<off_t>(usable)) != 0) {
        co_return std::unexpected(systemError(errno, "The part file could not be cut"));
    }
    ::lseek(version.file->get(), static_cast<off_t>(usable), SEEK_SET);
    version.bytes = version.asked = part->safe_ = part->saved_ = usable;
    co_return part;
}

Result<void> PartFile::startOver(const net::Validator& validator) {
    // A second new beginning replaces the first one; the old bytes, if there are any, still stand under the
    // file's own name.
    if (!current_.isBesideOld) oldBytes_ = current_.bytes;
    bool keepsOld = oldBytes_ > 0;
    auto handle = openFile(keepsOld ? besidePath() : path_, O_RDWR | O_CREAT | O_TRUNC);
    if (!handle) return std::unexpected(handle.error());
    current_ = Version{.file = std::make_shared<FileHandle>(std::move(*handle)),
                       .validator = validator,
                       .bytes = 0,
                       .asked = 0,
                       .cursor = 0,
                       .marked = 0,
                       .digest = {},
                       .isBesideOld = keepsOld};
    safe_ = saved_ = 0;
    ++beginnings_;
    changed();
    return {};
}

Result<void> PartFile::append(std::span<const std::byte> bytes) {
    if (auto written = writeAll(current_.file->get(), bytes); !written) {
        // A torn write must not be counted twice when the download goes on: the next one begins where the
        // last whole one ended.
        ::lseek(current_.file->get(), static_cast<off_t>(current_.bytes), SEEK_SET);
        return written;
    }
    current_.digest.update(bytes);
    current_.bytes += bytes.size();
    if (current_.isBesideOld && current_.bytes > oldBytes_) {
        if (auto adopted = adopt(); !adopted) return adopted;
    }
    syncWhereDue();
    return {};
}

std::uint64_t PartFile::bytesToSync() const {
    if (current_.asked == 0 && isFollowed_) return firstSyncBytesFollowed;
    if (waiting_ > 0 || wish_.told) return syncEveryBytesAwaited;
    return isFollowed_ ? syncEveryBytesFollowed : syncEveryBytes;
}

void PartFile::syncWhereDue() {
    if (current_.bytes - current_.asked >= bytesToSync()) syncSoon();
}

Result<void> PartFile::adopt() {
    std::error_code fault;
    fs::rename(besidePath(), path_, fault);
    if (fault) return std::unexpected(systemError(fault.value(), "The part file could not be replaced"));
    current_.isBesideOld = false;
    oldBytes_ = 0;
    return {};
}

void PartFile::mark(std::uint64_t cursor) {
    current_.cursor = cursor;
    current_.marked = current_.bytes;
}

std::unique_ptr<media::ByteSource> PartFile::content() const {
    return std::make_unique<Written>(current_.file, current_.bytes);
}

SavedPart PartFile::whatIsThere() const {
    return {.bytes = current_.cursor ? current_.marked : current_.bytes,
            .validator = current_.validator,
            .cursor = current_.cursor,
            .isWhole = false};
}

void PartFile::syncSoon() {
    // The journal speaks of the file under its own name alone: a version beside the old one is not saved yet.
    if (isSyncing_ || current_.isBesideOld) return;
    isSyncing_ = true;
    current_.asked = current_.bytes;
    auto file = current_.file;
    auto saved = whatIsThere();
    asio::post(worker_, [self = shared_from_this(), file, saved] {
        bool isSynced = syncData(file->get()).has_value();
        asio::post(self->loop_, [self, file, saved, isSynced] {
            self->isSyncing_ = false;
            if (!isSynced || file != self->current_.file) return;
            self->synced(saved);
        });
    });
}

void PartFile::synced(const SavedPart& saved) {
    // Syncs may come thick and fast, and each record makes the journal longer.
    if (saved.bytes >= saved_ + syncEveryBytesFollowed) {
        saved_ = saved.bytes;
        onSaved_(saved);
    }
    becameSafe(saved.bytes);
    syncWhereDue();
}

void PartFile::becameSafe(std::uint64_t bytes) {
    safe_ = std::max(safe_, bytes);
    changed();
}

void PartFile::setGrowing(bool isGrowing) {
    isGrowing_ = isGrowing;
    changed();
}

void PartFile::changed() {
    grown_.cancel();
    // Not at once: what changed may have done so within one of libcurl's callbacks.
    if (wish_.told) asio::post(loop_, [self = shared_from_this()] { self->answerWish(); });
}

void PartFile::tellOfMore(std::uint64_t than, std::function<void()> told) {
    isFollowed_ = true;
    wish_ = {.than = than, .beginning = beginnings_, .told = std::move(told)};
    if (!wish_.told) return;
    syncWhereDue();
    asio::post(loop_, [self = shared_from_this()] { self->answerWish(); });
}

void PartFile::answerWish() {
    const bool isGranted = safe_ > wish_.than || !isGrowing_ || wish_.beginning != beginnings_;
    if (!wish_.told || !isGranted) return;
    auto told = std::exchange(wish_.told, {});
    told();
}

asio::awaitable<Result<void>> PartFile::waitForMore(std::uint64_t than) {
    isFollowed_ = true;
    auto self = shared_from_this();
    while (safe_ <= than) {
        if (!isGrowing_) co_return fail(Kind::cancelled, "The file does not grow any more.");
        ++waiting_;
        syncWhereDue();
        co_await grown_.async_wait(asio::as_tuple(asio::use_awaitable));
        --waiting_;
    }
    co_return Result<void>{};
}

/// One version of the file, seen by who delivers it ahead.
class PartFile::Growth final : public delivery::Growing {
  public:
    explicit Growth(std::shared_ptr<PartFile> part)
        : part_(std::move(part)), beginnings_(part_->beginnings_) {}
    std::uint64_t safeBytes() const override { return isSame() ? part_->safe_ : 0; }
    std::uint64_t wholeBytes() const override { return isSame() ? part_->current_.validator.total : 0; }
    asio::awaitable<Result<void>> waitForMore(std::uint64_t than) override {
        auto waited = co_await part_->waitForMore(than);
        if (waited && !isSame()) co_return fail(Kind::cancelled, "The file has begun anew.");
        co_return waited;
    }
    bool isGrowing() const override { return part_->isGrowing_ && isSame(); }
    void tellOfMore(std::uint64_t than, std::function<void()> told) override {
        part_->tellOfMore(than, std::move(told));
    }

  private:
    bool isSame() const { return part_->beginnings_ == beginnings_; }

    std::shared_ptr<PartFile> part_;
    unsigned beginnings_;
};

std::unique_ptr<delivery::Growing> PartFile::growing() {
    return std::make_unique<Growth>(shared_from_this());
}

asio::awaitable<void> PartFile::save() {
    if (current_.isBesideOld || current_.bytes == 0) co_return;
    auto file = current_.file;
    auto saved = whatIsThere();
    auto sync = [file] { return syncData(file->get()); };
    auto synced = co_await onWorker(worker_, sync);
    if (!synced || file != current_.file) co_return;
    onSaved_(saved);
    becameSafe(saved.bytes);
}

asio::awaitable<Result<std::string>> PartFile::finish() {
    if (current_.isBesideOld) {
        if (auto adopted = adopt(); !adopted) co_return std::unexpected(adopted.error());
    }
    auto file = current_.file;
    // No sync that is still under way says any more that there is less.
    saved_ = current_.asked = current_.bytes;
    auto sync = [file] { return syncData(file->get()); };
    auto synced = co_await onWorker(worker_, sync);
    if (!synced) co_return std::unexpected(synced.error());
    onSaved_({.bytes = current_.bytes,
              .validator = current_.validator,
              .cursor = current_.cursor,
              .isWhole = true});
    becameSafe(current_.bytes);
    co_return current_.digest.hex();
}

}  // namespace auricle::capture
