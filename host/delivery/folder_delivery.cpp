#include "delivery/folder_delivery.h"

#include <fcntl.h>

#include <system_error>

#include "delivery/captions_file.h"
#include "delivery/file_name.h"
#include "system/digest.h"
#include "system/worker.h"

namespace auricle::delivery {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

constexpr unsigned mostCopies = 1000;
constexpr std::uint64_t copyStepBytes = 8u << 20;
constexpr std::size_t readBytes = 256u << 10;

std::unexpected<Error> stopped() {
    return fail(Kind::cancelled, "The capture was stopped.");
}

std::unexpected<Error> changedOnDisk() {
    return fail(Kind::internal,
                "The recording on this computer is no longer what was downloaded. Start the capture again.");
}

std::string nameOf(const Parcel& parcel, unsigned copy) {
    return fileName(parcel.title, parcel.stableId, parcel.extension, copy);
}

/// The same for every attempt of one capture, so that what a crash left behind is overwritten, not added to.
std::string hiddenName(const Parcel& parcel, const char* ending = ".part") {
    Sha256 digest;
    digest.update(std::as_bytes(std::span(parcel.idempotencyKey)));
    return ".auricle-" + digest.hex().substr(0, 16) + ending;
}

/// Is what has that name this very recording already?
bool isSame(int folder, const std::string& name, const Parcel& parcel, const std::stop_token& stop) {
    // Whatever lies there under our name must not make us wait, a pipe for instance.
    auto file = openBeneath(folder, name, O_RDONLY | O_NONBLOCK);
    if (!file || sizeOf(file->get()) != parcel.bytes) return false;
    return sha256OfFile(file->get(), stop) == parcel.sha256;
}

/// After a restart: the name that an earlier attempt moved the file to.
std::optional<std::string> alreadyThere(int folder, const Parcel& parcel, const std::stop_token& stop) {
    constexpr unsigned mostLookedAt = 20;
    for (unsigned copy = 1; copy <= mostLookedAt; ++copy) {
        std::string name = nameOf(parcel, copy);
        if (isSame(folder, name, parcel, stop)) return name;
    }
    return std::nullopt;
}

Result<void> judgeContent(int file, const Parcel& parcel, const std::stop_token& stop) {
    auto digest = sha256OfFile(file, stop);
    if (!digest) return std::unexpected(digest.error());
    if (*digest != parcel.sha256) return changedOnDisk();
    return {};
}

/// Removes the hidden copy unless it got its final name.
class HiddenCopy {
  public:
    HiddenCopy(int folder, std::string name) : folder_(folder), name_(std::move(name)) {}
    HiddenCopy(const HiddenCopy&) = delete;
    HiddenCopy& operator=(const HiddenCopy&) = delete;
    ~HiddenCopy() { static_cast<void>(removeFile(folder_, name_)); }
    const std::string& name() const { return name_; }

  private:
    int folder_;
    std::string name_;
};

}  // namespace

FolderDisk::FolderDisk()
    : moveInto([](const fs::path& from, int folder, const fs::path& name) {
          return renameNoReplace(AT_FDCWD, from, folder, name);
      }) {}

FolderDelivery::FolderDelivery(FolderOptions options) : options_(std::move(options)) {}

asio::awaitable<Result<Delivered>> FolderDelivery::deliver(const Parcel& parcel, Visit visit,
                                                           std::function<void(std::uint64_t)> uploaded,
                                                           std::function<void(std::string)>) {
    if (auto judged = judgeSubfolder(options_.subfolder); !judged) co_return std::unexpected(judged.error());
    auto folder = co_await onWorker(options_.worker, [this] { return openDestination(); });
    if (!folder) co_return std::unexpected(explained(folder.error()));
    auto name = co_await place(folder->get(), parcel, visit, uploaded);
    if (!name) co_return std::unexpected(explained(name.error()));
    auto captions = co_await bringCaptions(folder->get(), *name, parcel);
    auto synced = co_await onWorker(options_.worker, [&] { return syncFolder(folder->get()); });
    if (!synced) co_return std::unexpected(explained(synced.error()));
    uploaded(parcel.bytes);
    co_return Delivered{.lecture = {},
                        .file = options_.folder / options_.subfolder / *name,
                        .confirmed = true,
                        .captions = std::move(captions)};
}

asio::awaitable<std::string> FolderDelivery::bringCaptions(int folder, const std::string& sound,
                                                           const Parcel& parcel) {
    if (!parcel.captions) co_return std::string();
    auto captions = co_await parcel.captions();
    if (!captions) co_return std::string();
    auto put = [&] { return putCaptionsBeside(folder, sound, *captions, hiddenName(parcel, ".srt.part")); };
    auto name = co_await onWorker(options_.worker, put);
    co_return name ? std::move(captions->language) : std::string();
}

Result<FileHandle> FolderDelivery::openDestination() const {
    std::error_code ignored;  // opening says better what is wrong
    fs::create_directories(options_.folder, ignored);
    auto folder = openFile(options_.folder, O_RDONLY | O_DIRECTORY);
    if (!folder || options_.subfolder.empty()) return folder;
    auto beneath = makeFoldersBeneath(folder->get(), options_.subfolder);
    if (!beneath && beneath.error().kind == Kind::bad_params) beneath.error().path = "/deliver/subfolder";
    return beneath;
}

asio::awaitable<Result<std::string>> FolderDelivery::place(
    int folder, const Parcel& parcel, Visit visit, const std::function<void(std::uint64_t)>& uploaded) {
    auto source = openFile(parcel.file, O_RDONLY);
    if (!source) {
        auto there =
            co_await onWorker(options_.worker, [&] { return alreadyThere(folder, parcel, visit.stop); });
        if (there) co_return *there;
        co_return std::unexpected(source.error());
    }
    auto sound = co_await onWorker(options_.worker, [&]() -> Result<void> {
        if (auto judged = judgeContent(source->get(), parcel, visit.stop); !judged) return judged;
        return options_.disk.sync(source->get());
    });
    if (!sound) co_return std::unexpected(sound.error());
    if (visit.stop.stop_requested()) co_return stopped();
    auto moved = co_await onWorker(options_.worker, [&] { return moveIn(folder, parcel); });
    if (!moved) co_return std::unexpected(moved.error());
    if (*moved) co_return **moved;
    co_return co_await copyIn(folder, source->get(), parcel, visit, uploaded);
}

/// The name it got, or nothing when the folder is on another file system.
Result<FolderDelivery::Name> FolderDelivery::moveIn(int folder, const Parcel& parcel) const {
    for (unsigned copy = 1; copy <= mostCopies; ++copy) {
        std::string name = nameOf(parcel, copy);
        auto moved = options_.disk.moveInto(parcel.file, folder, name);
        if (!moved) return std::unexpected(moved.error());
        if (*moved == Renamed::otherFileSystem) return Name();
        if (*moved == Renamed::yes) return name;
        if (!isSame(folder, name, parcel, {})) continue;
        if (auto removed = removeFile(parcel.file); !removed) return std::unexpected(removed.error());
        return name;
    }
    return fail(Kind::internal, "A thousand files of that name are there already.");
}

Result<std::string> FolderDelivery::nameTheCopy(int folder, const std::string& hidden,
                                                const Parcel& parcel) const {
    for (unsigned copy = 1; copy <= mostCopies; ++copy) {
        std::string name = nameOf(parcel, copy);
        auto renamed = renameNoReplace(folder, hidden, folder, name);
        if (!renamed) return std::unexpected(renamed.error());
        if (*renamed == Renamed::yes || isSame(folder, name, parcel, {})) return name;
    }
    return fail(Kind::internal, "A thousand files of that name are there already.");
}

asio::awaitable<Result<std::string>> FolderDelivery::copyIn(
    int folder, int source, const Parcel& parcel, Visit visit,
    const std::function<void(std::uint64_t)>& uploaded) {
    HiddenCopy hidden(folder, hiddenName(parcel));
    auto copy = openBeneath(folder, hidden.name(), O_RDWR | O_CREAT | O_TRUNC);
    if (!copy) co_return std::unexpected(copy.error());
    if (auto filled = co_await fill(source, copy->get(), parcel, visit, uploaded); !filled)
        co_return std::unexpected(filled.error());
    co_return co_await onWorker(options_.worker, [&]() -> Result<std::string> {
        if (auto synced = options_.disk.sync(copy->get()); !synced) return std::unexpected(synced.error());
        if (auto judged = judgeContent(copy->get(), parcel, visit.stop); !judged)
            return std::unexpected(judged.error());
        auto name = nameTheCopy(folder, hidden.name(), parcel);
        if (!name) return name;
        if (auto synced = syncFolder(folder); !synced) return std::unexpected(synced.error());
        if (auto removed = removeFile(parcel.file); !removed) return std::unexpected(removed.error());
        return name;
    });
}

asio::awaitable<Result<void>> FolderDelivery::fill(int source, int copy, const Parcel& parcel, Visit visit,
                                                   const std::function<void(std::uint64_t)>& uploaded) {
    if (auto reserved = reserve(copy, parcel.bytes); !reserved) co_return reserved;
    for (std::uint64_t done = 0; done < parcel.bytes;) {
        if (visit.stop.stop_requested()) co_return stopped();
        const std::uint64_t end = std::min(parcel.bytes, done + copyStepBytes);
        auto written = co_await onWorker(options_.worker, [&]() -> Result<void> {
            std::vector<std::byte> buffer(readBytes);
            while (done < end) {
                const auto wanted =
                    static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), end - done));
                auto got = readAt(source, done, std::span(buffer).first(wanted));
                if (!got) return std::unexpected(got.error());
                if (*got == 0) return changedOnDisk();
                if (auto put = options_.disk.write(copy, std::span(buffer).first(*got)); !put) return put;
                done += *got;
            }
            return {};
        });
        if (!written) co_return written;
        uploaded(done);
    }
    co_return Result<void>{};
}

Error FolderDelivery::explained(Error error) const {
    const bool speaksForItself = error.kind == Kind::bad_params || error.kind == Kind::cancelled;
    if (!speaksForItself)
        error.message = "The recording could not be put into the folder '" + options_.folder.string() +
                        "'. " + error.message;
    return error;
}

asio::awaitable<void> FolderDelivery::reportFailure(std::string, Error, Visit) {
    co_return;
}

asio::awaitable<void> FolderDelivery::discard(std::string, Visit) {
    co_return;
}

}  // namespace auricle::delivery
