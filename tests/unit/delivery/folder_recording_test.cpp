#include "delivery/folder_recording.h"

#include <sys/stat.h>

#include "tests/unit/delivery/delivery_test_support.h"

namespace auricle::delivery::testing {
namespace {

namespace fs = std::filesystem;

std::string textOf(const RecordingPiece& piece) {
    return {reinterpret_cast<const char*>(piece.bytes.data()), piece.bytes.size()};
}

class FolderRecordingTest : public DeliveryTest {
  protected:
    void SetUp() override { write(file, sound); }
    void expectGone(std::string_view says) {
        auto piece = readFromFolder(file, sound.size(), {.offset = 0, .length = 5});
        ASSERT_FALSE(piece);
        EXPECT_EQ(piece.error().kind, Kind::not_found);
        EXPECT_NE(piece.error().message.find(says), std::string::npos) << piece.error().message;
        EXPECT_NE(piece.error().message.find("capture it again"), std::string::npos);
        EXPECT_FALSE(piece.error().retryable);
    }
    const std::string sound = "0123456789";
    const fs::path file = folder / "Lecture 4.m4a";
};

TEST_F(FolderRecordingTest, gives_the_bytes_that_are_asked_for) {
    auto piece = readFromFolder(file, sound.size(), {.offset = 3, .length = 4});
    ASSERT_TRUE(piece);
    EXPECT_EQ(textOf(*piece), "3456");
    EXPECT_EQ(piece->total, 10u);
    EXPECT_EQ(textOf(*readFromFolder(file, sound.size(), {.offset = 8, .length = 4})), "89");
    EXPECT_EQ(textOf(*readFromFolder(file, sound.size(), {.offset = 10, .length = 4})), "");
}

TEST_F(FolderRecordingTest, has_nothing_behind_the_end) {
    for (const std::uint64_t offset : {std::uint64_t{11}, ~std::uint64_t{0}}) {
        auto piece = readFromFolder(file, sound.size(), {.offset = offset, .length = 4});
        ASSERT_FALSE(piece);
        EXPECT_EQ(piece.error().kind, Kind::bad_params);
        EXPECT_EQ(piece.error().path, "/offset");
    }
}

TEST_F(FolderRecordingTest, says_when_the_file_is_gone) {
    fs::remove(file);
    expectGone("is no longer in the folder");
}

TEST_F(FolderRecordingTest, says_when_the_folder_is_gone) {
    fs::remove_all(folder);
    expectGone("is no longer in the folder");
}

TEST_F(FolderRecordingTest, does_not_take_another_size_for_what_was_captured) {
    write(file, sound + "!");
    expectGone("no longer what was captured");
    write(file, "012");
    expectGone("no longer what was captured");
}

TEST_F(FolderRecordingTest, follows_no_link_that_was_put_in_the_files_place) {
    write(folder / "other", sound);
    fs::remove(file);
    fs::create_symlink(folder / "other", file);
    expectGone("is no longer in the folder");
}

TEST_F(FolderRecordingTest, waits_for_no_pipe_and_reads_no_folder) {
    fs::remove(file);
    ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
    expectGone("no longer what was captured");
    fs::remove(file);
    fs::create_directory(file);
    struct stat seen {};
    ASSERT_EQ(::stat(file.c_str(), &seen), 0);
    auto piece = readFromFolder(file, static_cast<std::uint64_t>(seen.st_size), {.offset = 0, .length = 1});
    ASSERT_FALSE(piece);
    EXPECT_EQ(piece.error().kind, Kind::not_found);
}

}  // namespace
}  // namespace auricle::delivery::testing
