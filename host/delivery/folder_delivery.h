// Delivery to a folder of the person's own: the file is moved there under a readable name and never replaces
// another one.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "delivery/delivery.h"
#include "system/files.h"

namespace auricle::delivery {

/// What the disk is asked to do, so that a test can have it fail or be another one.
struct FolderDisk {
    std::function<Result<void>(int, std::span<const std::byte>)> write = writeAll;
    std::function<Result<void>(int)> sync = syncData;
    std::function<Result<Renamed>(const std::filesystem::path&, int, const std::filesystem::path&)> moveInto;
    FolderDisk();
};

struct FolderOptions {
    std::filesystem::path folder;         ///< configuration `delivery.folder`; created when it is missing
    std::string subfolder;                ///< beneath it, never out of it; may be empty
    boost::asio::any_io_executor worker;  ///< hashing and copying happen there: see onWorker
    FolderDisk disk{};
};

/// The file is read whole once more before it gets its final name, so `confirmed` says that what lies there
/// has the parcel's SHA-256. From another file system it is copied into a hidden file beside its place first.
/// A file of that name with the same content is the same delivery; one with other content makes ours the
/// "(2)". Captions lie beside it, see captions_file. On any failure the parcel's file stays where it was:
/// disk_full, bad_params for a subfolder that leaves the folder, cancelled, internal.
class FolderDelivery final : public Delivery {
  public:
    explicit FolderDelivery(FolderOptions options);

    boost::asio::awaitable<Result<Delivered>> deliver(const Parcel& parcel, Visit visit,
                                                      std::function<void(std::uint64_t)> uploaded,
                                                      std::function<void(std::string)> registered) override;
    /// Nobody is there to be told.
    boost::asio::awaitable<void> reportFailure(std::string lecture, Error why, Visit visit) override;
    /// deliver() itself leaves nothing behind, and what it finished belongs to the person.
    boost::asio::awaitable<void> discard(std::string lecture, Visit visit) override;

  private:
    using Name = std::optional<std::string>;

    /// The language of the captions that lie beside the sound now, or empty.
    boost::asio::awaitable<std::string> bringCaptions(int folder, const std::string& sound,
                                                      const Parcel& parcel);
    Result<FileHandle> openDestination() const;
    Result<Name> moveIn(int folder, const Parcel& parcel) const;
    Result<std::string> nameTheCopy(int folder, const std::string& copy, const Parcel& parcel) const;
    boost::asio::awaitable<Result<std::string>> place(int folder, const Parcel& parcel, Visit visit,
                                                      const std::function<void(std::uint64_t)>& uploaded);
    boost::asio::awaitable<Result<std::string>> copyIn(int folder, int source, const Parcel& parcel,
                                                       Visit visit,
                                                       const std::function<void(std::uint64_t)>& uploaded);
    boost::asio::awaitable<Result<void>> fill(int source, int copy, const Parcel& parcel, Visit visit,
                                              const std::function<void(std::uint64_t)>& uploaded);
    Error explained(Error error) const;

    FolderOptions options_;
};

}  // namespace auricle::delivery
