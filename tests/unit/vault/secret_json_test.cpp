#include "vault/secret_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

namespace auricle::vault {
namespace {

bool isAccepted(std::string_view text) {
    const Secret secret = Secret::copyOf(text);
    SecretJson json(secret);
    return json.skip() && json.end();
}

std::optional<std::string> readString(std::string_view text) {
    const Secret secret = Secret::copyOf(text);
    SecretJson json(secret);
    const auto value = json.string();
    if (!value || !json.end()) return std::nullopt;
    return std::string(value->reveal());
}

TEST(SecretJson, reads_an_object_member_by_member) {
    const Secret text =
        Secret::copyOf(R"( {"a" : [1, -2.5e1, true,false , null], "b":{"c":"d"},"e":{} , "f":[]} )");
    SecretJson json(text);
    ASSERT_TRUE(json.beginObject());
    ASSERT_TRUE(json.nextMember().value());
    EXPECT_EQ(json.key(), "a");
    ASSERT_TRUE(json.beginArray());
    EXPECT_TRUE(json.nextElement().value());
    EXPECT_EQ(json.number(), 1);
    EXPECT_TRUE(json.nextElement().value());
    EXPECT_EQ(json.number(), -25);
    EXPECT_TRUE(json.nextElement().value());
    EXPECT_EQ(json.boolean(), true);
    EXPECT_TRUE(json.nextElement().value());
    EXPECT_EQ(json.boolean(), false);
    EXPECT_TRUE(json.nextElement().value());
    EXPECT_EQ(json.peek(), SecretJson::Type::null);
    EXPECT_TRUE(json.null());
    EXPECT_FALSE(json.nextElement().value());
    ASSERT_TRUE(json.nextMember().value());
    ASSERT_TRUE(json.beginObject());
    ASSERT_TRUE(json.nextMember().value());
    EXPECT_EQ(json.key(), "c");
    EXPECT_EQ(json.string()->reveal(), "d");
    EXPECT_FALSE(json.nextMember().value());
    ASSERT_TRUE(json.nextMember().value());
    EXPECT_EQ(json.key(), "e");
    ASSERT_TRUE(json.skip());
    ASSERT_TRUE(json.nextMember().value());
    ASSERT_TRUE(json.skip());
    EXPECT_FALSE(json.nextMember().value());
    EXPECT_TRUE(json.end());
}

TEST(SecretJson, undoes_every_escape) {
    EXPECT_EQ(readString(R"("\"\\\/\b\f\n\r\t")"), "\"\\/\b\f\n\r\t");
    EXPECT_EQ(readString(R"("\u0041\u00e9\u20AC\ud83d\uDE00")"), "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
    EXPECT_EQ(readString(R"("\u0000")"), std::string("\0", 1));
    EXPECT_EQ(readString(R"("\u007f\u0080\u07ff\u0800\uffff")"),
              "\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF");
    EXPECT_EQ(readString(R"("\ud800\udc00\udbff\udfff")"), "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF");
    EXPECT_EQ(readString("\"gr\xC3\xB6\xC3\x9F"
                         "er \xF0\x9F\x98\x80\""),
              "gr\xC3\xB6\xC3\x9F"
              "er \xF0\x9F\x98\x80");
    EXPECT_EQ(readString(R"("")"), "");
}

TEST(SecretJson, refuses_bad_escapes_and_lone_surrogates) {
    for (const char* text : {R"("\x")", R"("\u12")", R"("\u12g4")", R"("\U0041")", R"("\ud800")",
                             R"("\ud800x")", R"("\ud800\n")", R"("\ud800\u0041")", R"("\udc00")",
                             R"("\ud800\ud800")", R"("\)", R"("\u)", R"("\ud800\u)"}) {
        EXPECT_FALSE(readString(text)) << text;
        EXPECT_FALSE(isAccepted(text)) << text;
    }
}

TEST(SecretJson, refuses_what_is_no_utf8) {
    for (const char* bytes :
         {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC3", "\xC3(", "\xE0\x80\x80", "\xE0\x9F\xBF",
          "\xED\xA0\x80", "\xED\xBF\xBF", "\xE2\x82", "\xE2\x82(", "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF",
          "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xF0\x9F\x98", "\xFE", "\xFF"}) {
        EXPECT_FALSE(readString('"' + std::string(bytes) + '"'));
    }
    EXPECT_FALSE(isAccepted("\xEF\xBB\xBF{}"));
}

TEST(SecretJson, is_as_strict_as_the_grammar) {
    for (const char* text : {"0", "-0", "0.5", "1e9", "1E+9", "1e-9", "-12.25", "1e999", "\t\r\n [ ] ",
                             "[[]]", R"({"":0,"":1})", "true"}) {
        EXPECT_TRUE(isAccepted(text)) << text;
    }
    for (const char* text :
         {"",         " ",       "01",        "-",       "+1",         ".5",         "1.",
          "1.e5",     "1e",      "1e+",       "0x1",     "NaN",        "Infinity",   "tru",
          "True",     "nul",     "truefalse", "[1,]",    "[,1]",       "[1 2]",      "[",
          "]",        "{",       "}",         "{,}",     R"({"a"})",   R"({"a":})",  R"({"a":1,})",
          R"({a:1})", "{'a':1}", R"({1:1})",  "[1}",     R"({"a":1])", "\"a",        "\"\n\"",
          "\"\x01\"", "1 2",     "[] []",     "// c\n1", "\"a\"\v",    "[1]\xC2\xA0"}) {
        EXPECT_FALSE(isAccepted(text)) << text;
    }
    EXPECT_FALSE(isAccepted(std::string_view("1\0", 2)));
    EXPECT_FALSE(isAccepted(std::string_view("\"a\0b\"", 5)));
}

TEST(SecretJson, limits_depth) {
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    EXPECT_TRUE(isAccepted(nested(SecretJson::maxDepth)));
    EXPECT_FALSE(isAccepted(nested(SecretJson::maxDepth + 1)));
    EXPECT_FALSE(isAccepted(std::string(1'000'000, '[')));
}

TEST(SecretJson, refuses_numbers_that_no_double_holds) {
    for (const char* text : {"1e999", "-1e999", "1e-999"}) {
        const Secret secret = Secret::copyOf(text);
        SecretJson json(secret);
        EXPECT_FALSE(json.number()) << text;
    }
}

TEST(SecretJson, names_the_byte_and_never_the_content) {
    const Secret text = Secret::copyOf(R"({"value":"CANARY" CANARY})");
    SecretJson json(text);
    const auto skipped = json.skip();
    ASSERT_FALSE(skipped);
    EXPECT_EQ(skipped.error().kind, Kind::bad_params);
    EXPECT_NE(skipped.error().message.find("byte 18"), std::string::npos) << skipped.error().message;
    EXPECT_EQ(skipped.error().message.find("CANARY"), std::string::npos);
}

constexpr std::string_view sample =
    R"({"kind":"cookies","list":[{"a":-1.5e+3,"b":"x\u00e9\ud83d\ude00\n","c":null,"d":[true,false,{}]},[],""],"é":0})";

TEST(SecretJson, a_text_cut_anywhere_is_an_error) {
    EXPECT_TRUE(isAccepted(sample));
    for (std::size_t size = 0; size < sample.size(); ++size)
        EXPECT_FALSE(isAccepted(sample.substr(0, size))) << size;
}

// nlohmann/json is strict too, so that the two must agree on every text.
TEST(SecretJson, agrees_with_another_parser_on_mutated_texts) {
    std::mt19937 random(20261121);
    constexpr std::string_view bytes = "{}[]\",:\\u0d8ceE+-.truefalsn \t\x01\x80\xC3\xFF";
    int accepted = 0;
    for (int i = 0; i < 10'000; ++i) {
        std::string text(sample);
        for (unsigned edits = 1 + random() % 3; edits > 0; --edits) {
            const std::size_t at = random() % text.size();
            if (random() % 3 == 0)
                text.erase(at, 1 + random() % 4);
            else if (random() % 2)
                text.insert(at, 1, bytes[random() % bytes.size()]);
            else
                text[at] = bytes[random() % bytes.size()];
            if (text.empty()) text = "1";
        }
        const bool here = isAccepted(text);
        ASSERT_EQ(here, nlohmann::json::accept(text)) << text;
        accepted += here;
    }
    EXPECT_GT(accepted, 100);
}

}  // namespace
}  // namespace auricle::vault
