#include "system/files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/support/temporary_folder.h"

namespace auricle {
namespace {

namespace fs = std::filesystem;

class Files : public ::testing::Test {
  protected:
    void SetUp() override {
        auto opened = openFile(folder, O_RDONLY | O_DIRECTORY);
        ASSERT_TRUE(opened);
        handle = std::move(*opened);
    }

    void put(const fs::path& name, std::string_view text) const { temporary.write(name, text); }
    std::string get(const fs::path& name) const { return test::TemporaryFolder::read(folder / name); }

    test::TemporaryFolder temporary;
    fs::path folder = temporary.path();
    FileHandle handle;
};

std::span<const std::byte> bytesOfText(std::string_view text) {
    return std::as_bytes(std::span(text));
}

TEST_F(Files, a_write_to_a_full_disk_is_disk_full) {
    auto full = openFile("/dev/full", O_WRONLY);
    if (!full) GTEST_SKIP() << "no /dev/full here";
    auto written = writeAll(full->get(), bytesOfText("x"));
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().kind, Kind::disk_full);
    EXPECT_NE(written.error().message.find("the disk is full"), std::string::npos);
}

TEST_F(Files, writes_at_a_place_leave_the_position_alone) {
    auto file = openFile(folder / "a", O_RDWR | O_CREAT);
    ASSERT_TRUE(file);
    ASSERT_TRUE(writeAll(file->get(), bytesOfText("0123456789")));
    ASSERT_TRUE(writeAllAt(file->get(), 2, bytesOfText("xy")));
    ASSERT_TRUE(writeAll(file->get(), bytesOfText("end")));
    EXPECT_EQ(get("a"), "01xy456789end");
    EXPECT_EQ(sizeOf(file->get()), 13u);
    std::array<std::byte, 8> into{};
    EXPECT_EQ(readAt(file->get(), 10, into), 3u);
    EXPECT_TRUE(syncData(file->get()));
    EXPECT_TRUE(syncFolder(folder));
}

TEST_F(Files, a_rename_never_replaces) {
    put("from", "new");
    put("to", "old");
    EXPECT_EQ(renameNoReplace(folder / "from", folder / "to"), Renamed::nameTaken);
    EXPECT_EQ(get("to"), "old");
    EXPECT_EQ(renameNoReplace(handle.get(), "from", handle.get(), "free"), Renamed::yes);
    EXPECT_EQ(get("free"), "new");
    EXPECT_FALSE(fs::exists(folder / "from"));
    EXPECT_EQ(renameNoReplace(folder / "missing", folder / "other").error().kind, Kind::internal);
}

TEST_F(Files, a_dangling_link_counts_as_a_taken_name) {
    put("from", "new");
    fs::create_symlink("nowhere", folder / "to");
    EXPECT_EQ(renameNoReplace(folder / "from", folder / "to"), Renamed::nameTaken);
}

TEST_F(Files, opening_beneath_refuses_every_way_out) {
    fs::create_directory(folder / "inside");
    fs::create_symlink("/", folder / "root");
    fs::create_symlink("inside", folder / "alias");
    put("file", "x");
    for (const char* name :
         {"..", "../x", "inside/..", "inside/../../x", "/etc", "root", "root/etc", "alias", ""}) {
        auto opened = openBeneath(handle.get(), name, O_RDONLY);
        ASSERT_FALSE(opened) << name;
        EXPECT_EQ(opened.error().kind, Kind::bad_params) << name;
    }
    EXPECT_TRUE(openBeneath(handle.get(), ".", O_RDONLY | O_DIRECTORY));
    EXPECT_TRUE(openBeneath(handle.get(), "file", O_RDONLY));
    auto made = openBeneath(handle.get(), "inside/new", O_WRONLY | O_CREAT | O_EXCL, 0600);
    ASSERT_TRUE(made);
    EXPECT_TRUE(fs::exists(folder / "inside/new"));
    EXPECT_EQ(openBeneath(handle.get(), "missing", O_RDONLY).error().kind, Kind::internal);
}

TEST_F(Files, folders_are_made_beneath_and_only_there) {
    ASSERT_TRUE(makeFoldersBeneath(handle.get(), "a/b/c"));
    ASSERT_TRUE(makeFoldersBeneath(handle.get(), "a/b/c"));
    EXPECT_TRUE(fs::is_directory(folder / "a/b/c"));
    EXPECT_EQ(fs::status(folder / "a").permissions(), fs::perms::owner_all);
    fs::create_symlink(fs::temp_directory_path(), folder / "a/out");
    EXPECT_EQ(makeFoldersBeneath(handle.get(), "a/out/x").error().kind, Kind::bad_params);
    EXPECT_EQ(makeFoldersBeneath(handle.get(), "../x").error().kind, Kind::bad_params);
    put("plain", "x");
    EXPECT_EQ(makeFoldersBeneath(handle.get(), "plain/x").error().kind, Kind::internal);
}

TEST_F(Files, a_handle_closes_what_it_holds_once) {
    auto opened = openFile(folder / "a", O_RDWR | O_CREAT);
    ASSERT_TRUE(opened);
    const int number = opened->get();
    FileHandle moved = std::move(*opened);
    EXPECT_FALSE(*opened);
    moved = FileHandle();
    EXPECT_EQ(::fcntl(number, F_GETFD), -1);
}

TEST_F(Files, descriptors_are_not_inherited) {
    auto plain = openFile(folder / "a", O_RDWR | O_CREAT);
    auto beneath = openBeneath(handle.get(), "a", O_RDONLY);
    EXPECT_NE(::fcntl(plain->get(), F_GETFD) & FD_CLOEXEC, 0);
    EXPECT_NE(::fcntl(beneath->get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST_F(Files, room_can_be_asked_for_and_reserved_without_growing_the_file) {
    auto free = freeBytes(folder);
    ASSERT_TRUE(free);
    EXPECT_GT(*free, 0u);
    auto file = openFile(folder / "a", O_RDWR | O_CREAT);
    EXPECT_TRUE(reserve(file->get(), 4096));
    EXPECT_EQ(sizeOf(file->get()), 0u);
    EXPECT_TRUE(reserve(file->get(), 0));
}

}  // namespace
}  // namespace auricle
