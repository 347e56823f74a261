#include "tests/unit/vault/vault_stage.h"

namespace auricle::vault {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::VaultTest;

constexpr std::chrono::milliseconds tenYears = 87'600h;

class Freshness : public VaultTest {
  protected:
    json expiring(std::chrono::seconds in) const {
        json login = cookie(".ASPXAUTH", "A");
        login["expirationDate"] = nowSeconds() + static_cast<double>(in.count());
        return login;
    }
    std::string freshness() { return status().freshness; }
    void answerWell() { vault.proved(key, vault.generation(key).value()); }
};

TEST_F(Freshness, is_unknown_until_the_first_good_answer) {
    ASSERT_TRUE(putLogin("A"));
    header();
    EXPECT_EQ(freshness(), "unknown");
    answerWell();
    EXPECT_EQ(freshness(), "fresh");
}

TEST_F(Freshness, goes_half_an_hour_after_the_last_good_answer_or_the_put) {
    ASSERT_TRUE(putLogin("A"));
    now += 30min;
    EXPECT_EQ(freshness(), "unknown");
    now += 1ms;
    EXPECT_EQ(freshness(), "stale");
    answerWell();
    now += 30min;
    EXPECT_EQ(freshness(), "fresh");
    now += 1ms;
    EXPECT_EQ(freshness(), "stale");
    ASSERT_TRUE(putLogin("A"));
    EXPECT_EQ(freshness(), "fresh") << "the browser has just said that they are the same";
}

TEST_F(Freshness, of_a_session_cookie_goes_with_its_age_however_well_it_is_answered) {
    ASSERT_TRUE(putLogin("A"));
    now += 12h;
    answerWell();
    EXPECT_EQ(freshness(), "fresh");
    now += 1ms;
    answerWell();
    EXPECT_EQ(freshness(), "stale");
}

TEST_F(Freshness, with_an_expiry_goes_by_that_alone) {
    ASSERT_TRUE(put(cookiePut({expiring(24h)})));
    now += 13h;
    EXPECT_EQ(freshness(), "fresh");
    now += 10h + 50min - 1s;
    EXPECT_EQ(freshness(), "fresh");
    now += 1s;
    EXPECT_EQ(freshness(), "stale");
    now += 10min;
    EXPECT_EQ(freshness(), "expired");
}

TEST_F(Freshness, has_limits_that_are_configured) {
    Vault strict{{{.site = "panopto", .login = {{".ASPXAUTH"}}}},
                 {.monotonic = [this] { return std::chrono::steady_clock::time_point(now - began); },
                  .wall = [this] { return now; }},
                 {.freshness = {.beforeExpiry = 1h, .afterAnswer = 1min, .sessionAge = 2min}, .hold = 0ms}};
    const auto is = [&] { return strict.status(key).value().freshness; };
    const auto give = [&](const json& login) {
        return strict.put(Secret::copyOf(cookiePut({login}).dump()));
    };
    ASSERT_TRUE(give(expiring(61min)));
    EXPECT_EQ(is(), "fresh");
    now += 1min;
    EXPECT_EQ(is(), "stale");
    ASSERT_TRUE(give(cookie(".ASPXAUTH", "B")));
    EXPECT_EQ(strict.status().size(), 1u) << "nothing is held";
    now += 1min;
    EXPECT_EQ(is(), "unknown");
    now += 1ms;
    EXPECT_EQ(is(), "stale");
    strict.proved(key, 2);
    EXPECT_EQ(is(), "fresh");
    now += 1min;
    strict.proved(key, 2);
    EXPECT_EQ(is(), "stale");
}

TEST_F(Freshness, is_that_of_the_part_of_a_session_that_ends_first) {
    Vault both{{{.site = "panopto", .login = {{"a"}, {"b", "c"}}}},
               {.monotonic = [this] { return std::chrono::steady_clock::time_point(now - began); },
                .wall = [this] { return now; }}};
    const auto lasting = [&](const char* name, std::chrono::seconds in) {
        json one = expiring(in);
        one["name"] = name;
        return one;
    };
    const auto expiry = [&](json cookies) {
        return both.put(Secret::copyOf(cookiePut(std::move(cookies)).dump()))->expiresAtMs;
    };
    EXPECT_EQ(expiry({lasting("a", 3h), lasting("b", 1h), lasting("c", 2h)}), nowMs() + 7'200'000)
        << "b or c will do, so the later of them counts";
    EXPECT_EQ(expiry({lasting("a", 1h), lasting("b", 2h)}), nowMs() + 3'600'000);
    EXPECT_EQ(expiry({lasting("a", 1h), cookie("b", "x")}), nowMs() + 3'600'000);
    EXPECT_FALSE(expiry({cookie("a", "y"), lasting("b", 1h), cookie("c", "x")}));
}

// --- a wall clock that jumps ---

class ClockJump : public Freshness, public testing::WithParamInterface<std::chrono::milliseconds> {};

TEST_P(ClockJump, makes_no_secret_older_or_younger) {
    ASSERT_TRUE(put(cookiePut({expiring(24h)})));
    const auto put = status();
    jumped = GetParam();
    EXPECT_EQ(freshness(), "fresh");
    EXPECT_EQ(header(), ".ASPXAUTH=A");
    EXPECT_EQ(status().putAtMs, put.putAtMs);
    EXPECT_EQ(status().expiresAtMs, put.expiresAtMs);
    now += 24h - 10min;
    EXPECT_EQ(freshness(), "stale");
    now += 10min;
    EXPECT_EQ(freshness(), "expired");
    EXPECT_EQ(header(), "");
}

TEST_P(ClockJump, makes_no_session_cookie_older_or_younger) {
    ASSERT_TRUE(putLogin("A"));
    answerWell();
    jumped = GetParam();
    EXPECT_EQ(freshness(), "fresh");
    now += 30min;
    EXPECT_EQ(freshness(), "fresh");
    now += 1ms;
    EXPECT_EQ(freshness(), "stale");
}

TEST_P(ClockJump, holds_a_previous_generation_neither_longer_nor_shorter) {
    ASSERT_TRUE(putLogin("A"));
    ASSERT_TRUE(putLogin("B"));
    jumped = GetParam();
    now += 5min - 1ms;
    EXPECT_EQ(vault.wipeOverdue(), 1ms);
    now += 1ms;
    EXPECT_FALSE(vault.wipeOverdue());
    EXPECT_EQ(vault.status().size(), 1u);
}

TEST_P(ClockJump, does_not_spoil_what_an_answer_sets_afterwards) {
    ASSERT_TRUE(putLogin("A"));
    jumped = GetParam();
    receive(test::page, ".ASPXAUTH=B; path=/; Secure; Max-Age=3600");
    EXPECT_EQ(header(), ".ASPXAUTH=B");
    now += 1h - 1s;
    EXPECT_EQ(header(), ".ASPXAUTH=B");
    now += 1s;
    EXPECT_EQ(header(), "");
}

TEST_P(ClockJump, is_taken_over_by_the_same_cookies_put_again) {
    ASSERT_TRUE(put(cookiePut({expiring(24h), cookie("csrfToken", "t")})));
    answerWell();
    jumped = GetParam();
    json again = expiring(24h);
    const auto jumpedMs = jumped.count();
    again["expirationDate"] = again["expirationDate"].get<double>() + static_cast<double>(jumpedMs) / 1000;
    const auto outcome = put(cookiePut({again, cookie("csrfToken", "t")}));
    ASSERT_TRUE(outcome);
    EXPECT_FALSE(outcome->isChanged);
    EXPECT_EQ(status().putAtMs, nowMs() + jumpedMs);
    EXPECT_EQ(status().expiresAtMs, nowMs() + jumpedMs + 86'400'000);
    now += 24h - 1s;
    EXPECT_EQ(freshness(), "stale");
    now += 1s;
    EXPECT_EQ(freshness(), "expired");
}

INSTANTIATE_TEST_SUITE_P(OfTenYears, ClockJump, testing::Values(tenYears, -tenYears));

}  // namespace
}  // namespace auricle::vault
