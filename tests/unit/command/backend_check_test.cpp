#include "command/backend_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "command/bearer.h"
#include "tests/unit/sites/scripted_client.h"

namespace auricle::command {
namespace {

namespace asio = boost::asio;
using installer::Finding;
using installer::Findings;
using test::ScriptedClient;
using testing::ElementsAre;

constexpr const char* health = "GET https://study.example/api/health";
constexpr const char* courses = "GET https://study.example/api/courses";
constexpr const char* lecture = "GET https://study.example/api/lectures/00000000-0000-4000-8000-000000000000";

class CheckingABackend : public testing::Test {
  protected:
    std::vector<std::string> ids(const vault::Secret* bearer = nullptr) {
        asio::io_context loop;
        Findings found;
        BackendTrial trial{.origin = *net::Url::parse("https://study.example"), .bearer = bearer};
        asio::co_spawn(loop, checkBackend(client_, std::move(trial)),
                       [&](const std::exception_ptr& fault, Findings findings) {
                           EXPECT_FALSE(fault);
                           found = std::move(findings);
                       });
        loop.run();
        std::vector<std::string> all;
        for (const Finding& finding : found) all.push_back(finding.id);
        return all;
    }
    /// What a path answers with the token, and then without it.
    void answers(const char* path, int with, int without) {
        client_.answer(path, {.status = with});
        client_.answer(path, {.status = without});
    }

    ScriptedClient client_;
    vault::Secret token_ = vault::Secret::copyOf("c4nary-token");
};

TEST_F(CheckingABackend, tells_health_from_ailment_and_silence) {
    client_.answer(health, {.status = 200});
    EXPECT_THAT(ids(), ElementsAre("backend.good", "backend.token_unknown"));
    client_ = {};
    client_.answer(health, {.status = 503});
    EXPECT_THAT(ids(), ElementsAre("backend.ailing", "backend.token_unknown"));
    client_ = {};
    client_.answer(health, {.status = 404});
    EXPECT_THAT(ids(), ElementsAre("backend.no_health", "backend.token_unknown"));
    client_ = {};
    client_.answer(health, {.failure = Error{.kind = Kind::network, .message = "No way."}});
    EXPECT_THAT(ids(&token_), ElementsAre("backend.unreachable"));
}

TEST_F(CheckingABackend, calls_a_token_good_only_where_it_makes_a_difference) {
    client_.answer(health, {});
    answers(courses, 200, 401);
    EXPECT_THAT(ids(&token_), ElementsAre("backend.good", "backend.token_good"));
    client_ = {};
    client_.answer(health, {});
    answers(courses, 404, 404);
    answers(lecture, 404, 401);
    EXPECT_THAT(ids(&token_), ElementsAre("backend.good", "backend.token_good"));
    client_ = {};
    client_.answer(health, {});
    answers(courses, 404, 404);
    answers(lecture, 200, 200);
    EXPECT_THAT(ids(&token_), ElementsAre("backend.good", "backend.token_untold"));
}

TEST_F(CheckingABackend, calls_a_token_refused_where_it_is) {
    client_.answer(health, {});
    answers(courses, 401, 401);
    EXPECT_THAT(ids(&token_), ElementsAre("backend.good", "backend.token_refused"));
}

Result<vault::Secret> readFrom(std::string_view text) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    EXPECT_EQ(::write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
    ::close(ends[1]);
    auto token = readBearer(ends[0], "auricle doctor");
    ::close(ends[0]);
    return token;
}

TEST(ReadingABearer, takes_one_line) {
    const auto token = readFrom("abc.def\r\n");
    ASSERT_TRUE(token);
    EXPECT_EQ(token->reveal(), "abc.def");
}

TEST(ReadingABearer, refuses_what_no_header_can_hold) {
    for (const std::string& text : {std::string(), std::string("\n"), std::string("a b"), std::string("a\nb"),
                                    std::string("a\x7f"), std::string(20'000, 'a')})
        EXPECT_FALSE(readFrom(text)) << text.substr(0, 10);
}

}  // namespace
}  // namespace auricle::command
