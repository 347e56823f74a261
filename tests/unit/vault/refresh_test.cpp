#include "vault/refresh.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

namespace {

using namespace auricle;
using namespace std::chrono_literals;
using vault::Key;
using vault::Wanted;

const Key site{.site = "panopto", .origin = "https://uni.hosted.panopto.com", .store = "0"};
const Key backend{.site = "", .origin = "https://study.example.edu", .store = ""};

std::string cookies(const std::string& value) {
    return R"({"kind":"cookies","site":"panopto","origin":"https://uni.hosted.panopto.com","store":"0","cookies":[{"name":".ASPXAUTH","value":")" +
           value +
           R"(","domain":"uni.hosted.panopto.com","hostOnly":true,"path":"/","secure":true,"httpOnly":true,"session":true,"storeId":"0"}]})";
}

class Refresh : public testing::Test {
  protected:
    Refresh() {
        vault.onPut([this](const vault::PutOutcome& outcome) { refresh.put(outcome); });
    }
    void ask() {
        refresh.onWanted([this](const Wanted& wanted) { asked.push_back(wanted); });
    }
    void put(const std::string& value) {
        ASSERT_TRUE(vault.put(vault::Secret::copyOf(std::string_view(cookies(value)))));
    }
    /// Begins to wait; what came of it is in `outcomes` once the loop has run.
    void want(Key key = site, std::chrono::milliseconds patience = 1h, std::stop_token stop = {}) {
        auto known = vault.generation(key);
        boost::asio::co_spawn(
            loop,
            [](Refresh* self, Key of, std::optional<std::uint64_t> generation, std::chrono::milliseconds wait,
               std::stop_token token) -> boost::asio::awaitable<void> {
                bool isBearer = of.site.empty();
                std::string reason = "session_expired";
                auto outcome =
                    co_await self->refresh.want(of, isBearer, reason, self->vault, generation, wait, token);
                self->outcomes.push_back(outcome ? "newer" : std::string(word(outcome.error().kind)));
            }(this, key, known, patience, stop),
            boost::asio::detached);
        turn();
    }
    void turn() {
        loop.restart();
        loop.poll();
    }

    boost::asio::io_context loop;
    vault::Vault vault{{{.site = "panopto", .login = {{".ASPXAUTH"}}}}, vault::Vault::realClocks()};
    vault::Refresh refresh;
    std::vector<Wanted> asked;
    std::vector<std::string> outcomes;
};

TEST_F(Refresh, ends_when_other_cookies_are_put) {
    ask();
    put("old");
    want();
    ASSERT_EQ(asked.size(), 1u);
    EXPECT_EQ(asked[0].key, site);
    EXPECT_TRUE(outcomes.empty());
    put("new");
    turn();
    EXPECT_EQ(outcomes, std::vector<std::string>{"newer"});
}

TEST_F(Refresh, is_not_ended_by_the_same_cookies_again) {
    ask();
    put("old");
    want();
    put("old");
    EXPECT_TRUE(refresh.done(asked[0].id));
    turn();
    EXPECT_TRUE(outcomes.empty());
    put("new");
    turn();
    EXPECT_EQ(outcomes.size(), 1u);
}

TEST_F(Refresh, is_asked_for_once_however_many_wait) {
    ask();
    for (int i = 0; i < 100; ++i) want();
    EXPECT_EQ(asked.size(), 1u);
    put("new");
    turn();
    EXPECT_EQ(outcomes, std::vector<std::string>(100, "newer"));
}

TEST_F(Refresh, waits_for_the_person_when_the_browser_has_nothing_newer) {
    ask();
    want();
    EXPECT_TRUE(refresh.failed(asked[0].id, "login_required"));
    turn();
    EXPECT_TRUE(outcomes.empty());
    put("after signing in");
    turn();
    EXPECT_EQ(outcomes, std::vector<std::string>{"newer"});
}

TEST_F(Refresh, ends_in_vain_when_patience_is_over) {
    ask();
    want(site, 0ms);
    loop.restart();
    loop.run();
    EXPECT_EQ(outcomes, std::vector<std::string>{"login_required"});
    EXPECT_FALSE(refresh.done(asked[0].id));
}

TEST_F(Refresh, fails_at_once_with_nobody_to_ask) {
    want();
    EXPECT_EQ(outcomes, std::vector<std::string>{"login_required"});
}

TEST_F(Refresh, of_a_token_fails_as_soon_as_there_is_none) {
    ask();
    want(backend);
    ASSERT_EQ(asked.size(), 1u);
    EXPECT_TRUE(asked[0].isBearer);
    EXPECT_TRUE(refresh.failed(asked[0].id, "no_token"));
    turn();
    EXPECT_EQ(outcomes, std::vector<std::string>{"backend_unauthorized"});
}

TEST_F(Refresh, is_left_by_a_capture_that_is_stopped) {
    ask();
    std::stop_source stop;
    want(site, 1h, stop.get_token());
    want();
    stop.request_stop();
    turn();
    EXPECT_EQ(outcomes, std::vector<std::string>{"cancelled"});
    put("new");
    turn();
    EXPECT_EQ(outcomes, (std::vector<std::string>{"cancelled", "newer"}));
}

TEST_F(Refresh, knows_only_the_ids_it_gave) {
    EXPECT_EQ(refresh.done("r1").error().kind, Kind::bad_params);
    EXPECT_EQ(refresh.failed("r1", "x").error().path, "/id");
}

}  // namespace
