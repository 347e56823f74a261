#include "channel/params.h"

#include <gtest/gtest.h>

namespace auricle::channel {
namespace {

/// The path of the fault that reading makes, or "-".
template <class Read>
std::string faultOf(std::string_view json, Read read) {
    std::optional<Error> fault;
    Params params(JsonView(json), fault);
    read(params);
    EXPECT_TRUE(!fault || fault->kind == Kind::bad_params);
    return fault ? fault->path : "-";
}

TEST(Params, reads_fields_of_every_sort) {
    std::optional<Error> fault;
    Params params(
        JsonView(R"({"t":"a\nb","n":7,"b":true,"w":"tus","l":[1,2],"o":{"x":"y"},"k":"AAAA","extra":[{}]})"),
        fault);
    EXPECT_EQ(params.text("t"), "a\nb");
    EXPECT_EQ(params.integer("n", 0, 9), 7);
    EXPECT_EQ(params.optionalBool("b"), true);
    EXPECT_EQ(params.word("w", {"auto", "tus"}), "tus");
    EXPECT_EQ(params.integers("l"), (std::vector<std::int64_t>{1, 2}));
    EXPECT_EQ(params.object("o").text("x"), "y");
    EXPECT_EQ(params.optionalObjectText("o"), R"({"x":"y"})");
    EXPECT_EQ(params.base64Text("k", 3, 3), "AAAA");
    EXPECT_EQ(params.optionalText("absent"), std::nullopt);
    EXPECT_FALSE(fault);
}

TEST(Params, points_at_the_first_field_at_fault) {
    EXPECT_EQ(faultOf("{}",
                      [](Params& p) {
                          p.text("a");
                          p.text("b");
                      }),
              "/a");
    EXPECT_EQ(faultOf(R"({"a":1})", [](Params& p) { p.text("a"); }), "/a");
    EXPECT_EQ(faultOf(R"({"a":null})", [](Params& p) { p.optionalText("a"); }), "/a");
    EXPECT_EQ(faultOf(R"({"o":{"x":1}})", [](Params& p) { p.object("o").text("x"); }), "/o/x");
    EXPECT_EQ(faultOf(R"({"o":{"p":{}}})", [](Params& p) { p.object("o").object("p").text("x"); }), "/o/p/x");
    EXPECT_EQ(faultOf(R"({"o":[]})", [](Params& p) { p.object("o").text("x"); }), "/o");
    EXPECT_EQ(faultOf("[]", [](Params& p) { p.optionalText("a"); }), "");
}

TEST(Params, holds_values_to_their_bounds) {
    EXPECT_EQ(faultOf(R"({"a":""})", [](Params& p) { p.text("a"); }), "/a");
    EXPECT_EQ(faultOf(R"({"a":""})", [](Params& p) { p.text("a", {.mayBeEmpty = true}); }), "-");
    EXPECT_EQ(faultOf(R"({"a":"abc"})", [](Params& p) { p.text("a", {.maxBytes = 3}); }), "-");
    EXPECT_EQ(faultOf(R"({"a":"abcd"})", [](Params& p) { p.text("a", {.maxBytes = 3}); }), "/a");
    EXPECT_EQ(faultOf(R"({"a":"\u0061\u0062\u0063"})", [](Params& p) { p.text("a", {.maxBytes = 3}); }), "-");
    EXPECT_EQ(faultOf(R"({"a":"x\u0000"})", [](Params& p) { p.text("a"); }), "/a");
    for (const auto* number : {"0", "10", "1.5", "1e2", "99999999999999999999", "\"5\"", "true"}) {
        EXPECT_EQ(
            faultOf(R"({"n":)" + std::string(number) + "}", [](Params& p) { p.optionalInteger("n", 1, 9); }),
            "/n")
            << number;
    }
    EXPECT_EQ(faultOf(R"({"w":"ftp"})", [](Params& p) { p.optionalWord("w", {"tus"}); }), "/w");
    EXPECT_EQ(faultOf(R"({"l":[1,"2"]})", [](Params& p) { p.integers("l"); }), "/l");
    EXPECT_EQ(faultOf(R"({"k":"AAA="})", [](Params& p) { p.base64Text("k", 3, 3); }), "/k");
    EXPECT_EQ(faultOf(R"({"k":"="})", [](Params& p) { p.base64Text("k", 0, 3); }), "/k");
    EXPECT_EQ(faultOf(R"({"k":"AA\/="})", [](Params& p) { p.base64Text("k", 2, 2); }), "-");
}

TEST(Params, a_field_given_twice_is_at_fault_and_one_nobody_asks_for_is_not) {
    EXPECT_EQ(faultOf(R"({"a":"x","a":"y"})", [](Params& p) { p.optionalText("a"); }), "/a");
    EXPECT_EQ(faultOf(R"({"a":"x","b":1,"b":2})", [](Params& p) { p.optionalText("a"); }), "-");
}

TEST(Params, more_fields_than_any_method_has_are_refused_before_they_cost_memory) {
    std::string many = "{\"f\":0";
    for (int i = 0; i < 300; ++i) many += ",\"f\":0";
    EXPECT_EQ(faultOf(many + "}", [](Params&) {}), "");
}

}  // namespace
}  // namespace auricle::channel
