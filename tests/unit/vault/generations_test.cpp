#include "tests/unit/vault/vault_stage.h"

namespace auricle::vault {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::page;
using test::uni;
using test::VaultTest;

class Generations : public VaultTest {
  protected:
    std::vector<std::string> slots() const {
        std::vector<std::string> all;
        for (const EntryStatus& entry : vault.status())
            all.push_back(entry.slot + " " + std::to_string(entry.generation));
        return all;
    }
    using Slots = std::vector<std::string>;
};

TEST_F(Generations, what_was_active_is_held_as_previous_and_no_request_uses_it) {
    ASSERT_TRUE(putLogin("A"));
    EXPECT_EQ(slots(), (Slots{"active 1"}));
    ASSERT_TRUE(putLogin("B"));
    EXPECT_EQ(slots(), (Slots{"active 2", "previous 1"}));
    EXPECT_EQ(header(), ".ASPXAUTH=B");
    EXPECT_EQ(vault.generation(key), 2u);
    EXPECT_EQ(vault.status(key)->generation, 2u);
    EXPECT_EQ(vault.status(key)->slot, "active");
    EXPECT_FALSE(vault.status({"panopto", uni, "1"}));
}

TEST_F(Generations, the_first_good_answer_wipes_the_previous_one) {
    ASSERT_TRUE(putLogin("A"));
    ASSERT_TRUE(putLogin("B"));
    vault.proved(key, 2);
    EXPECT_EQ(slots(), (Slots{"active 2"}));
    EXPECT_FALSE(vault.fallBack(key));
    EXPECT_EQ(header(), ".ASPXAUTH=B");
}

TEST_F(Generations, an_answer_to_older_cookies_proves_nothing_of_the_new_ones) {
    ASSERT_TRUE(putLogin("A"));
    ASSERT_TRUE(putLogin("B"));
    vault.proved(key, 1);
    vault.proved(key, 7);
    vault.proved({"panopto", uni, "1"}, 2);
    EXPECT_EQ(slots(), (Slots{"active 2", "previous 1"}));
    EXPECT_EQ(status().freshness, "unknown");
}

TEST_F(Generations, falling_back_brings_the_previous_one_with_its_number_and_wipes_the_bad_one) {
    ASSERT_TRUE(putLogin("A"));
    ASSERT_TRUE(putLogin("B"));
    EXPECT_TRUE(vault.fallBack(key));
    EXPECT_EQ(slots(), (Slots{"active 1"}));
    EXPECT_EQ(header(), ".ASPXAUTH=A");
}

TEST_F(Generations, a_generation_serves_as_the_fallback_once) {
    ASSERT_TRUE(putLogin("A"));
    ASSERT_TRUE(putLogin("B"));
    EXPECT_TRUE(vault.fallBack(key));
    EXPECT_FALSE(vault.fallBack(key));
    ASSERT_TRUE(putLogin("C"));
    EXPECT_EQ(slots(), (Slots{"active 3"}));
    EXPECT_FALSE(vault.fallBack(key));
    EXPECT_EQ(header(), ".ASPXAUTH=C");
    ASSERT_TRUE(putLogin("D"));
    EXPECT_TRUE(vault.fallBack(key));
    EXPECT_EQ(header(), ".ASPXAUTH=C");
}

TEST_F(Generations, there_is_nothing_to_fall_back_to_without_a_previous_one) {
    EXPECT_FALSE(vault.fallBack(key));
    ASSERT_TRUE(putLogin("A"));
    EXPECT_FALSE(vault.fallBack(key));
    EXPECT_EQ(header(), ".ASPXAUTH=A");
}

TEST_F(Generations, a_previous_one_is_held_for_five_minutes_at_most) {
    ASSERT_TRUE(putLogin("A"));
    EXPECT_FALSE(vault.wipeOverdue());
    ASSERT_TRUE(putLogin("B"));
    EXPECT_EQ(vault.wipeOverdue(), 5min);
    now += 5min - 1ms;
    EXPECT_EQ(vault.wipeOverdue(), 1ms);
    EXPECT_EQ(slots(), (Slots{"active 2", "previous 1"}));
    now += 1ms;
    EXPECT_FALSE(vault.wipeOverdue());
    EXPECT_EQ(slots(), (Slots{"active 2"}));
}

TEST_F(Generations, one_whose_time_is_over_does_not_serve_though_nobody_has_wiped_it_yet) {
    ASSERT_TRUE(putLogin("A"));
    ASSERT_TRUE(putLogin("B"));
    now += 5min;
    EXPECT_FALSE(vault.fallBack(key));
    EXPECT_EQ(header(), ".ASPXAUTH=B");
}

TEST_F(Generations, the_next_to_be_wiped_is_told_of_all_keys) {
    const auto inStore = [](std::string value, const char* store) {
        json asked = cookiePut({cookie(".ASPXAUTH", std::move(value))});
        asked["store"] = store;
        asked["cookies"][0]["storeId"] = store;
        return asked;
    };
    ASSERT_TRUE(put(inStore("A", "0")));
    ASSERT_TRUE(put(inStore("A", "1")));
    ASSERT_TRUE(put(inStore("B", "1")));
    now += 2min;
    ASSERT_TRUE(put(inStore("B", "0")));
    EXPECT_EQ(vault.wipeOverdue(), 3min);
    now += 3min;
    EXPECT_EQ(vault.wipeOverdue(), 2min);
    EXPECT_EQ(vault.status().size(), 3u);
}

TEST_F(Generations, the_same_cookies_again_begin_no_generation) {
    ASSERT_TRUE(putLogin("A"));
    ASSERT_TRUE(putLogin("B"));
    ASSERT_TRUE(putLogin("B"));
    EXPECT_EQ(slots(), (Slots{"active 2", "previous 1"}));
}

TEST_F(Generations, forgetting_takes_both) {
    ASSERT_TRUE(putLogin("A"));
    ASSERT_TRUE(putLogin("B"));
    EXPECT_EQ(vault.forget("panopto", {}), 1u);
    EXPECT_TRUE(vault.status().empty());
    EXPECT_FALSE(vault.fallBack(key));
}

TEST_F(Generations, an_answer_sets_cookies_of_the_generation_that_its_request_used) {
    ASSERT_TRUE(putLogin("A"));
    ASSERT_TRUE(putLogin("B"));
    receive(page, ".ASPXAUTH=A2; path=/; Secure", 1);
    EXPECT_EQ(header(), ".ASPXAUTH=B");
    ASSERT_TRUE(vault.fallBack(key));
    EXPECT_EQ(header(), ".ASPXAUTH=A2");
    receive(page, ".ASPXAUTH=B2; path=/; Secure", 2);
    EXPECT_EQ(header(), ".ASPXAUTH=A2");
}

TEST_F(Generations, a_bearer_has_them_too) {
    const Key api{"", "https://api.example.edu", ""};
    json bearer = {{"kind", "bearer"}, {"origin", api.origin}, {"token", "old"}};
    ASSERT_TRUE(put(bearer));
    bearer["token"] = "new";
    ASSERT_TRUE(put(bearer));
    EXPECT_EQ(slots(), (Slots{"active 2", "previous 1"}));
    ASSERT_TRUE(vault.fallBack(api));
    EXPECT_EQ(vault.bearer(api.origin).reveal(), "old");
}

TEST_F(Generations, whoever_remembers_secrets_is_told_whenever_some_are_wiped) {
    int times = 0;
    vault.onWiped([&] { ++times; });
    ASSERT_TRUE(putLogin("A"));
    ASSERT_TRUE(putLogin("B"));
    EXPECT_EQ(times, 0);
    ASSERT_TRUE(putLogin("C"));
    EXPECT_EQ(times, 1) << "a third generation wipes the first";
    vault.fallBack(key);
    EXPECT_EQ(times, 2);
    ASSERT_TRUE(putLogin("D"));
    EXPECT_EQ(times, 3) << "what has served as a fallback is not held";
    ASSERT_TRUE(putLogin("E"));
    vault.proved(key, *vault.generation(key));
    EXPECT_EQ(times, 4);
    vault.proved(key, *vault.generation(key));
    EXPECT_EQ(times, 4);
    ASSERT_TRUE(putLogin("F"));
    now += 5min;
    vault.wipeOverdue();
    EXPECT_EQ(times, 5);
    int forgotten = 0;
    vault.onForgotten([&] { ++forgotten; });
    vault.forget({}, {});
    EXPECT_EQ(times, 5);
    EXPECT_EQ(forgotten, 1);
    vault.forget({}, {});
    EXPECT_EQ(forgotten, 1) << "there was nothing to forget";
}

TEST_F(Generations, the_audit_is_told_of_each_step_by_name_and_number_and_of_no_value) {
    std::vector<std::string> told;
    vault.onEvent([&](const AuditEvent& event) {
        EXPECT_EQ(event.site, "panopto");
        EXPECT_EQ(event.origin, uni);
        told.push_back(event.event + " " + event.outcome.substr(0, event.outcome.find(", content")) +
                       (event.capture.empty() ? "" : " for " + event.capture));
    });
    ASSERT_TRUE(put(cookiePut({cookie(".ASPXAUTH", "CANARY1"), cookie("Other", "CANARY2")})));
    ASSERT_TRUE(putLogin("CANARY1"));
    EXPECT_FALSE(put(cookiePut({cookie("Other", "CANARY2")})));
    vault.tellUse(key, "c1");
    vault.proved(key, 1);
    vault.proved(key, 1);
    receive(page, ".ASPXAUTH=CANARY3; path=/; Secure");
    ASSERT_TRUE(putLogin("CANARY4"));
    vault.fallBack(key);
    receive(page, ".ASPXAUTH=; path=/; Max-Age=0");
    ASSERT_TRUE(putLogin("CANARY5"));
    ASSERT_TRUE(putLogin("CANARY6"));
    now += 5min;
    vault.wipeOverdue();
    vault.forget({}, {});
    EXPECT_EQ(told, (std::vector<std::string>{
                        "put generation 1, kept 1, dropped 1", "put identical", "refused cookies_missing",
                        "used generation 1 for c1", "proved generation 1", "updated .ASPXAUTH by the site",
                        "put generation 2, kept 1", "fallback generation 1", "removed .ASPXAUTH by the site",
                        "put generation 3, kept 1", "put generation 4, kept 1", "wiped generation 3",
                        "forgotten wiped"}));
}

TEST_F(Generations, the_audit_tells_contents_apart_by_a_print_that_another_process_does_not_share) {
    std::vector<std::string> told;
    const auto auditor = [&](const AuditEvent& event) {
        told.push_back(event.outcome.substr(event.outcome.find("content")));
    };
    Vault other{{{.site = "panopto", .login = {{".ASPXAUTH"}}}}, Vault::realClocks()};
    vault.onEvent(auditor);
    other.onEvent(auditor);
    for (const char* value : {"A", "B", "A"}) ASSERT_TRUE(putLogin(value));
    ASSERT_TRUE(other.put(Secret::copyOf(cookiePut({cookie(".ASPXAUTH", "A")}).dump())));
    ASSERT_EQ(told.size(), 4u);
    EXPECT_EQ(told[0], told[2]);
    EXPECT_NE(told[0], told[1]);
    EXPECT_NE(told[0], told[3]);
}

}  // namespace
}  // namespace auricle::vault
