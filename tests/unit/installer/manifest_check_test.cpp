#include "installer/manifest_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "installer/manifest.h"
#include "installer/mend.h"
#include "tests/unit/support/temporary_folder.h"

namespace auricle::installer {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class CheckingABrowser : public testing::Test {
  protected:
    CheckingABrowser() {
        machine_.folders = {.home = folder_.path() / "home", .config = folder_.path() / "home/.config"};
        machine_.state = folder_.path() / "state";
        machine_.program = program("here/auricle");
    }

    fs::path program(const fs::path& name) const {
        const auto file = folder_.write(name, "#!/bin/sh\n");
        fs::permissions(file, fs::perms{0755});
        return file;
    }
    fs::path userFolder() const { return folder_.path() / "user"; }
    fs::path systemFolder() const { return folder_.path() / "system"; }

    Lookup lookup(Flavour flavour = Flavour::chromium) const {
        return {
            .browser = "any",
            .title = "Any",
            .flavour = flavour,
            .sandboxNote = {},
            .spots = {{.folder = userFolder(), .isUser = true}, {.folder = systemFolder(), .isUser = false}},
            .policyFolders = {}};
    }
    void put(const fs::path& folder, const fs::path& program, Flavour flavour = Flavour::chromium) const {
        write(folder, manifestText(flavour, program, registeredCallers(flavour)));
    }
    void write(const fs::path& folder, std::string_view text) const {
        folder_.write(folder.filename() / manifestFileName(), text);
    }

    Findings check(const Lookup& lookup, const Policies& policies = {}) {
        const TryHost tryHost = [&](const TrialStart& start) {
            started_.push_back(start);
            return trial_;
        };
        return checkBrowser(lookup, policies, machine_, tryHost);
    }
    static std::vector<std::string> ids(const Findings& findings) {
        std::vector<std::string> all;
        for (const Finding& finding : findings) all.push_back(finding.id);
        return all;
    }
    std::vector<std::string> idsOf(const Lookup& lookup, const Policies& policies = {}) {
        return ids(check(lookup, policies));
    }
    /// The one finding that a check comes to.
    Finding only(const Findings& findings) {
        EXPECT_EQ(findings.size(), 1u) << testing::PrintToString(ids(findings));
        return findings.empty() ? Finding{} : findings.front();
    }

    TemporaryFolder folder_;
    Machine machine_;
    Trial trial_{.end = Trial::End::hello, .version = AURICLE_VERSION};
    std::vector<TrialStart> started_;
};

TEST_F(CheckingABrowser, starts_a_good_host_as_chromium_does) {
    put(userFolder(), machine_.program);
    EXPECT_THAT(idsOf(lookup()), ElementsAre("host.hello"));
    ASSERT_EQ(started_.size(), 1u);
    EXPECT_EQ(started_[0].program, machine_.program);
    EXPECT_EQ(started_[0].caller, registeredCallers(Flavour::chromium).front());
}

TEST_F(CheckingABrowser, starts_a_good_host_as_firefox_does) {
    put(userFolder(), machine_.program, Flavour::gecko);
    EXPECT_THAT(idsOf(lookup(Flavour::gecko)), ElementsAre("host.hello"));
    ASSERT_EQ(started_.size(), 1u);
    EXPECT_EQ(started_[0].manifest, userFolder() / manifestFileName());
    EXPECT_EQ(started_[0].caller, "extension@auricle");
}

TEST_F(CheckingABrowser, without_any_manifest_registers_for_the_person) {
    const Finding missing = only(check(lookup()));
    EXPECT_EQ(missing.id, "manifest.missing");
    EXPECT_EQ(missing.repair, (Repair{.how = Mend::registerAnew, .what = userFolder()}));
}

TEST_F(CheckingABrowser, chromium_stops_at_a_broken_manifest_although_the_systems_is_good) {
    put(userFolder(), "/gone/auricle");
    put(systemFolder(), machine_.program);
    const Findings findings = check(lookup());
    EXPECT_THAT(ids(findings), ElementsAre("manifest.path_missing", "manifest.shadows"));
    for (const Finding& finding : findings) {
        EXPECT_EQ(finding.repair,
                  (Repair{.how = Mend::removeManifest, .what = userFolder() / manifestFileName()}));
    }
    ASSERT_TRUE(mend(findings[0].repair, machine_));
    EXPECT_THAT(idsOf(lookup()), ElementsAre("host.hello"));
}

TEST_F(CheckingABrowser, chromium_stops_at_what_it_cannot_read) {
    write(userFolder(), "");
    put(systemFolder(), machine_.program);
    const Findings findings = check(lookup());
    EXPECT_THAT(ids(findings), ElementsAre("manifest.invalid", "manifest.shadows"));
    EXPECT_EQ(findings[0].severity, Severity::broken);
    EXPECT_THAT(started_, IsEmpty());
}

TEST_F(CheckingABrowser, firefox_passes_over_a_manifest_that_it_cannot_read) {
    write(userFolder(), "");
    put(systemFolder(), machine_.program, Flavour::gecko);
    const Findings findings = check(lookup(Flavour::gecko));
    EXPECT_THAT(ids(findings), ElementsAre("manifest.invalid", "host.hello"));
    EXPECT_EQ(findings[0].severity, Severity::warning);
    EXPECT_EQ(findings[0].repair.how, Mend::removeManifest);
}

TEST_F(CheckingABrowser, a_good_manifest_of_the_systems_needs_none_of_the_persons) {
    put(systemFolder(), machine_.program);
    EXPECT_THAT(idsOf(lookup()), ElementsAre("host.hello"));
}

TEST_F(CheckingABrowser, leaves_a_bad_manifest_of_the_systems_and_offers_one_of_the_persons) {
    put(systemFolder(), "/gone/auricle");
    const Finding bad = only(check(lookup()));
    EXPECT_EQ(bad.id, "manifest.path_missing");
    EXPECT_THAT(bad.remedy, HasSubstr("administrator"));
    EXPECT_EQ(bad.repair, (Repair{.how = Mend::registerAnew, .what = userFolder()}));
}

TEST_F(CheckingABrowser, with_user_hosts_off_reads_the_systems_manifest_alone) {
    put(userFolder(), machine_.program);
    const Policies off{.areUserHostsOff = true, .file = "/policies/school.json"};
    const Findings without = check(lookup(), off);
    EXPECT_THAT(ids(without), ElementsAre("policy.user_hosts_off", "manifest.missing"));
    EXPECT_FALSE(without[1].isFixable());
    put(systemFolder(), machine_.program);
    EXPECT_THAT(idsOf(lookup(), off), ElementsAre("policy.user_hosts_off", "host.hello"));
    put(systemFolder(), "/gone/auricle");
    EXPECT_FALSE(check(lookup(), off).back().isFixable());
}

TEST_F(CheckingABrowser, says_which_policy_blocks_the_host) {
    put(userFolder(), machine_.program);
    const Findings findings = check(lookup(), {.isBlocked = true, .file = "/policies/school.json"});
    EXPECT_EQ(findings.front().id, "policy.blocked");
    EXPECT_THAT(findings.front().sentence, HasSubstr("/policies/school.json"));
    EXPECT_FALSE(findings.front().isFixable());
}

TEST_F(CheckingABrowser, neither_starts_nor_touches_what_is_somebody_elses) {
    write(userFolder(), R"({"name": "org.auricle.host", "path": "/bin/true", "type": "stdio"})");
    const Finding foreign = only(check(lookup()));
    EXPECT_EQ(foreign.id, "manifest.foreign");
    EXPECT_FALSE(foreign.isFixable());
    EXPECT_THAT(started_, IsEmpty());
}

TEST_F(CheckingABrowser, starts_a_systems_manifest_whoever_wrote_it) {
    const auto other = program("there/auricle");
    write(systemFolder(), R"({"name": "org.auricle.host", "type": "stdio", "path": ")" + other.string() +
                              R"(", "allowed_origins": [")" + registeredCallers(Flavour::chromium).front() +
                              R"("]})");
    EXPECT_THAT(idsOf(lookup()), ElementsAre("host.hello", "host.other_copy"));
}

TEST_F(CheckingABrowser, another_copy_of_the_same_version_is_the_persons_choice) {
    put(userFolder(), program("there/auricle"));
    const Findings same = check(lookup());
    EXPECT_THAT(ids(same), ElementsAre("host.hello", "host.other_copy"));
    EXPECT_FALSE(same[1].isFixable());
    trial_.version = "0.0.1";
    const Findings old = check(lookup());
    EXPECT_THAT(ids(old), ElementsAre("host.hello", "host.stale"));
    EXPECT_TRUE(old[1].isFixable());
}

TEST_F(CheckingABrowser, what_this_very_program_does_wrong_is_not_mended_by_registering_it) {
    put(userFolder(), machine_.program);
    trial_ = {.end = Trial::End::ended, .detail = "status 127: no library"};
    const Finding ended = only(check(lookup()));
    EXPECT_EQ(ended.id, "host.ended");
    EXPECT_THAT(ended.sentence, HasSubstr("status 127: no library"));
    EXPECT_FALSE(ended.isFixable());
}

TEST_F(CheckingABrowser, a_host_that_outlives_its_input_is_a_warning) {
    put(userFolder(), machine_.program);
    trial_.isLingering = true;
    EXPECT_THAT(idsOf(lookup()), ElementsAre("host.hello", "host.lingers"));
}

TEST_F(CheckingABrowser, does_not_start_what_others_may_have_changed) {
    put(userFolder(), machine_.program);
    fs::permissions(machine_.program.parent_path(), fs::perms{0777});
    const Finding open = only(check(lookup()));
    EXPECT_EQ(open.id, "program.open_to_others");
    EXPECT_EQ(open.repair, (Repair{.how = Mend::keepOthersOut, .what = machine_.program.parent_path()}));
    EXPECT_THAT(started_, IsEmpty());
}

TEST_F(CheckingABrowser, a_browser_in_a_sandbox_is_not_played_from_outside_of_it) {
    put(userFolder(), machine_.program);
    Lookup sandboxed = lookup();
    sandboxed.sandboxNote = "It runs in a sandbox.";
    sandboxed.spots.pop_back();
    EXPECT_THAT(idsOf(sandboxed), ElementsAre("manifest.good", "browser.sandboxed"));
    EXPECT_THAT(started_, IsEmpty());
}

class ReadingPolicies : public testing::Test {
  protected:
    Policies read() { return readPolicies(std::array{folder_.path() / "managed"}); }
    void put(const std::string& name, std::string_view text) { folder_.write("managed/" + name, text); }
    TemporaryFolder folder_;
};

TEST_F(ReadingPolicies, without_any_nothing_is_switched_off) {
    EXPECT_FALSE(read().isBlocked);
    EXPECT_FALSE(read().areUserHostsOff);
}

TEST_F(ReadingPolicies, a_block_list_holds_unless_the_host_is_allowed) {
    put("a.json", R"({"NativeMessagingBlocklist": ["*"]})");
    EXPECT_TRUE(read().isBlocked);
    EXPECT_EQ(read().file.filename(), "a.json");
    put("b.json", R"({"NativeMessagingAllowlist": ["org.auricle.host"]})");
    EXPECT_FALSE(read().isBlocked);
}

TEST_F(ReadingPolicies, the_last_file_by_name_counts) {
    put("a.json", R"({"NativeMessagingUserLevelHosts": false})");
    EXPECT_TRUE(read().areUserHostsOff);
    put("b.json", R"({"NativeMessagingUserLevelHosts": true})");
    EXPECT_FALSE(read().areUserHostsOff);
}

TEST_F(ReadingPolicies, other_hosts_and_unreadable_files_are_no_matter) {
    put("a.json", R"({"NativeMessagingBlocklist": ["com.example.other"]})");
    put("b.json", "{");
    put("c.txt", R"({"NativeMessagingBlocklist": ["*"]})");
    EXPECT_FALSE(read().isBlocked);
}

class SurveyingBrowsers : public testing::Test {
  protected:
    SurveyingBrowsers() {
        machine_.folders = {.home = folder_.path(), .config = folder_.path() / ".config"};
        machine_.state = folder_.path() / "state";
        machine_.program = folder_.write("auricle", "");
    }
    std::vector<std::string> found() {
        std::vector<std::string> names;
        for (const Lookup& lookup : lookupsOn(machine_, programs_)) {
            // A system may have its own manifests, whatever a test's home holds.
            if (lookup.spots.front().folder.string().starts_with(folder_.path().string()))
                names.push_back(lookup.title);
        }
        return names;
    }
    TemporaryFolder folder_;
    Machine machine_;
    std::vector<fs::path> programs_;
};

TEST_F(SurveyingBrowsers, finds_one_by_its_profile) {
    folder_.write(".config/BraveSoftware/Brave-Browser/Local State", "{}");
    EXPECT_THAT(found(), testing::Contains("Brave"));
}

TEST_F(SurveyingBrowsers, finds_one_by_its_program) {
    fs::permissions(folder_.write("bin/librewolf", "#!/bin/sh\n"), fs::perms{0755});
    EXPECT_THAT(found(), testing::Not(testing::Contains("LibreWolf")));
    programs_ = {folder_.path() / "bin"};
    EXPECT_THAT(found(), testing::Contains("LibreWolf"));
}

TEST_F(SurveyingBrowsers, does_not_take_the_folder_that_registering_makes_for_a_profile) {
    fs::create_directories(folder_.path() / ".config/vivaldi/NativeMessagingHosts");
    EXPECT_THAT(found(), testing::Not(testing::Contains("Vivaldi")));
    folder_.write(".config/vivaldi/NativeMessagingHosts/org.auricle.host.json", "");
    EXPECT_THAT(found(), testing::Contains("Vivaldi"));
}

TEST_F(SurveyingBrowsers, names_one_file_once_unless_both_browsers_are_there) {
    folder_.write(".mozilla/native-messaging-hosts/org.auricle.host.json", "");
    EXPECT_THAT(found(), testing::Not(testing::Contains("Zen")));
    folder_.write(".zen/profiles.ini", "");
    EXPECT_THAT(found(), testing::Contains("Zen"));
}

TEST_F(SurveyingBrowsers, knows_the_profiles_elsewhere_that_install_was_told_of) {
    ASSERT_TRUE(install(machine_, {.userDataDir = folder_.path() / "profile"}));
    EXPECT_THAT(found(), testing::Contains("Chromium profile " + (folder_.path() / "profile").string()));
}

}  // namespace
}  // namespace auricle::installer
