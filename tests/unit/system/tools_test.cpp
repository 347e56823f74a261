#include "system/tools.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "tests/unit/support/temporary_folder.h"

namespace auricle {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class ToolsOnDisk : public testing::Test {
  protected:
    fs::path program(const fs::path& name, const std::string& script) {
        const auto file = folder_.write(name, "#!/bin/sh\n" + script + "\n");
        fs::permissions(file, fs::perms{0755});
        return file;
    }
    static Result<std::string> versionOf(const Tool& tool, fs::path file) {
        boost::asio::io_context context;
        Result<std::string> result;
        boost::asio::co_spawn(context, probeVersion(tool, std::move(file)),
                              [&](std::exception_ptr, Result<std::string> got) { result = std::move(got); });
        context.run();
        return result;
    }
    std::vector<fs::path> folders() const { return {folder_.path() / "one", folder_.path() / "two"}; }

    test::TemporaryFolder folder_;
};

TEST_F(ToolsOnDisk, are_found_in_the_first_folder_that_has_a_program_of_that_name) {
    folder_.write("one/ffmpeg", "not executable");
    const auto file = program("two/ffmpeg", "");
    EXPECT_EQ(findTool(ffmpeg, {}, folders()).value(), file);
    fs::create_directories(folder_.path() / "one/yt-dlp");
    EXPECT_FALSE(findTool(ytDlp, {}, folders()));
}

TEST_F(ToolsOnDisk, that_are_configured_are_taken_and_no_other) {
    const auto mine = program("mine/my-ffmpeg", "");
    program("one/ffmpeg", "");
    EXPECT_EQ(findTool(ffmpeg, mine, folders()).value(), mine);
    const auto wrong = findTool(ffmpeg, folder_.path() / "nothing", folders());
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().kind, Kind::tool_missing);
    EXPECT_THAT(wrong.error().message, HasSubstr("tools.ffmpeg"));
}

TEST_F(ToolsOnDisk, that_are_missing_are_said_so_with_the_next_step) {
    const auto missing = findTool(ytDlp, {}, folders());
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().kind, Kind::tool_missing);
    EXPECT_THAT(missing.error().message, HasSubstr("tools.ytDlp"));
}

TEST_F(ToolsOnDisk, say_their_versions) {
    const auto ff = program(
        "ffmpeg",
        "test \"$1\" = -version && echo 'ffmpeg version 5.1.6-0+deb12u1 Copyright (c)' && echo built");
    EXPECT_EQ(versionOf(ffmpeg, ff).value(), "5.1.6-0+deb12u1");
    const auto yt = program("yt-dlp", "test \"$1\" = --version && echo 2023.03.04");
    EXPECT_EQ(versionOf(ytDlp, yt).value(), "2023.03.04");
}

TEST_F(ToolsOnDisk, that_are_something_else_are_not_believed) {
    EXPECT_EQ(versionOf(ffmpeg, program("a", "echo hello")).error().kind, Kind::tool_missing);
    EXPECT_EQ(versionOf(ytDlp, program("b", "echo 2023.03.04; exit 1")).error().kind, Kind::tool_missing);
    EXPECT_EQ(versionOf(ytDlp, program("c", "")).error().kind, Kind::tool_missing);
    EXPECT_EQ(versionOf(ytDlp, folder_.path() / "absent").error().kind, Kind::tool_missing);
}

TEST(ToolFolders, are_those_of_PATH_then_the_usual_ones_each_once_and_never_a_relative_one) {
    const auto folders = toolFolders("/x/bin::relative:.:/usr/bin:/x/bin", "/home/me");
    EXPECT_EQ(folders[0], "/x/bin");
    EXPECT_EQ(folders[1], "/usr/bin");
    EXPECT_THAT(folders, testing::Contains(fs::path("/opt/homebrew/bin")));
    EXPECT_THAT(folders, testing::Contains(fs::path("/home/me/.local/bin")));
    EXPECT_EQ(std::ranges::count(folders, fs::path("/usr/bin")), 1);
    EXPECT_TRUE(std::ranges::all_of(folders, [](const fs::path& folder) { return folder.is_absolute(); }));
    EXPECT_FALSE(toolFolders("", "/home/me").empty());
}

}  // namespace
}  // namespace auricle
