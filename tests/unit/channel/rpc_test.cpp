#include "channel/rpc.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace auricle::channel {
namespace {

int codeOf(std::string_view text) {
    const auto request = parseRequest(text);
    return request ? 0 : request.error().code;
}

TEST(Rpc, keeps_every_id_exactly_as_it_was_written) {
    for (const std::string id :
         {"0", "-1", "1.50", "123456789012345678901234567890", "1e400", R"("")", R"("a\u0062")", R"("é")"}) {
        const auto request = parseRequest(R"({"jsonrpc":"2.0","id": )" + id + R"( ,"method":"m"})");
        ASSERT_TRUE(request) << id;
        EXPECT_EQ(request->id, id);
        EXPECT_EQ(resultText(request->id, nlohmann::json::object()),
                  R"({"jsonrpc":"2.0","id":)" + id + R"(,"result":{}})");
    }
}

TEST(Rpc, a_request_without_an_id_is_a_notification) {
    const auto request = parseRequest(R"({"jsonrpc":"2.0","method":"m","params":{"a":1}})");
    ASSERT_TRUE(request);
    EXPECT_TRUE(request->id.empty());
    EXPECT_EQ(request->params.text(), R"({"a":1})");
}

TEST(Rpc, tells_what_is_not_json_from_what_is_no_request) {
    EXPECT_EQ(codeOf(""), -32700);
    EXPECT_EQ(codeOf("{"), -32700);
    EXPECT_EQ(codeOf("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}"), -32700);
    for (const auto* text :
         {"1", "null", "\"x\"", "[]", "{}", R"([{"jsonrpc":"2.0","id":1,"method":"m"}])",
          R"({"jsonrpc":"1.0","id":1,"method":"m"})", R"({"id":1,"method":"m"})",
          R"({"jsonrpc":"2.0","id":1})", R"({"jsonrpc":"2.0","id":1,"method":7})",
          R"({"jsonrpc":"2.0","id":null,"method":"m"})", R"({"jsonrpc":"2.0","id":true,"method":"m"})",
          R"({"jsonrpc":"2.0","id":[1],"method":"m"})",
          R"({"jsonrpc":"2.0","id":1,"method":"m","params":"p"})",
          R"({"jsonrpc":"2.0","id":1,"method":"m","params":null})",
          R"({"jsonrpc":"2.0","id":1,"result":{}})"}) {
        EXPECT_EQ(codeOf(text), -32600) << text;
    }
}

TEST(Rpc, a_fault_carries_the_id_where_there_is_a_good_one) {
    EXPECT_EQ(parseRequest(R"({"jsonrpc":"2.0","id":"a","method":1})").error().id, R"("a")");
    EXPECT_EQ(parseRequest(R"({"jsonrpc":"2.0","id":{},"method":"m"})").error().id, "null");
    EXPECT_EQ(parseRequest("{").error().id, "null");
}

TEST(Rpc, a_member_named_twice_counts_neither_time) {
    EXPECT_EQ(codeOf(R"({"jsonrpc":"2.0","id":1,"method":"vault.status","method":"vault.forget"})"), -32600);
    EXPECT_EQ(codeOf(R"({"jsonrpc":"2.0","id":1,"method":"vault.status","\u006dethod":"vault.forget"})"),
              -32600);
    EXPECT_EQ(parseRequest(R"({"jsonrpc":"2.0","id":1,"id":2,"method":"m"})").error().id, "null");
}

TEST(Rpc, an_id_that_would_fill_replies_is_refused) {
    const std::string longId(300, '7');
    EXPECT_EQ(codeOf(R"({"jsonrpc":"2.0","id":)" + longId + R"(,"method":"m"})"), -32600);
}

TEST(Rpc, members_that_are_not_known_are_ignored) {
    EXPECT_EQ(codeOf(R"({"jsonrpc":"2.0","id":1,"method":"m","trace":{"x":[1]}})"), 0);
}

TEST(Rpc, what_is_not_utf_8_never_breaks_a_reply) {
    const auto text = notificationText("host.warning", {{"message", "caf\xE9"}});
    EXPECT_EQ(nlohmann::json::parse(text)["params"]["message"], "caf\xEF\xBF\xBD");
}

}  // namespace
}  // namespace auricle::channel
