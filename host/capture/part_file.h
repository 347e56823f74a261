// The file that a download grows in: its bytes, their digest, and how much of them is safely on the disk.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <filesystem>
#include <functional>
#include <memory>

#include "capture/entry.h"
#include "delivery/delivery.h"
#include "streams/way.h"
#include "system/digest.h"
#include "system/files.h"

namespace auricle::capture {

/// Writes on the loop, syncs on a worker every 8 MiB, and oftener while it is followed, so that a crash costs
/// at most 16 MiB (SAFETY "Downloads"). When a resource begins anew, what was there stays until the new bytes
/// have passed it. Must live until finish() returned or the worker has been joined.
class PartFile final : public streams::Target, public std::enable_shared_from_this<PartFile> {
  public:
    /// Told after a sync, on the loop, at most once for each MiB: so much may now be written into the
    /// journal.
    using OnSaved = std::function<void(const SavedPart&)>;

    /// Opens or creates the file, cuts it to what was saved and digests that (on the worker).
    static boost::asio::awaitable<Result<std::shared_ptr<PartFile>>> open(std::filesystem::path file,
                                                                          SavedPart saved,
                                                                          boost::asio::any_io_executor worker,
                                                                          OnSaved onSaved);
    std::uint64_t size() const override { return current_.bytes; }
    net::Validator validator() const override { return current_.validator; }
    Result<void> goOn() override { return {}; }
    Result<void> startOver(const net::Validator& validator) override;
    Result<void> append(std::span<const std::byte> bytes) override;
    std::uint64_t cursor() const override { return current_.cursor; }
    void mark(std::uint64_t cursor) override;
    std::unique_ptr<media::ByteSource> content() const override;

    /// Everything is there: syncs the file, tells whoever waits for more, and gives its SHA-256 in hex.
    boost::asio::awaitable<Result<std::string>> finish();
    /// What is there is synced and told once more, as far as it came.
    boost::asio::awaitable<void> save();
    const std::filesystem::path& path() const { return path_; }

    /// Bytes are coming, or no more of them for now: whoever waits for some is told.
    void setGrowing(bool isGrowing);
    /// Returns when more than `than` bytes are on the disk; cancelled when no more come for now. What is
    /// waited for is synced oftener.
    boost::asio::awaitable<Result<void>> waitForMore(std::uint64_t than);
    /// What is there by now, as it grows, until it begins anew. Keeps the file open.
    std::unique_ptr<delivery::Growing> growing();

    /// The file is of no use any more: a sync that is still under way is told to nobody.
    void abandon() {
        onSaved_ = [](const SavedPart&) {};
    }

  private:
    /// A version of the resource on its way.
    struct Version {
        std::shared_ptr<FileHandle> file;
        net::Validator validator;
        std::uint64_t bytes = 0, asked = 0;    ///< written; last offset at which a sync was asked for
        std::uint64_t cursor = 0, marked = 0;  ///< last mark, and how many bytes belong to it
        Sha256 digest;
        bool isBesideOld = false;  ///< still in the file `….new`
    };

    class Growth;

    PartFile(std::filesystem::path file, boost::asio::any_io_executor loop,
             boost::asio::any_io_executor worker, OnSaved onSaved);
    std::filesystem::path besidePath() const { return std::filesystem::path(path_).concat(".new"); }
    Result<void> adopt();
    /// What a sync that begins now makes safe.
    SavedPart whatIsThere() const;
    /// Written since the last sync was asked for, when the next is due.
    std::uint64_t bytesToSync() const;
    void syncWhereDue();
    void syncSoon();
    void synced(const SavedPart& saved);
    void becameSafe(std::uint64_t bytes);
    void tellOfMore(std::uint64_t than, std::function<void()> told);
    /// More is safe, or no more will come.
    void changed();
    void answerWish();

    std::filesystem::path path_;
    boost::asio::any_io_executor loop_;
    boost::asio::any_io_executor worker_;
    OnSaved onSaved_;
    Version current_;
    std::uint64_t oldBytes_ = 0;  ///< of the version before, while the new one has not passed it
    bool isSyncing_ = false;
    std::uint64_t safe_ = 0;   ///< bytes of the current version that are on the disk under its own name
    std::uint64_t saved_ = 0;  ///< of them, what OnSaved was last told
    bool isFollowed_ = false;
    bool isGrowing_ = false;
    unsigned waiting_ = 0;  ///< how many wait for more
    /// Of whoever asked to be told; `told` is empty where nobody has.
    struct Wish {
        std::uint64_t than = 0;
        unsigned beginning = 0;
        std::function<void()> told{};
    } wish_;
    unsigned beginnings_ = 0;  ///< new ones, each of which makes what was read before worthless
    boost::asio::steady_timer grown_;
};

}  // namespace auricle::capture
