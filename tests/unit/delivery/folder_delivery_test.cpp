#include "delivery/folder_delivery.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <boost/asio/thread_pool.hpp>

#include "delivery_test_support.h"
#include "fake_backend.h"

namespace auricle::delivery {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class FolderDeliveryTest : public testing::DeliveryTest {
  protected:
    const std::string name = "Lecture 4 [49d05f87].m4a";
    const std::string secondName = "Lecture 4 [49d05f87] (2).m4a";

    fs::path music() const { return folder / "Music" / "Auricle"; }
    /// As if the folder were on another file system than the part file.
    static FolderDisk elsewhere() {
        FolderDisk disk;
        disk.moveInto = [](const fs::path&, int, const fs::path&) -> Result<Renamed> {
            return Renamed::otherFileSystem;
        };
        return disk;
    }
    Result<Delivered> deliver(const Parcel& parcel, FolderDisk disk = {}, std::string subfolder = "") {
        FolderDelivery way({.folder = music(),
                            .subfolder = std::move(subfolder),
                            .worker = loop.get_executor(),
                            .disk = std::move(disk)});
        return run(way.deliver(
            parcel,
            {.http = nobody, .credentials = credentials, .timing = timing, .stop = stopping.get_token()},
            [this](std::uint64_t bytes) {
                uploaded.push_back(bytes);
                if (onUploaded) onUploaded();
            },
            [](std::string) { FAIL() << "a folder registers nothing"; }));
    }
    static std::vector<std::string> namesIn(const fs::path& where) {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(where)) names.push_back(entry.path().filename());
        return names;
    }

    testing::FakeBackend nobody;
    std::vector<std::uint64_t> uploaded;
    std::function<void()> onUploaded;
};

TEST_F(FolderDeliveryTest, moves_the_file_under_a_readable_name_into_a_folder_that_it_creates) {
    const Parcel parcel = parcelOf("the sound");
    auto outcome = deliver(parcel);
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->file, music() / name);
    EXPECT_TRUE(outcome->confirmed);
    EXPECT_EQ(read(outcome->file), "the sound");
    EXPECT_FALSE(fs::exists(parcel.file));
    EXPECT_THAT(uploaded, ElementsAre(9));
    EXPECT_TRUE(nobody.seen.empty());
}

TEST_F(FolderDeliveryTest, goes_beneath_the_subfolder) {
    auto outcome = deliver(parcelOf("x"), {}, "Uni/Computing 101");
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->file, music() / "Uni/Computing 101" / name);
    EXPECT_EQ(read(outcome->file), "x");
}

TEST_F(FolderDeliveryTest, a_subfolder_that_leads_out_is_refused_and_nothing_moves) {
    fs::create_directories(music());
    fs::create_directory_symlink(folder, music() / "link");
    const Parcel parcel = parcelOf("x");
    for (const char* subfolder : {"..", "../Other", "/tmp", "a/../../b", "link", "link/sub"}) {
        auto outcome = deliver(parcel, {}, subfolder);
        ASSERT_FALSE(outcome) << subfolder;
        EXPECT_EQ(outcome.error().kind, Kind::bad_params) << subfolder;
        EXPECT_EQ(outcome.error().path, "/deliver/subfolder") << subfolder;
    }
    EXPECT_TRUE(fs::exists(parcel.file));
    EXPECT_THAT(namesIn(folder), UnorderedElementsAre("Music", "part"));
}

TEST_F(FolderDeliveryTest, another_file_of_that_name_is_never_replaced) {
    for (const bool isElsewhere : {false, true}) {
        fs::remove_all(music());
        fs::create_directories(music());
        write(music() / name, "the person's own");
        auto outcome = deliver(parcelOf("the sound"), isElsewhere ? elsewhere() : FolderDisk());
        ASSERT_TRUE(outcome);
        EXPECT_EQ(outcome->file, music() / secondName);
        EXPECT_EQ(read(music() / name), "the person's own");
        EXPECT_EQ(read(music() / secondName), "the sound");
    }
}

TEST_F(FolderDeliveryTest, the_same_file_once_more_is_one_file) {
    for (const bool isElsewhere : {false, true}) {
        fs::remove_all(music());
        ASSERT_TRUE(deliver(parcelOf("the sound")));
        const Parcel again = parcelOf("the sound");
        auto outcome = deliver(again, isElsewhere ? elsewhere() : FolderDisk());
        ASSERT_TRUE(outcome);
        EXPECT_EQ(outcome->file, music() / name);
        EXPECT_THAT(namesIn(music()), ElementsAre(name));
        EXPECT_FALSE(fs::exists(again.file));
    }
}

TEST_F(FolderDeliveryTest, a_repeat_after_a_crash_behind_the_move_finds_what_was_moved) {
    const Parcel parcel = parcelOf("the sound");
    fs::create_directories(music());
    write(music() / name, "the person's own");
    ASSERT_TRUE(deliver(parcel));
    auto outcome = deliver(parcel);
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->file, music() / secondName);
}

TEST_F(FolderDeliveryTest, a_file_that_is_gone_and_was_never_delivered_is_an_error) {
    const Parcel parcel = parcelOf("the sound");
    fs::remove(parcel.file);
    EXPECT_EQ(deliver(parcel).error().kind, Kind::internal);
}

TEST_F(FolderDeliveryTest, what_lies_under_the_name_may_be_anything) {
    const Parcel parcel = parcelOf("the sound");
    fs::create_directories(music());
    ASSERT_EQ(::mkfifo((music() / name).c_str(), 0600), 0);
    fs::create_symlink(parcel.file, music() / secondName);
    auto outcome = deliver(parcel);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->file, music() / "Lecture 4 [49d05f87] (3).m4a");
}

TEST_F(FolderDeliveryTest, from_another_file_system_it_is_copied_and_the_source_goes) {
    const Parcel parcel = parcelOf(std::string(9u << 20, 'x') + "end");
    auto outcome = deliver(parcel, elsewhere());
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(digestOf(read(outcome->file)), parcel.sha256);
    EXPECT_FALSE(fs::exists(parcel.file));
    EXPECT_THAT(namesIn(music()), ElementsAre(name));
    EXPECT_THAT(uploaded, ElementsAre(8u << 20, parcel.bytes, parcel.bytes));
}

TEST_F(FolderDeliveryTest, a_really_different_file_system_is_noticed) {
    const fs::path other = "/dev/shm/auricle-delivery-test";
    struct stat here {
    }, there{};
    if (::stat("/dev/shm", &there) != 0 || ::stat(folder.c_str(), &here) != 0 || here.st_dev == there.st_dev)
        GTEST_SKIP() << "no second file system here";
    const Parcel parcel = parcelOf("the sound");
    FolderDelivery way({.folder = other, .subfolder = "", .worker = loop.get_executor()});
    auto outcome = run(way.deliver(
        parcel, {.http = nobody, .credentials = credentials, .timing = timing, .stop = {}},
        [](std::uint64_t) {}, [](std::string) {}));
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(read(outcome->file), "the sound");
    EXPECT_FALSE(fs::exists(parcel.file));
    fs::remove_all(other);
}

TEST_F(FolderDeliveryTest, a_full_disk_leaves_the_source_and_nothing_else) {
    const Parcel parcel = parcelOf(std::string(1u << 20, 'x'));
    FolderDisk disk = elsewhere();
    unsigned writes = 0;
    disk.write = [&](int descriptor, std::span<const std::byte> bytes) -> Result<void> {
        if (++writes == 3) return std::unexpected(systemError(ENOSPC, "Could not write"));
        return writeAll(descriptor, bytes);
    };
    auto outcome = deliver(parcel, disk);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, Kind::disk_full);
    EXPECT_THAT(outcome.error().message, HasSubstr("the disk is full"));
    EXPECT_EQ(digestOf(read(parcel.file)), parcel.sha256);
    EXPECT_THAT(namesIn(music()), IsEmpty());
    EXPECT_TRUE(deliver(parcel, elsewhere()));
}

TEST_F(FolderDeliveryTest, a_copy_that_reads_back_otherwise_never_gets_its_name) {
    const Parcel parcel = parcelOf(std::string(1u << 20, 'x'));
    FolderDisk disk = elsewhere();
    disk.write = [](int descriptor, std::span<const std::byte> bytes) {
        std::vector<std::byte> changed(bytes.begin(), bytes.end());
        changed.back() ^= std::byte{1};
        return writeAll(descriptor, changed);
    };
    EXPECT_EQ(deliver(parcel, disk).error().kind, Kind::internal);
    EXPECT_THAT(namesIn(music()), IsEmpty());
    EXPECT_TRUE(fs::exists(parcel.file));
}

TEST_F(FolderDeliveryTest, a_source_that_changed_on_the_disk_is_not_delivered) {
    const Parcel parcel = parcelOf("the sound");
    write(parcel.file, "the s0und");
    EXPECT_EQ(deliver(parcel).error().kind, Kind::internal);
    EXPECT_THAT(namesIn(music()), IsEmpty());
}

TEST_F(FolderDeliveryTest, every_failing_step_leaves_the_source_and_no_half_file) {
    const Parcel parcel = parcelOf(std::string(1u << 20, 'x'));
    for (unsigned failing = 1; failing <= 2; ++failing) {
        FolderDisk disk = elsewhere();
        unsigned syncs = 0;
        disk.sync = [&](int descriptor) -> Result<void> {
            if (++syncs == failing)
                return std::unexpected(systemError(EIO, "Could not bring the data to the disk"));
            return syncData(descriptor);
        };
        EXPECT_EQ(deliver(parcel, disk).error().kind, Kind::internal);
        EXPECT_THAT(namesIn(music()), IsEmpty());
        EXPECT_TRUE(fs::exists(parcel.file));
    }
    FolderDisk disk;
    disk.moveInto = [](const fs::path&, int, const fs::path&) -> Result<Renamed> {
        return std::unexpected(systemError(EACCES, "Could not rename a file"));
    };
    EXPECT_EQ(deliver(parcel, disk).error().kind, Kind::internal);
    EXPECT_TRUE(fs::exists(parcel.file));
}

TEST_F(FolderDeliveryTest, what_a_crash_left_half_copied_is_overwritten) {
    const Parcel parcel = parcelOf("the sound");
    FolderDisk disk = elsewhere();
    std::string hidden;
    disk.sync = [&](int) -> Result<void> {
        for (const auto& entry : fs::directory_iterator(music())) hidden = entry.path().filename();
        return {};
    };
    ASSERT_TRUE(deliver(parcel, disk));
    EXPECT_TRUE(hidden.starts_with(".auricle-")) << hidden;
    fs::remove(music() / name);
    write(music() / hidden, "a longer rest of an earlier attempt");
    ASSERT_TRUE(deliver(parcelOf("the sound"), elsewhere()));
    EXPECT_EQ(read(music() / name), "the sound");
    EXPECT_THAT(namesIn(music()), ElementsAre(name));
}

TEST_F(FolderDeliveryTest, stopping_ends_a_copy_and_leaves_no_trace) {
    const Parcel parcel = parcelOf(std::string(17u << 20, 'x'));
    onUploaded = [this] { stopping.request_stop(); };
    EXPECT_EQ(deliver(parcel, elsewhere()).error().kind, Kind::cancelled);
    EXPECT_THAT(uploaded, ElementsAre(8u << 20));
    EXPECT_THAT(namesIn(music()), IsEmpty());
    EXPECT_TRUE(fs::exists(parcel.file));
}

TEST_F(FolderDeliveryTest, a_folder_that_cannot_be_used_is_named) {
    write(folder / "Music", "a file");
    auto outcome = deliver(parcelOf("x"));
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, Kind::internal);
    EXPECT_THAT(outcome.error().message, HasSubstr((folder / "Music").string()));
}

TEST_F(FolderDeliveryTest, works_on_a_pool_while_the_callbacks_stay_on_the_loop) {
    boost::asio::thread_pool pool(1);
    const Parcel parcel = parcelOf(std::string(9u << 20, 'x'));
    const auto loopThread = std::this_thread::get_id();
    FolderDisk disk = elsewhere();
    bool wroteElsewhere = false;
    disk.write = [&](int descriptor, std::span<const std::byte> bytes) {
        wroteElsewhere = std::this_thread::get_id() != loopThread;
        return writeAll(descriptor, bytes);
    };
    FolderDelivery way({.folder = music(), .subfolder = "", .worker = pool.get_executor(), .disk = disk});
    auto outcome = run(way.deliver(
        parcel, {.http = nobody, .credentials = credentials, .timing = timing, .stop = {}},
        [&](std::uint64_t) { EXPECT_TRUE(std::this_thread::get_id() == loopThread); }, [](std::string) {}));
    pool.join();
    ASSERT_TRUE(outcome);
    EXPECT_TRUE(wroteElsewhere);
}

TEST_F(FolderDeliveryTest, nobody_is_told_of_failures) {
    FolderDelivery way({.folder = music(), .subfolder = "", .worker = loop.get_executor()});
    Visit visit{.http = nobody, .credentials = credentials, .timing = timing, .stop = {}};
    run(way.reportFailure("x", {}, visit));
    run(way.discard("x", visit));
    EXPECT_TRUE(nobody.seen.empty());
}

const std::string words = "1\n00:00:00,000 --> 00:00:04,100\nGood morning.\n\n";

TEST_F(FolderDeliveryTest, puts_captions_beside_the_sound_under_its_name) {
    auto outcome = deliver(parcelWithCaptions("the sound", Captions{.language = "en-GB", .srt = words}));
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->captions, "en-GB");
    EXPECT_EQ(read(music() / "Lecture 4 [49d05f87].srt"), words);
    EXPECT_THAT(namesIn(music()), UnorderedElementsAre(name, "Lecture 4 [49d05f87].srt"));
    EXPECT_EQ(askedForCaptions, 1u);
}

TEST_F(FolderDeliveryTest, names_captions_after_the_copy_that_the_sound_became) {
    fs::create_directories(music());
    write(music() / name, "somebody else's");
    auto outcome = deliver(parcelWithCaptions("the sound", Captions{.language = "en-GB", .srt = words}));
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->file, music() / secondName);
    EXPECT_EQ(read(music() / "Lecture 4 [49d05f87] (2).srt"), words);
}

TEST_F(FolderDeliveryTest, replaces_no_captions_that_are_there_and_repeats_none) {
    fs::create_directories(music());
    write(music() / "Lecture 4 [49d05f87].srt", "my own notes");
    for (int time = 1; time <= 2; ++time) {
        auto outcome = deliver(parcelWithCaptions("the sound", Captions{.language = "en-GB", .srt = words}));
        ASSERT_TRUE(outcome) << outcome.error().message;
        EXPECT_EQ(outcome->captions, "en-GB");
    }
    EXPECT_EQ(read(music() / "Lecture 4 [49d05f87].srt"), "my own notes");
    EXPECT_EQ(read(music() / "Lecture 4 [49d05f87].en-GB.srt"), words);
    EXPECT_THAT(namesIn(music()),
                UnorderedElementsAre(name, "Lecture 4 [49d05f87].srt", "Lecture 4 [49d05f87].en-GB.srt"));
}

TEST_F(FolderDeliveryTest, delivers_the_sound_whatever_becomes_of_its_captions) {
    fs::create_directories(music() / "Lecture 4 [49d05f87].srt");
    auto taken = deliver(parcelWithCaptions("the sound", Captions{.language = "../en", .srt = words}));
    ASSERT_TRUE(taken) << taken.error().message;
    EXPECT_EQ(taken->captions, "");
    EXPECT_EQ(read(taken->file), "the sound");
    auto none = deliver(parcelWithCaptions("other", std::nullopt));
    ASSERT_TRUE(none);
    EXPECT_EQ(none->captions, "");
    EXPECT_THAT(namesIn(music()), UnorderedElementsAre(name, secondName, "Lecture 4 [49d05f87].srt"));
}

}  // namespace
}  // namespace auricle::delivery
