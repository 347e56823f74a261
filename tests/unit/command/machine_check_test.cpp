#include "command/machine_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/support/temporary_folder.h"

namespace auricle::command {
namespace {

namespace fs = std::filesystem;
using installer::Finding;
using installer::Findings;
using installer::Mend;
using installer::Severity;
using test::TemporaryFolder;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> ids(const Findings& findings) {
    std::vector<std::string> all;
    for (const Finding& finding : findings) all.push_back(finding.id);
    return all;
}

TEST(CheckingTheMachine, a_wrong_configuration_is_told_with_the_place_of_the_fault) {
    const Error wrong{.kind = Kind::bad_params, .message = "config.json: no such key.", .path = "/netwrk"};
    const Findings findings = checkConfig({}, std::unexpected(wrong));
    EXPECT_THAT(ids(findings), ElementsAre("config.invalid"));
    EXPECT_EQ(findings[0].sentence, "config.json: no such key. (at /netwrk)");
    EXPECT_FALSE(findings[0].isFixable());
}

TEST(CheckingTheMachine, locked_values_are_named) {
    LoadedConfig loaded;
    loaded.values = {{.key = "log.level", .value = "1", .source = "s", .isLocked = true},
                     {.key = "backends", .value = "[]", .source = "default"}};
    const Findings findings = checkConfig({}, loaded);
    EXPECT_THAT(ids(findings), ElementsAre("config.good", "config.locked"));
    EXPECT_THAT(findings[1].sentence, HasSubstr(": log.level."));
}

TEST(CheckingTheMachine, a_folder_of_its_own_is_private_or_can_be_made_so) {
    const TemporaryFolder folder;
    EXPECT_THAT(ids(checkOwnFolder("State", folder.path())), ElementsAre("folder.good"));
    fs::permissions(folder.path(), fs::perms{0750});
    const Findings open = checkOwnFolder("State", folder.path());
    EXPECT_THAT(ids(open), ElementsAre("folder.not_private"));
    EXPECT_EQ(open[0].repair.how, Mend::makePrivate);
    const Findings missing = checkOwnFolder("State", folder.path() / "a/b");
    EXPECT_THAT(ids(missing), ElementsAre("folder.missing"));
    EXPECT_EQ(missing[0].severity, Severity::note);
    EXPECT_EQ(missing[0].repair.how, Mend::makeFolder);
    EXPECT_THAT(ids(checkOwnFolder("State", folder.write("file", ""))), ElementsAre("folder.no_folder"));
    EXPECT_THAT(ids(checkOwnFolder("State", "/dev/null/none")), ElementsAre("folder.unmakeable"));
}

TEST(CheckingTheMachine, where_deliveries_go_only_has_to_be_writable) {
    const TemporaryFolder folder;
    fs::permissions(folder.path(), fs::perms{0755});
    EXPECT_THAT(ids(checkDeliveryFolder(folder.path())), ElementsAre("folder.good"));
    EXPECT_THAT(ids(checkDeliveryFolder(folder.path() / "Music/Auricle")), ElementsAre("folder.good"));
    EXPECT_THAT(ids(checkDeliveryFolder(folder.write("file", ""))), ElementsAre("delivery.no_folder"));
    EXPECT_THAT(ids(checkDeliveryFolder("/dev/null/none")), ElementsAre("delivery.unmakeable"));
}

TEST(CheckingTheMachine, the_room_on_the_disk_is_judged_by_lectures) {
    constexpr std::uint64_t MiB = 1u << 20;
    EXPECT_THAT(ids(checkDisk("/c", 10 * MiB)), ElementsAre("disk.full"));
    EXPECT_THAT(ids(checkDisk("/c", 500 * MiB)), ElementsAre("disk.low"));
    EXPECT_THAT(ids(checkDisk("/c", 5000 * MiB)), ElementsAre("disk.good"));
    EXPECT_THAT(ids(checkDisk("/c", fail(Kind::internal, "?"))), ElementsAre("disk.unknown"));
}

TEST(CheckingTheMachine, what_protects_memory_is_told_where_it_is_not_to_be_had) {
    Hardening all{.coresAreOff = true, .isUndumpable = true, .memoryIsWiped = true, .removedVariables = {}};
    EXPECT_THAT(ids(checkHardening(all, true)), ElementsAre("memory.good"));
    EXPECT_THAT(ids(checkHardening({}, false)),
                ElementsAre("memory.dumps", "memory.not_wiped", "memory.not_locked"));
    all.removedVariables = {"HTTPS_PROXY"};
    const Findings removed = checkHardening(all, true);
    EXPECT_THAT(ids(removed), ElementsAre("memory.good", "environment.removed"));
    EXPECT_THAT(removed[1].sentence, HasSubstr("HTTPS_PROXY"));
}

}  // namespace
}  // namespace auricle::command
