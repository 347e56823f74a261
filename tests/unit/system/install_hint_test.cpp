#include "system/install_hint.h"

#include <gtest/gtest.h>

namespace auricle {
namespace {

TEST(InstallHint, names_the_command_of_the_system_that_this_is) {
    EXPECT_EQ(installCommand("ffmpeg", "linux", "PRETTY_NAME=\"Debian\"\nID=debian\n"),
              "sudo apt install ffmpeg");
    EXPECT_EQ(installCommand("ffmpeg", "linux", "ID=fedora\nVERSION_ID=40\n"),
              "sudo dnf install ffmpeg-free");
    EXPECT_EQ(installCommand("yt-dlp", "linux", "ID=fedora\n"), "sudo dnf install yt-dlp");
    EXPECT_EQ(installCommand("ffmpeg", "linux", "ID=arch"), "sudo pacman -S ffmpeg");
    EXPECT_EQ(installCommand("ffmpeg", "linux", "ID=\"opensuse-tumbleweed\"\n"),
              "sudo zypper install ffmpeg");
    EXPECT_EQ(installCommand("ffmpeg", "mac", ""), "brew install ffmpeg");
}

TEST(InstallHint, takes_the_family_of_a_system_it_does_not_know) {
    EXPECT_EQ(installCommand("ffmpeg", "linux", "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"),
              "sudo apt install ffmpeg");
    EXPECT_EQ(installCommand("ffmpeg", "linux", "ID='manjaro'\nID_LIKE=arch\n"), "sudo pacman -S ffmpeg");
}

TEST(InstallHint, says_nothing_of_a_system_it_knows_nothing_of) {
    EXPECT_EQ(installCommand("ffmpeg", "linux", "ID=plan9\nXID=debian\n"), "");
    EXPECT_EQ(installCommand("ffmpeg", "linux", "ID=\"\nID_LIKE="), "");
    EXPECT_EQ(installCommand("ffmpeg", "linux", ""), "");
}

}  // namespace
}  // namespace auricle
