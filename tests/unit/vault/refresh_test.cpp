#include "vault/refresh.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

namespace {

using namespace auricle;
using namespace std::chrono_literals;
using vault::Key;
using vault::Reason;
using vault::Wanted;

const Key site{.site = "panopto", .origin = "https://uni.hosted.panopto.com", .store = "0"};
const Key elsewhere{.site = "panopto", .origin = "https://other.hosted.panopto.com", .store = "0"};
const Key backend{.site = "", .origin = "https://study.example.edu", .store = ""};
constexpr auto patience = 2h;
constexpr auto tenYears = std::chrono::hours(24 * 3653);

using Words = std::vector<std::string>;

class Refresh : public testing::Test {
  protected:
    Refresh() {
        vault.onPut([this](const vault::PutOutcome& outcome) { refresh->put(outcome); });
        make({});
    }
    void make(vault::RefreshRules rules) {
        refresh.emplace(
            loop.get_executor(), vault, rules,
            vault::RefreshTiming{.now = [this] { return now; }, .chance = [this] { return chance; }});
        refresh->onEvent(
            [this](const vault::AuditEvent& event) { events.push_back(event.event + " " + event.outcome); });
        ask();
    }
    void ask() {
        refresh->onWanted([this](const Wanted& wanted) { asked.push_back(wanted); });
    }
    void put(const std::string& value, const Key& key = site, const std::string& expires = "") {
        const auto host = key.origin.substr(8);
        const std::string text =
            R"({"kind":"cookies","site":"panopto","origin":")" + key.origin + R"(","store":")" + key.store +
            R"(","cookies":[{"name":".ASPXAUTH","value":")" + value + R"(","domain":")" + host +
            R"(","hostOnly":true,"path":"/","secure":true,"httpOnly":true,)" +
            (expires.empty() ? R"("session":true)" : R"("session":false,"expirationDate":)" + expires) +
            R"(,"storeId":")" + key.store + R"("}]})";
        const auto outcome = vault.put(vault::Secret::copyOf(std::string_view(text)));
        ASSERT_TRUE(outcome) << outcome.error().message;
        turn();
    }
    std::string expiryIn(std::chrono::seconds time) {
        return std::to_string(
            std::chrono::duration_cast<std::chrono::seconds>((wall + time).time_since_epoch()).count());
    }
    /// Begins to wait; what came of it is in `outcomes` once the loop has run.
    void want(Key key = site, Reason reason = Reason::session_expired,
              std::chrono::milliseconds time = patience, std::stop_token stop = {}) {
        vault::Wish wish{.key = key,
                         .isBearer = key.site.empty(),
                         .reason = reason,
                         .known = vault.generation(key),
                         .patience = time};
        note([](vault::Refresh& of, vault::Wish what, std::stop_token until) {
            return of.want(std::move(what), until);
        }(*refresh, std::move(wish), stop));
    }
    void refreshed(Key key = site) { note(refresh->refreshed(key, Reason::manual_trigger, {})); }
    void settled(Key key = site) { note(refresh->settled(key, {})); }
    void note(boost::asio::awaitable<Result<void>> what) {
        boost::asio::co_spawn(loop, std::move(what), [this](std::exception_ptr fault, Result<void> outcome) {
            if (fault) std::rethrow_exception(fault);
            outcomes.push_back(outcome ? "newer" : std::string(word(outcome.error().kind)));
        });
        turn();
    }
    void answer(const std::string& why) {
        EXPECT_TRUE(refresh->failed(asked.back().id, why));
        turn();
    }
    void turn() {
        loop.restart();
        loop.poll();
    }
    void pass(std::chrono::milliseconds time) {
        now += time;
        refresh->turn();
        turn();
    }
    Words reasons() const {
        Words words;
        for (const auto& wanted : asked) words.emplace_back(word(wanted.reason));
        return words;
    }

    std::chrono::steady_clock::time_point now{1000h};
    std::chrono::system_clock::time_point wall = std::chrono::system_clock::now();
    double chance = 0.5;
    boost::asio::io_context loop;
    vault::Vault vault{{{.site = "panopto", .login = {{".ASPXAUTH"}}}},
                       {.monotonic = [this] { return now; }, .wall = [this] { return wall; }}};
    std::optional<vault::Refresh> refresh;
    std::vector<Wanted> asked;
    Words outcomes, events;
};

TEST_F(Refresh, ends_when_other_cookies_are_put) {
    put("old");
    want();
    ASSERT_EQ(asked.size(), 1u);
    EXPECT_EQ(asked[0].key, site);
    EXPECT_EQ(asked[0].attempt, 1u);
    EXPECT_TRUE(outcomes.empty());
    put("new");
    EXPECT_EQ(outcomes, Words{"newer"});
    EXPECT_EQ(refresh->status().completed, 1u);
}

TEST_F(Refresh, asks_nobody_where_a_newer_generation_is_there) {
    put("old");
    const auto old = vault.generation(site);
    put("new");
    vault::Wish wish{.key = site, .known = old, .patience = patience};
    note(refresh->want(std::move(wish), {}));
    EXPECT_EQ(outcomes, Words{"newer"});
    EXPECT_TRUE(asked.empty());
}

TEST_F(Refresh, is_not_ended_by_the_same_cookies_again) {
    put("old");
    want();
    put("old");
    EXPECT_TRUE(refresh->done(asked[0].id));
    turn();
    EXPECT_TRUE(outcomes.empty());
    EXPECT_EQ(refresh->status().completed, 0u);
    put("new");
    EXPECT_EQ(outcomes, Words{"newer"});
}

TEST_F(Refresh, is_asked_for_once_however_many_wait) {
    put("old");
    for (int i = 0; i < 100; ++i) want();
    EXPECT_EQ(asked.size(), 1u);
    put("new");
    pass(2s);
    EXPECT_EQ(outcomes, Words(100, "newer"));
    EXPECT_EQ(asked.size(), 1u);
}

TEST_F(Refresh, lets_those_that_waited_go_on_one_after_the_other) {
    put("old");
    for (int i = 0; i < 100; ++i) want();
    put("new");
    EXPECT_EQ(outcomes.size(), 1u);
    pass(999ms);
    EXPECT_EQ(outcomes.size(), 1u);
    pass(1ms);  // chance 0.5 of the longest spread
    EXPECT_EQ(outcomes.size(), 100u);
}

TEST_F(Refresh, of_two_sites_are_two) {
    want(site);
    want(elsewhere);
    EXPECT_EQ(asked.size(), 2u);
    put("new", elsewhere);
    EXPECT_EQ(outcomes.size(), 1u);
    EXPECT_EQ(refresh->status().active, 1u);
}

TEST_F(Refresh, of_more_sites_than_may_be_asked_at_once_wait_their_turn) {
    make({.atOnce = 1});
    want(site);
    want(elsewhere);
    EXPECT_EQ(asked.size(), 1u);
    EXPECT_EQ(refresh->status().waiting, 1u);
    put("new", site);
    EXPECT_EQ(asked.size(), 2u);
}

TEST_F(Refresh, waits_for_the_person_when_the_browser_has_nothing_newer) {
    put("old");
    want();
    answer("login_required");
    EXPECT_TRUE(outcomes.empty());
    EXPECT_EQ(refresh->status().failed, 1u);
    // Others join the wait: the person was told.
    want();
    pass(10min);
    EXPECT_EQ(asked.size(), 1u);
    put("after signing in");
    pass(1s);
    EXPECT_EQ(outcomes, Words(2, "newer"));
}

TEST_F(Refresh, is_tried_thrice_with_growing_pauses_when_it_fails_for_no_lasting_reason) {
    put("old");
    want();
    answer("internal");
    EXPECT_EQ(refresh->status().delayed, 1u);
    pass(1499ms);
    EXPECT_EQ(asked.size(), 1u);
    pass(1ms);  // 2 s, of which half is left to chance
    ASSERT_EQ(asked.size(), 2u);
    EXPECT_EQ(asked[1].attempt, 2u);
    answer("internal");
    pass(2999ms);
    EXPECT_EQ(asked.size(), 2u);
    pass(1ms);
    ASSERT_EQ(asked.size(), 3u);
    answer("internal");
    EXPECT_EQ(refresh->status().failed, 1u);
    pass(1h);
    EXPECT_EQ(asked.size(), 3u);
    put("new");
    EXPECT_EQ(outcomes, Words{"newer"});
}

TEST_F(Refresh, takes_cookies_that_come_between_two_attempts) {
    put("old");
    want();
    answer("internal");
    put("new");
    EXPECT_EQ(outcomes, Words{"newer"});
    pass(1h);
    EXPECT_EQ(asked.size(), 1u);
}

TEST_F(Refresh, that_nobody_answers_is_asked_for_once_more_and_then_has_failed) {
    put("old");
    want();
    refreshed();
    pass(29'999ms);
    EXPECT_EQ(asked.size(), 1u);
    pass(1ms);
    ASSERT_EQ(asked.size(), 2u);
    EXPECT_NE(asked[0].id, asked[1].id);
    EXPECT_FALSE(refresh->failed(asked[0].id, "late"));
    pass(30s);
    EXPECT_EQ(asked.size(), 2u);
    EXPECT_EQ(outcomes, Words{"login_required"});  // whoever triggered it; the capture waits on
    EXPECT_EQ(refresh->status().failed, 1u);
    put("new");
    EXPECT_EQ(outcomes, (Words{"login_required", "newer"}));
}

TEST_F(Refresh, ends_in_vain_when_patience_is_over) {
    put("old");
    want(site, Reason::session_expired, 10min);
    answer("login_required");
    pass(10min);
    EXPECT_EQ(outcomes, Words{"login_required"});
}

TEST_F(Refresh, fails_at_once_with_nobody_to_ask) {
    refresh->onWanted({});
    want();
    EXPECT_EQ(outcomes, Words{"login_required"});
    EXPECT_EQ(refresh->trigger(site, Reason::manual_trigger).error().kind, Kind::login_required);
}

TEST_F(Refresh, of_a_token_fails_as_soon_as_there_is_none) {
    want(backend);
    ASSERT_EQ(asked.size(), 1u);
    EXPECT_TRUE(asked[0].isBearer);
    answer("no_token");
    EXPECT_EQ(outcomes, Words{"backend_unauthorized"});
}

TEST_F(Refresh, is_left_by_a_capture_that_is_stopped) {
    put("old");
    std::stop_source stop;
    want(site, Reason::session_expired, patience, stop.get_token());
    want();
    stop.request_stop();
    turn();
    EXPECT_EQ(outcomes, Words{"cancelled"});
    put("new");
    EXPECT_EQ(outcomes, (Words{"cancelled", "newer"}));
}

TEST_F(Refresh, knows_only_the_ids_it_gave) {
    EXPECT_EQ(refresh->done("r1").error().kind, Kind::bad_params);
    EXPECT_EQ(refresh->done("").error().kind, Kind::bad_params);
    EXPECT_EQ(refresh->failed("r1", "x").error().path, "/id");
}

TEST_F(Refresh, takes_the_answer_that_comes_behind_the_cookies) {
    want();
    put("new");
    EXPECT_TRUE(refresh->done(asked[0].id));
}

TEST_F(Refresh, is_had_twice_at_once_and_six_times_an_hour) {
    put("0");
    for (int i = 1; i <= 2; ++i) {
        want();
        put(std::to_string(i));
        pass(6min);  // long enough for these cookies to have been good ones
    }
    EXPECT_EQ(asked.size(), 2u);
    want();
    EXPECT_EQ(asked.size(), 3u);  // 12 minutes brought one back
    put("3");
    pass(6min);
    want();
    EXPECT_EQ(asked.size(), 3u);
    EXPECT_EQ(refresh->status().delayed, 1u);
    pass(2min - 1ms);
    EXPECT_EQ(asked.size(), 3u);
    pass(1ms);
    EXPECT_EQ(asked.size(), 4u);
}

TEST_F(Refresh, is_never_had_more_often_than_six_times_an_hour_and_twice) {
    make({.circuit = {.opensAfter = 1000}});
    put("start");
    unsigned most = 0;
    std::vector<std::chrono::steady_clock::time_point> times;
    for (int minute = 0; minute < 600; ++minute) {
        if (const auto before = asked.size(); refresh->trigger(site, Reason::session_expired)) {
            if (asked.size() > before) times.push_back(now);
            put("at minute " + std::to_string(minute));
        }
        pass(1min);
        const auto inTheHour = std::ranges::count_if(times, [&](auto at) { return now - at < 1h; });
        most = std::max(most, static_cast<unsigned>(inTheHour));
    }
    EXPECT_LE(most, 7u);  // six, and the burst's second
    EXPECT_GE(times.size(), 60u);
    EXPECT_LE(times.size(), 62u);
}

TEST_F(Refresh, that_may_not_be_had_yet_is_told_with_the_time_left) {
    make({.perHour = 1, .burst = 1});
    put("old");
    want();
    put("new");
    vault.proved(site, *vault.generation(site));
    const auto refused = refresh->trigger(site, Reason::manual_trigger);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, Kind::rate_limited);
    EXPECT_EQ(refused.error().retryAfterMs, 3'600'000);
    want(site, Reason::session_expired, 10min);
    pass(10min);
    EXPECT_EQ(outcomes, (Words{"newer", "rate_limited"}));
    EXPECT_EQ(refresh->trigger(site, Reason::manual_trigger).error().retryAfterMs, 3'600'000 - 600'000);
    EXPECT_EQ(asked.size(), 1u);
}

TEST_F(Refresh, that_nobody_waits_for_any_more_costs_none_of_those_that_may_be_had) {
    make({.perHour = 1, .burst = 1});
    put("old");
    want();
    put("new");
    vault.proved(site, *vault.generation(site));
    for (int i = 0; i < 5; ++i) {
        std::stop_source stop;
        want(site, Reason::session_expired, patience, stop.get_token());
        stop.request_stop();
        turn();
    }
    EXPECT_EQ(refresh->status().total(), 1u);
    EXPECT_EQ(refresh->trigger(site, Reason::manual_trigger).error().retryAfterMs, 3'600'000);
}

TEST_F(Refresh, is_never_had_where_the_configuration_says_so) {
    make({.perHour = 0});
    put("old");
    want();
    EXPECT_EQ(outcomes, Words{"login_required"});
    EXPECT_TRUE(asked.empty());
}

TEST_F(Refresh, of_tokens_is_not_counted) {
    for (int i = 0; i < 20; ++i) {
        want(backend);
        answer("no_token");
    }
    EXPECT_EQ(asked.size(), 20u);
}

TEST_F(Refresh, is_not_asked_for_while_the_circuit_is_open_and_once_after_that) {
    make({.perHour = 3600, .burst = 100, .circuit = {.opensAfter = 3, .rest = 10min, .longestRest = 1h}});
    put("old");
    for (int i = 0; i < 3; ++i) {
        want(site, Reason::session_expired, 1s);
        answer("login_required");
        pass(1s);
    }
    EXPECT_EQ(asked.size(), 3u);
    want(site, Reason::session_expired, 1s);
    pass(1s);
    EXPECT_EQ(asked.size(), 3u);
    EXPECT_EQ(refresh->trigger(site, Reason::manual_trigger).error().kind, Kind::rate_limited);
    pass(10min);
    want(site, Reason::session_expired, 1s);
    EXPECT_EQ(asked.size(), 4u);
    answer("login_required");
    pass(1s);
    // It opens again, for longer.
    pass(19min);
    want(site, Reason::session_expired, 1s);
    EXPECT_EQ(asked.size(), 4u);
    pass(1min);
    want(site, Reason::session_expired, 1s);
    EXPECT_EQ(asked.size(), 5u);
}

TEST_F(Refresh, opens_the_circuit_where_what_it_brings_is_never_any_good) {
    make({.perHour = 3600, .burst = 100});
    put("0");
    for (int i = 1; i <= 10; ++i) {
        want(site, Reason::session_expired, 1s);
        put(std::to_string(i));
        pass(1s);
    }
    EXPECT_LE(asked.size(), 3u);
    EXPECT_FALSE(refresh->trigger(site, Reason::manual_trigger));
}

TEST_F(Refresh, falls_back_on_the_previous_cookies_once_before_anybody_is_asked) {
    put("first");
    put("second");
    want();
    EXPECT_EQ(outcomes, Words{"newer"});
    EXPECT_TRUE(asked.empty());
    want();
    EXPECT_EQ(asked.size(), 1u);
    EXPECT_EQ(outcomes.size(), 1u);
}

TEST_F(Refresh, does_not_open_the_circuit_where_sessions_are_short_but_good) {
    make({.perHour = 3600, .burst = 100});
    put("0");
    for (int i = 1; i <= 10; ++i) {
        want();
        put(std::to_string(i));
        pass(6min);
    }
    EXPECT_EQ(asked.size(), 10u);
}

TEST_F(Refresh, keeps_others_from_cookies_that_have_failed_until_it_is_over) {
    put("old");
    EXPECT_FALSE(refresh->areSpent(site));
    want();
    EXPECT_TRUE(refresh->areSpent(site));
    EXPECT_FALSE(refresh->areSpent(elsewhere));
    settled();
    EXPECT_TRUE(outcomes.empty());
    answer("login_required");
    EXPECT_FALSE(refresh->areSpent(site));
    EXPECT_EQ(outcomes, Words{"newer"});  // settled() has nothing else to say
    settled();
    EXPECT_EQ(outcomes.size(), 2u);
}

TEST_F(Refresh, by_a_trigger_answers_with_its_id_and_is_joined_by_others) {
    put("old");
    const auto first = refresh->trigger(site, Reason::manual_trigger);
    const auto second = refresh->trigger(site, Reason::manual_trigger);
    ASSERT_TRUE(first && second);
    EXPECT_EQ(*first, *second);
    EXPECT_EQ(reasons(), Words{"manual_trigger"});
    put("new");
    EXPECT_EQ(refresh->status().completed, 1u);
}

TEST_F(Refresh, by_a_trigger_fails_with_the_same_cookies_again) {
    put("old");
    refreshed();
    EXPECT_TRUE(refresh->done(asked[0].id));
    turn();
    EXPECT_EQ(outcomes, Words{"login_required"});
    EXPECT_EQ(refresh->status().failed, 1u);
}

TEST_F(Refresh, by_a_trigger_that_knows_no_store_takes_what_comes_from_any) {
    Key anyStore = site;
    anyStore.store.clear();
    refreshed(anyStore);
    put("new");
    EXPECT_EQ(outcomes, Words{"newer"});
}

TEST_F(Refresh, by_a_person_does_not_wait_for_the_pause_between_two_attempts) {
    put("old");
    want();
    answer("internal");
    ASSERT_TRUE(refresh->trigger(site, Reason::manual_trigger));
    EXPECT_EQ(asked.size(), 2u);
}

TEST_F(Refresh, is_begun_anew_for_a_capture_that_has_joined_a_milder_one) {
    put("old");
    ASSERT_TRUE(refresh->trigger(site, Reason::manual_trigger));
    want();
    EXPECT_EQ(asked.size(), 1u);
    EXPECT_TRUE(refresh->done(asked[0].id));
    turn();
    EXPECT_EQ(reasons(), (Words{"manual_trigger", "session_expired"}));
    put("new");
    EXPECT_EQ(outcomes, Words{"newer"});
}

TEST_F(Refresh, looks_ahead_when_a_session_is_about_to_end_and_only_once) {
    put("value", site, expiryIn(2h));
    refresh->lookAhead(site);
    EXPECT_TRUE(asked.empty());
    pass(115min);
    refresh->lookAhead(site);
    EXPECT_EQ(reasons(), Words{"stale"});
    refresh->lookAhead(site);
    EXPECT_TRUE(refresh->done(asked[0].id));
    turn();
    refresh->lookAhead(site);
    EXPECT_EQ(asked.size(), 1u);
    EXPECT_EQ(refresh->status().failed, 1u);
}

TEST_F(Refresh, ahead_of_time_is_done_when_the_browser_has_prolonged_the_session) {
    put("value", site, expiryIn(5min));
    refresh->lookAhead(site);
    put("value", site, expiryIn(5h));
    EXPECT_TRUE(refresh->done(asked[0].id));
    EXPECT_EQ(refresh->status().completed, 1u);
}

TEST_F(Refresh, ahead_of_time_leaves_one_for_a_session_that_really_ends) {
    put("value", site, expiryIn(5min));
    ASSERT_TRUE(refresh->trigger(site, Reason::manual_trigger));
    answer("login_required");
    refresh->lookAhead(site);
    EXPECT_EQ(asked.size(), 1u);
}

TEST_F(Refresh, does_not_mind_the_wall_clock_jumping_ten_years_ahead) {
    put("old", site, expiryIn(24h));
    want();
    wall += tenYears;
    pass(29s);
    EXPECT_EQ(asked.size(), 1u);  // its deadline is not over
    EXPECT_TRUE(outcomes.empty());
    put("new", site, expiryIn(24h));
    EXPECT_EQ(outcomes, Words{"newer"});
    // What expired by the jump is looked after once, not for ever.
    wall += tenYears;
    for (int i = 0; i < 100; ++i) {
        refresh->lookAhead(site);
        if (asked.size() == 2 && refresh->status().active == 1) answer("login_required");
        pass(1s);
    }
    EXPECT_LE(asked.size(), 2u);
}

TEST_F(Refresh, does_not_mind_the_wall_clock_jumping_ten_years_back) {
    put("old", site, expiryIn(24h));
    want();
    wall -= tenYears;
    pass(29s);
    EXPECT_EQ(asked.size(), 1u);
    EXPECT_TRUE(outcomes.empty());
    pass(1s);
    EXPECT_EQ(asked.size(), 2u);  // the deadline was over to the millisecond
    put("new", site, expiryIn(24h));
    EXPECT_EQ(outcomes, Words{"newer"});
    vault.proved(site, *vault.generation(site));
    want();
    EXPECT_EQ(asked.size(), 3u);  // the second of the burst: nothing was used up by the jump
}

TEST_F(Refresh, tells_an_auditor_what_becomes_of_it_and_no_value) {
    put("c4nary");
    want();
    answer("internal");
    pass(1500ms);
    pass(5ms);
    put("c4nary2");
    EXPECT_EQ(events, (Words{"refresh.wanted session_expired", "refresh.again not_now",
                             "refresh.wanted session_expired", "refresh.done newer after 1505 ms"}));
}

}  // namespace
