#include "channel/caller.h"

#include <gtest/gtest.h>

namespace auricle::channel {
namespace {

constexpr const char* ours = "chrome-extension://abcdefghijklmnopabcdefghijklmnop/";
constexpr const char* theirs = "chrome-extension://ponmlkjihgfedcbaponmlkjihgfedcba/";
constexpr const char* manifest = "/home/a b/.mozilla/native-messaging-hosts/eu.auricle.host.json";
constexpr const char* addOn = "auricle@example.org";

using Arguments = std::vector<const char*>;

Caller judge(const Arguments& arguments) {
    return callerOf(arguments, {.origins = {ours}, .ids = {addOn}});
}

TEST(Caller, knows_a_registered_extension_of_either_browser) {
    for (const auto& arguments :
         {Arguments{ours}, Arguments{ours, "--parent-window=0"}, Arguments{"--parent-window=7", ours},
          Arguments{ours, "--parent-window=0", "--reconnect-command=x"}}) {
        EXPECT_EQ(judge(arguments).who, Caller::Who::extension);
        EXPECT_EQ(judge(arguments).origin, ours);
    }
    EXPECT_EQ(judge({manifest, addOn}).who, Caller::Who::extension);
    EXPECT_EQ(judge({manifest, addOn}).origin, addOn);
    EXPECT_EQ(judge({R"(C:\Program Files\Auricle\host.json)", addOn}).who, Caller::Who::extension);
}

TEST(Caller, refuses_an_extension_that_is_not_registered) {
    for (const auto& arguments :
         {Arguments{theirs}, Arguments{ours, theirs}, Arguments{theirs, ours},
          Arguments{"--parent-window=1", theirs},
          Arguments{"chrome-extension://abcdefghijklmnopabcdefghijklmnop"}, Arguments{"chrome-extension://"},
          Arguments{"chrome-extension://ABCDEFGHIJKLMNOPABCDEFGHIJKLMNOP/"},
          Arguments{manifest, "other@example.org"}, Arguments{manifest, ""}, Arguments{manifest, ours + 19},
          Arguments{"chrome-extension://auricle@example.org/"}}) {
        const auto caller = judge(arguments);
        EXPECT_EQ(caller.who, Caller::Who::stranger) << arguments.front();
        EXPECT_NE(caller.refusal.find("auricle install"), std::string::npos);
        EXPECT_EQ(caller.refusal.find('\n'), std::string::npos);
    }
    EXPECT_NE(judge({theirs}).refusal.find(theirs), std::string::npos);
}

TEST(Caller, never_repeats_what_could_steer_a_terminal) {
    const auto caller = judge({"chrome-extension://\x1b[2J\n/"});
    EXPECT_EQ(caller.who, Caller::Who::stranger);
    EXPECT_EQ(caller.refusal.find('\x1b'), std::string::npos);
}

TEST(Caller, takes_everything_else_for_a_person) {
    for (const auto& arguments :
         {Arguments{}, Arguments{"--help"}, Arguments{"install", "--dry-run"}, Arguments{manifest},
          Arguments{"fetch", "https://uni.hosted.panopto.com/"}, Arguments{"config", "x.json"}}) {
        EXPECT_EQ(judge(arguments).who, Caller::Who::person);
    }
}

}  // namespace
}  // namespace auricle::channel
