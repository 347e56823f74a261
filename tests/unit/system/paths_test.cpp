#include "system/paths.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>

#include "tests/unit/support/temporary_folder.h"

namespace auricle {
namespace {

namespace fs = std::filesystem;

class PathsOfAPerson : public testing::Test {
  protected:
    PathsOfAPerson() { variables_["HOME"] = folder_.path().string(); }

    Paths find() const {
        return findPaths([this](const char* name) -> const char* {
            const auto found = variables_.find(name);
            return found == variables_.end() ? nullptr : found->second.c_str();
        });
    }
    fs::path musicWith(const std::string& userDirs) {
        folder_.write(".config/user-dirs.dirs", userDirs);
        return find().music;
    }

    test::TemporaryFolder folder_;
    std::map<std::string, std::string> variables_;
};

TEST_F(PathsOfAPerson, follow_xdg_with_its_defaults) {
    const Paths paths = find();
    EXPECT_EQ(paths.home, folder_.path());
    EXPECT_EQ(paths.config, folder_.path() / ".config/auricle");
    EXPECT_EQ(paths.configFile, folder_.path() / ".config/auricle/config.json");
    EXPECT_EQ(paths.state, folder_.path() / ".local/state/auricle");
    EXPECT_EQ(paths.cache, folder_.path() / ".cache/auricle");
    EXPECT_EQ(paths.music, folder_.path() / "Music");
    EXPECT_EQ(paths.systemConfigFile, "/etc/auricle/config.json");
}

TEST_F(PathsOfAPerson, follow_the_xdg_variables) {
    variables_["XDG_CONFIG_HOME"] = "/a";
    variables_["XDG_STATE_HOME"] = "/b";
    variables_["XDG_CACHE_HOME"] = "/c";
    const Paths paths = find();
    EXPECT_EQ(paths.configFile, "/a/auricle/config.json");
    EXPECT_EQ(paths.state, "/b/auricle");
    EXPECT_EQ(paths.cache, "/c/auricle");
}

TEST_F(PathsOfAPerson, ignore_relative_and_empty_xdg_variables) {
    variables_["XDG_CONFIG_HOME"] = "relative";
    variables_["XDG_STATE_HOME"] = "";
    variables_["XDG_CACHE_HOME"] = "../up";
    const Paths paths = find();
    EXPECT_EQ(paths.config, folder_.path() / ".config/auricle");
    EXPECT_EQ(paths.state, folder_.path() / ".local/state/auricle");
    EXPECT_EQ(paths.cache, folder_.path() / ".cache/auricle");
}

TEST_F(PathsOfAPerson, AURICLE_CONFIG_names_another_file) {
    variables_["AURICLE_CONFIG"] = "/elsewhere/my.json";
    EXPECT_EQ(find().configFile, "/elsewhere/my.json");
    variables_["AURICLE_CONFIG"] = "my.json";
    EXPECT_EQ(find().configFile, fs::current_path() / "my.json");
    variables_["AURICLE_CONFIG"] = "";
    EXPECT_EQ(find().configFile, folder_.path() / ".config/auricle/config.json");
}

TEST_F(PathsOfAPerson, without_HOME_come_from_the_account) {
    variables_.erase("HOME");
    EXPECT_TRUE(find().home.is_absolute());
    variables_["HOME"] = "not/absolute";
    EXPECT_TRUE(find().home.is_absolute());
}

TEST_F(PathsOfAPerson, take_the_music_folder_from_user_dirs) {
    EXPECT_EQ(musicWith("# comment\nXDG_VIDEOS_DIR=\"$HOME/Videos\"\nXDG_MUSIC_DIR=\"$HOME/Musik\"\n"),
              folder_.path() / "Musik");
    EXPECT_EQ(musicWith("XDG_MUSIC_DIR=\"/media/music\"\n"), "/media/music");
    EXPECT_EQ(musicWith("  XDG_MUSIC_DIR=\"$HOME/a \\\"b\\\" \\$c\"\n"), folder_.path() / "a \"b\" $c");
    EXPECT_EQ(musicWith("XDG_MUSIC_DIR=\"$HOME/One\"\nXDG_MUSIC_DIR=\"$HOME/Two\"\n"),
              folder_.path() / "Two");
}

TEST_F(PathsOfAPerson, fall_back_to_Music_where_user_dirs_say_nothing_usable) {
    for (const char* text :
         {"XDG_MUSIC_DIR=\"$HOME/\"", "XDG_MUSIC_DIR=\"relative\"", "XDG_MUSIC_DIR=$HOME/x",
          "#XDG_MUSIC_DIR=\"/x\"", "XDG_MUSIC_DIRS=\"/x\"", "XDG_MUSIC_DIR", ""}) {
        EXPECT_EQ(musicWith(text), folder_.path() / "Music") << text;
    }
}

class PrivateFolder : public testing::Test {
  protected:
    static unsigned modeOf(const fs::path& path) {
        struct stat about {};
        return ::stat(path.c_str(), &about) == 0 ? about.st_mode & 07777 : 0;
    }
    test::TemporaryFolder folder_;
};

TEST_F(PrivateFolder, is_made_with_its_parents_for_the_owner_alone) {
    EXPECT_TRUE(makePrivateFolder(folder_.path() / "a/b/c"));
    EXPECT_EQ(modeOf(folder_.path() / "a"), 0700u);
    EXPECT_EQ(modeOf(folder_.path() / "a/b/c"), 0700u);
    EXPECT_TRUE(makePrivateFolder(folder_.path() / "a/b/c"));
    EXPECT_TRUE(makePrivateFolder(folder_.path() / "a/b/d/"));
}

TEST_F(PrivateFolder, that_is_there_keeps_its_mode) {
    fs::create_directory(folder_.path() / "open");
    fs::permissions(folder_.path() / "open", fs::perms{0755});
    EXPECT_TRUE(makePrivateFolder(folder_.path() / "open"));
    EXPECT_EQ(modeOf(folder_.path() / "open"), 0755u);
}

TEST_F(PrivateFolder, may_be_reached_through_a_link_but_is_never_a_file) {
    fs::create_directory_symlink(folder_.path(), folder_.path() / "link");
    EXPECT_TRUE(makePrivateFolder(folder_.path() / "link"));
    folder_.write("file", "x");
    EXPECT_FALSE(makePrivateFolder(folder_.path() / "file"));
    EXPECT_EQ(errno, ENOTDIR);
    EXPECT_FALSE(makePrivateFolder(folder_.path() / "file/below"));
    EXPECT_EQ(errno, ENOTDIR);
}

}  // namespace
}  // namespace auricle
