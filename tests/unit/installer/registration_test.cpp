#include "installer/registration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "installer/callers.h"
#include "installer/manifest.h"
#include "installer/program.h"
#include "tests/unit/support/temporary_folder.h"

namespace auricle::installer {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::TemporaryFolder;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* ownOrigin = "chrome-extension://eifomnnboajlnambmpbbmkdaibgfclnl/";
constexpr const char* otherId = "abcdefghijklmnopabcdefghijklmnop";

class Registering : public testing::Test {
  protected:
    Registering() {
        machine_.folders = {.home = home_, .config = home_ / ".config"};
        machine_.state = home_ / ".local/state/auricle";
        machine_.program = folder_.write("opt/auricle \"1\"/auricle", "the program");
    }

    Report mustInstall(const Request& request = {}) {
        auto report = install(machine_, request);
        EXPECT_TRUE(report) << report.error().message;
        return report ? *report : Report{};
    }
    Report mustUninstall(const Request& request = {}) {
        auto report = uninstall(machine_, request);
        EXPECT_TRUE(report) << report.error().message;
        return report ? *report : Report{};
    }
    static std::vector<std::string> told(const Report& report) {
        std::vector<std::string> lines;
        for (const Outcome& outcome : report.outcomes)
            lines.push_back(outcome.browser + " " + std::string(word(outcome.change)));
        return lines;
    }
    /// Every path below home, with content: equal before and after means that nothing was touched.
    std::map<std::string, std::string> everything() const {
        std::map<std::string, std::string> found;
        if (!fs::exists(home_)) return found;
        for (const auto& entry : fs::recursive_directory_iterator(home_)) {
            found[entry.path().string()] = entry.is_regular_file() ? TemporaryFolder::read(entry.path()) : "";
        }
        return found;
    }
    fs::path chromiumFolder() const { return home_ / ".config/chromium/NativeMessagingHosts"; }
    fs::path chromiumFile() const { return chromiumFolder() / "org.auricle.host.json"; }
    fs::path firefoxFile() const { return home_ / ".mozilla/native-messaging-hosts/org.auricle.host.json"; }
    static json parse(const fs::path& file) { return json::parse(TemporaryFolder::read(file)); }

    TemporaryFolder folder_;
    fs::path home_ = folder_.path() / "home";
    Machine machine_;
};

TEST_F(Registering, in_a_fresh_home_serves_chromium_chrome_and_firefox) {
    EXPECT_THAT(told(mustInstall()), ElementsAre("chromium written", "chrome written", "firefox written"));
    const json chromium = parse(chromiumFile());
    EXPECT_EQ(chromium["name"], "org.auricle.host");
    EXPECT_EQ(chromium["type"], "stdio");
    EXPECT_EQ(chromium["path"], machine_.program.string());
    EXPECT_EQ(chromium["allowed_origins"], json::array({ownOrigin}));
    EXPECT_FALSE(chromium.contains("allowed_extensions"));
    const json firefox = parse(firefoxFile());
    EXPECT_EQ(firefox["allowed_extensions"], json::array({"extension@auricle"}));
    EXPECT_EQ(firefox.size(), 5u) << "Firefox's schema takes no further key";
    EXPECT_EQ(fs::status(chromiumFolder()).permissions(), fs::perms{0700});
    EXPECT_EQ(fs::status(chromiumFile()).permissions(), fs::perms{0644});
    EXPECT_THAT(std::vector<fs::path>(fs::directory_iterator(chromiumFolder()), {}), SizeIs(1))
        << "no temporary file is left";
}

TEST_F(Registering, again_changes_nothing) {
    mustInstall();
    const auto before = everything();
    const auto written = fs::last_write_time(chromiumFile());
    EXPECT_THAT(told(mustInstall()),
                ElementsAre("chromium unchanged", "chrome unchanged", "firefox unchanged"));
    EXPECT_EQ(everything(), before);
    EXPECT_EQ(fs::last_write_time(chromiumFile()), written);
}

TEST_F(Registering, after_the_program_was_moved_repairs_the_path) {
    mustInstall();
    machine_.program = folder_.write("elsewhere/auricle", "the program");
    EXPECT_THAT(told(mustInstall()), Contains("firefox updated"));
    EXPECT_EQ(parse(firefoxFile())["path"], machine_.program.string());
}

TEST_F(Registering, serves_browsers_whose_profile_is_there_in_their_sandboxes_too) {
    fs::create_directories(home_ / ".config/vivaldi");
    fs::create_directories(home_ / ".config/BraveSoftware/Brave-Browser");
    fs::create_directories(home_ / ".librewolf");
    fs::create_directories(home_ / ".var/app/org.chromium.Chromium/config/chromium");
    const Report report = mustInstall();
    EXPECT_THAT(told(report),
                ElementsAre("chromium written", "chromium written", "chrome written", "brave written",
                            "vivaldi written", "firefox written", "librewolf written"));
    EXPECT_THAT(report.outcomes[1].notes, ElementsAre(HasSubstr("Flatpak")));
    EXPECT_TRUE(fs::exists(
        home_ / ".var/app/org.chromium.Chromium/config/chromium/NativeMessagingHosts/org.auricle.host.json"));
}

TEST_F(Registering, writes_one_file_for_browsers_that_share_it) {
    fs::create_directories(home_ / ".zen");
    fs::create_directories(home_ / "snap/firefox/common/.mozilla/firefox");
    const Report report = mustInstall();
    ASSERT_THAT(told(report), ElementsAre("chromium written", "chrome written", "firefox,zen written"));
    EXPECT_EQ(report.outcomes[2].title, "Firefox, Zen");
    EXPECT_THAT(report.outcomes[2].notes, ElementsAre(HasSubstr("snap")));
}

TEST_F(Registering, for_named_browsers_leaves_all_others_alone) {
    EXPECT_THAT(told(mustInstall({.browsers = {"edge", "firefox"}})),
                ElementsAre("edge written", "firefox written"));
    EXPECT_FALSE(fs::exists(chromiumFile()));
}

TEST_F(Registering, for_an_unknown_browser_is_refused_before_anything_is_written) {
    const auto report = install(machine_, {.browsers = {"firefox", "netscape"}});
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().kind, Kind::bad_params);
    EXPECT_THAT(report.error().message, HasSubstr("netscape"));
    EXPECT_THAT(report.error().message, HasSubstr("firefox"));
    EXPECT_THAT(everything(), IsEmpty());
}

TEST_F(Registering, in_a_dry_run_tells_the_same_and_changes_nothing) {
    folder_.write("home/.config/chromium/NativeMessagingHosts/org.auricle.host.json", "{}");
    const auto before = everything();
    EXPECT_THAT(told(mustInstall({.isDryRun = true})),
                ElementsAre("chromium foreign", "chrome written", "firefox written"));
    EXPECT_EQ(everything(), before);
    fs::remove(chromiumFile());
    mustInstall({.userDataDir = folder_.path() / "profile"});
    mustInstall();
    const auto installed = everything();
    EXPECT_THAT(mustUninstall({.isDryRun = true}).outcomes, SizeIs(4));
    EXPECT_EQ(everything(), installed);
}

TEST_F(Registering, never_touches_a_foreign_file) {
    const std::string foreign =
        R"({"name":"org.auricle.host","description":"another's","path":"/opt/other/host","type":"stdio","allowed_origins":[]})";
    folder_.write("home/.config/chromium/NativeMessagingHosts/org.auricle.host.json", foreign);
    const Report report = mustInstall();
    EXPECT_THAT(told(report), ElementsAre("chromium foreign", "chrome written", "firefox written"));
    EXPECT_FALSE(report.isWell());
    EXPECT_THAT(report.outcomes[0].message, HasSubstr("/opt/other/host"));
    const Report removal = mustUninstall();
    EXPECT_THAT(told(removal), ElementsAre("chromium foreign", "chrome removed", "firefox removed"));
    EXPECT_EQ(TemporaryFolder::read(chromiumFile()), foreign);
}

TEST_F(Registering, leaves_a_file_that_is_no_manifest_as_it_is) {
    for (const char* text : {"", "not json", "[]", R"({"name": 7})", R"({"name":"org.auricle.host"})"}) {
        folder_.write("home/.config/chromium/NativeMessagingHosts/org.auricle.host.json", text);
        EXPECT_THAT(told(mustInstall()), Contains("chromium foreign")) << text;
        EXPECT_EQ(TemporaryFolder::read(chromiumFile()), text);
    }
}

TEST_F(Registering, takes_over_a_file_without_the_mark_that_starts_this_very_program) {
    folder_.write(
        "home/.config/chromium/NativeMessagingHosts/org.auricle.host.json",
        json{{"name", "org.auricle.host"}, {"path", machine_.program.string()}, {"description", "by hand"}}
            .dump());
    EXPECT_THAT(told(mustInstall()), Contains("chromium updated"));
}

TEST_F(Registering, elsewhere_by_user_data_dir_touches_that_profile_alone) {
    const auto profile = folder_.path() / "profile";
    EXPECT_THAT(told(mustInstall({.userDataDir = profile})), ElementsAre("chromium written"));
    EXPECT_TRUE(fs::exists(profile / "NativeMessagingHosts/org.auricle.host.json"));
    EXPECT_FALSE(fs::exists(chromiumFile()));
    EXPECT_THAT(told(mustInstall({.userDataDir = profile})), ElementsAre("chromium unchanged"));
}

TEST_F(Registering, elsewhere_is_remembered_by_uninstall) {
    mustInstall({.userDataDir = folder_.path() / "profile"});
    mustInstall({.userDataDir = folder_.path() / "second"});
    EXPECT_THAT(told(mustUninstall({.userDataDir = folder_.path() / "second"})),
                ElementsAre("chromium removed"));
    EXPECT_THAT(told(mustUninstall()), ElementsAre("chromium removed"));
    EXPECT_FALSE(fs::exists(folder_.path() / "profile/NativeMessagingHosts/org.auricle.host.json"));
    EXPECT_FALSE(fs::exists(machine_.state / "registered.json"));
}

TEST_F(Registering, is_undone_by_uninstall_which_may_be_repeated) {
    mustInstall();
    folder_.write("home/.config/chromium/NativeMessagingHosts/org.other.host.json", "another's");
    EXPECT_THAT(told(mustUninstall()), ElementsAre("chromium removed", "chrome removed", "firefox removed"));
    EXPECT_FALSE(fs::exists(firefoxFile()));
    EXPECT_TRUE(fs::exists(chromiumFolder() / "org.other.host.json"));
    EXPECT_THAT(mustUninstall().outcomes, IsEmpty());
    EXPECT_THAT(told(mustUninstall({.browsers = {"firefox"}})), ElementsAre("firefox absent"));
}

TEST_F(Registering, writes_through_a_linked_folder) {
    fs::create_directories(folder_.path() / "real");
    fs::create_directories(chromiumFolder().parent_path());
    fs::create_directory_symlink(folder_.path() / "real", chromiumFolder());
    EXPECT_THAT(told(mustInstall()), Contains("chromium written"));
    EXPECT_TRUE(fs::is_symlink(chromiumFolder()));
    EXPECT_TRUE(fs::exists(folder_.path() / "real/org.auricle.host.json"));
}

TEST_F(Registering, replaces_a_link_by_a_file_and_never_writes_through_it) {
    mustInstall();
    const auto target = folder_.write("dotfiles/host.json", TemporaryFolder::read(chromiumFile()));
    fs::remove(chromiumFile());
    fs::create_symlink(target, chromiumFile());
    const auto before = TemporaryFolder::read(target);
    machine_.program = folder_.write("elsewhere/auricle", "the program");
    EXPECT_THAT(told(mustInstall()), Contains("chromium updated"));
    EXPECT_FALSE(fs::is_symlink(chromiumFile()));
    EXPECT_EQ(TemporaryFolder::read(target), before);
}

TEST_F(Registering, tells_what_stands_in_the_way_and_goes_on_with_the_other_browsers) {
    folder_.write("home/.mozilla", "a file where the folder should be");
    const Report report = mustInstall();
    EXPECT_THAT(told(report), ElementsAre("chromium written", "chrome written", "firefox failed"));
    EXPECT_FALSE(report.isWell());
    EXPECT_THAT(report.outcomes[2].message,
                HasSubstr("/.mozilla/native-messaging-hosts cannot be made (Not a directory)"));
}

TEST_F(Registering, in_a_folder_that_may_not_be_written_is_a_clear_error) {
    // Nobody makes a folder in sysfs, not even root, as whom tests may run.
    machine_.folders = {.home = "/sys", .config = "/sys"};
    const Report report = mustInstall({.browsers = {"firefox"}});
    ASSERT_THAT(told(report), ElementsAre("firefox failed"));
    EXPECT_THAT(report.outcomes[0].message,
                HasSubstr("/sys/.mozilla/native-messaging-hosts cannot be made ("));
    EXPECT_FALSE(report.isWell());
}

TEST_F(Registering, refuses_a_program_path_that_browsers_cannot_read) {
    for (const char* path : {"/opt/\xff/auricle", "/opt/\xc3", "/opt/\xe2\x82"}) {
        machine_.program = path;
        EXPECT_EQ(install(machine_, {}).error().kind, Kind::bad_params);
    }
    machine_.program = "/opt/Höhöhö €/auricle";
    EXPECT_TRUE(install(machine_, {}));
    EXPECT_EQ(parse(chromiumFile())["path"], "/opt/Höhöhö €/auricle");
}

TEST_F(Registering, lets_further_extensions_in_each_in_its_own_kind_of_browser_and_keeps_them) {
    mustInstall({.extensionIds = {otherId, "other@example.org"}});
    const std::string otherOrigin = std::string("chrome-extension://") + otherId + "/";
    EXPECT_EQ(parse(chromiumFile())["allowed_origins"], json::array({ownOrigin, otherOrigin}));
    EXPECT_EQ(parse(firefoxFile())["allowed_extensions"],
              json::array({"extension@auricle", "other@example.org"}));
    EXPECT_THAT(told(mustInstall()), Contains("chromium unchanged"));
    EXPECT_EQ(parse(chromiumFile())["allowed_origins"].size(), 2u);
}

TEST_F(Registering, refuses_what_is_no_extension_id) {
    for (const char* id : {"", "abc", "abcdefghijklmnopabcdefghijklmnoq", "chrome-extension://*/", "@", "a@",
                           "a b@c", "{123}", "a@b@c", "*"}) {
        const auto report = install(machine_, {.extensionIds = {id}});
        ASSERT_FALSE(report) << id;
        EXPECT_EQ(report.error().kind, Kind::bad_params);
    }
    EXPECT_THAT(everything(), IsEmpty());
    EXPECT_TRUE(parseExtensionId("{12345678-1234-1234-1234-123456789abc}"));
    EXPECT_EQ(parseExtensionId(ownOrigin)->caller, ownOrigin);
}

class CallersOfManifests : public Registering {
  protected:
    const std::string otherOrigin_ = std::string("chrome-extension://") + otherId + "/";
};

TEST_F(CallersOfManifests, are_our_own_extensions_without_any_manifest) {
    EXPECT_THAT(registeredOrigins().origins, ElementsAre(ownOrigin));
    EXPECT_THAT(registeredOrigins().ids, ElementsAre("extension@auricle"));
    EXPECT_THAT(callersInManifests(machine_).origins, ElementsAre(ownOrigin));
}

TEST_F(CallersOfManifests, are_those_that_were_let_in_wherever_that_was) {
    mustInstall({.userDataDir = folder_.path() / "profile", .extensionIds = {otherId}});
    EXPECT_THAT(callersInManifests(machine_).origins, Contains(otherOrigin_));
    mustUninstall();
    EXPECT_THAT(callersInManifests(machine_).origins, testing::Not(Contains(otherOrigin_)));
    mustInstall({.browsers = {"firefox"}, .extensionIds = {"other@example.org"}});
    EXPECT_THAT(callersInManifests(machine_).ids, Contains("other@example.org"));
}

TEST_F(CallersOfManifests, of_another_program_or_that_others_may_write_do_not_count) {
    mustInstall({.extensionIds = {otherId}});
    fs::remove(home_ / ".config/google-chrome/NativeMessagingHosts/org.auricle.host.json");
    ASSERT_THAT(callersInManifests(machine_).origins, Contains(otherOrigin_));
    fs::permissions(chromiumFile(), fs::perms{0666});
    EXPECT_THAT(callersInManifests(machine_).origins, testing::Not(Contains(otherOrigin_)));
    fs::permissions(chromiumFile(), fs::perms{0644});
    machine_.program = folder_.write("elsewhere/auricle", "another program");
    EXPECT_THAT(callersInManifests(machine_).origins, testing::Not(Contains(otherOrigin_)));
}

TEST(PlaceTable, is_sound) {
    const auto places = placesOfThisSystem({.home = "/h", .config = "/c"});
    EXPECT_GT(places.size(), 30u);
    for (const Place& place : places) {
        EXPECT_TRUE(place.folder.is_absolute()) << place.folder;
        EXPECT_EQ(place.folder.string().find('{'), std::string::npos) << place.folder;
        EXPECT_EQ(place.isUser, !place.profile.empty()) << place.folder;
        EXPECT_EQ(place.folder.filename(), place.isUser && place.flavour == Flavour::chromium
                                               ? "NativeMessagingHosts"
                                               : "native-messaging-hosts");
    }
}

TEST(ProgramPlace, that_will_not_last_or_is_not_safe_is_warned_of) {
    TemporaryFolder folder;
    const auto program = folder.write("bin/auricle", "");
    const auto elsewhere = folder.path() / "elsewhere";
    EXPECT_THAT(programWarnings(program, elsewhere, {elsewhere}), IsEmpty());
    EXPECT_THAT(programWarnings(program, elsewhere, {folder.path()}),
                ElementsAre(HasSubstr("temporary folder")));
    EXPECT_THAT(programWarnings(program, folder.path(), {elsewhere}), ElementsAre(HasSubstr("AppArmor")));
    EXPECT_THAT(programWarnings("/tmp/.mount_AuricAbc/usr/bin/auricle", elsewhere, {"/tmp"}),
                ElementsAre(HasSubstr("AppImage")));
    fs::permissions(program, fs::perms{0777});
    EXPECT_THAT(programWarnings(program, elsewhere, {}), ElementsAre(HasSubstr("chmod o-w")));
}

TEST(ThisProgram, is_the_file_that_runs) {
    EXPECT_EQ(thisProgram().value(), fs::canonical("/proc/self/exe"));
}

}  // namespace
}  // namespace auricle::installer
