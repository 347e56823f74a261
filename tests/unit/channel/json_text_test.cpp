#include "channel/json_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

namespace auricle::channel {
namespace {

bool isGood(std::string_view text) {
    return checkJson(text, 64) == JsonVerdict::good;
}

TEST(JsonText, takes_what_rfc_8259_calls_json) {
    for (const auto* text : {"null", " true ", "false", "0", "-0", "-1.5e+10", "1E5", "\"\"", "[]", "{}",
                             "[1,[2,{}],\"a\"]", R"({"a":{"b":[]},"":"\u00e9\n\/"})", "\t\r\n[ ]\n",
                             "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x8E\xA7\"", R"("\ud83d")", "\"\x7f\""}) {
        EXPECT_TRUE(isGood(text)) << text;
    }
}

TEST(JsonText, refuses_what_is_not_json) {
    for (const auto* text : {"",          " ",           "nul",        "truex", "01",
                             "-",         "1.",          ".5",         "1e",    "+1",
                             "NaN",       "Infinity",    "'a'",        "\"",    "\"\\\"",
                             "\"\\x\"",   "\"\\u12g4\"", "\"\\u12",    "[",     "[1",
                             "[1,",       "[1,]",        "[,1]",       "{",     "{\"a\"",
                             "{\"a\":",   "{\"a\":1",    "{\"a\":1,}", "{a:1}", "{1:1}",
                             "{\"a\" 1}", "[1}",         "{\"a\":1]",  "1 2",   "{}{}",
                             "[]]",       "\"\n\"",      "\"\x01\"",   "/**/1", "\xEF\xBB\xBF{}"}) {
        EXPECT_FALSE(isGood(text)) << text;
    }
    EXPECT_FALSE(isGood(std::string_view("{}\0", 3)));
    EXPECT_FALSE(isGood(std::string_view("\"a\0b\"", 5)));
}

TEST(JsonText, refuses_bytes_that_are_not_utf_8) {
    for (const auto* bytes :
         {"\x80", "\xC0\xAF", "\xC1\xBF", "\xC3", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xE2\x82",
          "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xF0\x9F\x8E"}) {
        EXPECT_FALSE(isGood("\"" + std::string(bytes) + "\""));
        EXPECT_FALSE(isGood("\"12345678" + std::string(bytes)));
    }
}

TEST(JsonText, sees_a_special_byte_at_every_place_of_a_long_string) {
    for (std::size_t at = 0; at < 40; ++at) {
        for (const char special : {'\x1f', '"', '\\', '\x80'}) {
            std::string text = "\"" + std::string(40, 'a') + "\"";
            text[at + 1] = special;
            EXPECT_FALSE(isGood(text)) << at << " " << static_cast<int>(special);
        }
    }
}

TEST(JsonText, counts_what_is_nested_up_to_the_limit) {
    const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    EXPECT_EQ(checkJson(nested(64), 64), JsonVerdict::good);
    EXPECT_EQ(checkJson(nested(65), 64), JsonVerdict::too_deep);
    EXPECT_EQ(checkJson(std::string(8'000'000, '['), 64), JsonVerdict::too_deep);
    EXPECT_EQ(checkJson("[" + nested(3) + "," + nested(3) + "]", 4), JsonVerdict::good);
}

TEST(JsonText, decodes_strings) {
    const auto decoded = [](std::string_view text) { return JsonView(text).string(); };
    EXPECT_EQ(decoded(R"("a\"\\\/\b\f\n\r\tb")"), "a\"\\/\b\f\n\r\tb");
    EXPECT_EQ(decoded(R"("\u0041\u00e9\u20AC\ud83c\udfa7")"), "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x8E\xA7");
    EXPECT_EQ(decoded(R"("\ud83c")"), "\xEF\xBF\xBD");
    EXPECT_EQ(decoded(R"("\ud83c\u0041")"),
              "\xEF\xBF\xBD"
              "A");
    EXPECT_EQ(decoded(R"("\udfa7x")"), "\xEF\xBF\xBDx");
    EXPECT_EQ(decoded(R"("\ud83c\ud83c\udfa7")"), "\xEF\xBF\xBD\xF0\x9F\x8E\xA7");
    EXPECT_EQ(decoded(R"("a\u0000b")"), std::string("a\0b", 3));
}

TEST(JsonText, compares_names_by_what_they_mean) {
    EXPECT_TRUE(JsonView(R"("method")").is("method"));
    EXPECT_TRUE(JsonView(R"("\u006dethod")").is("method"));
    EXPECT_FALSE(JsonView(R"("methods")").is("method"));
    EXPECT_FALSE(JsonView("1").is("1"));
}

TEST(JsonText, reads_integers_that_fit_and_nothing_else) {
    EXPECT_EQ(JsonView("-12").integer(), -12);
    EXPECT_EQ(JsonView("9223372036854775807").integer(), INT64_MAX);
    for (const auto* text : {"9223372036854775808", "1.0", "1e3", "1e400", "\"1\""})
        EXPECT_FALSE(JsonView(text).integer()) << text;
}

TEST(JsonText, finds_members_and_elements_around_what_is_nested) {
    const JsonView object(R"( { "a" : [ {"b":"]}\"" } , 2 ] , "c":"\\" ,"d": 1.5e3 } )");
    const auto members = object.members(10);
    ASSERT_TRUE(members);
    ASSERT_EQ(members->size(), 3U);
    EXPECT_EQ((*members)[0].value.text(), R"([ {"b":"]}\"" } , 2 ])");
    EXPECT_EQ((*members)[1].value.text(), R"("\\")");
    EXPECT_EQ((*members)[2].name.text(), R"("d")");
    EXPECT_EQ((*members)[2].value.text(), "1.5e3");
    const auto elements = (*members)[0].value.elements(10);
    ASSERT_TRUE(elements);
    EXPECT_EQ(elements->size(), 2U);
    EXPECT_FALSE(object.members(2));
    EXPECT_TRUE(JsonView("{}").members(0));
}

/// Two that two readers may differ on: numbers that no double holds, and surrogates on their own.
bool isMatterOfTaste(const std::string& text) {
    return text.find("\\u") != std::string::npos || text.find_first_of("eE") != std::string::npos ||
           text.size() > 300;
}

TEST(JsonText, agrees_with_another_parser_on_thousands_of_broken_texts) {
    const std::vector<std::string> seeds{
        R"({"jsonrpc":"2.0","id":1,"method":"m","params":{"a":[1,-2.5,true,null,{}],"b":"x\\y\"z"}})",
        R"([[],{},"",[0,[1]],"a"])", "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x8E\xA7 plain plain\"", "-0.5",
        "{\"\":{\"\":[]}}"};
    const std::string alphabet = "{}[]\",:\\ 0123456789.-+truefalsn\n\t\x01\x80\xC3\xE2\xF0\xBF/";
    std::mt19937 random(20261121);
    unsigned good = 0;
    for (int i = 0; i < 60'000; ++i) {
        std::string text = seeds[random() % seeds.size()];
        for (unsigned changes = random() % 4 + 1; changes > 0 && !text.empty(); --changes) {
            const std::size_t at = random() % text.size();
            switch (random() % 3) {
                case 0:
                    text[at] = alphabet[random() % alphabet.size()];
                    break;
                case 1:
                    text.erase(at, random() % 3 + 1);
                    break;
                default:
                    text.insert(at, 1, alphabet[random() % alphabet.size()]);
                    break;
            }
        }
        if (isMatterOfTaste(text)) continue;
        const bool isAccepted = nlohmann::json::accept(text);
        good += isAccepted;
        ASSERT_EQ(isGood(text), isAccepted) << text;
    }
    EXPECT_GT(good, 100U);
}

TEST(JsonText, what_it_takes_it_reads_as_another_parser_does) {
    const std::string text = R"({"a\u0062":"\t\u00e9","n":[1,{"k":"v,]}"},"x"],"o":{"p":-7}})";
    ASSERT_TRUE(isGood(text));
    const auto parsed = nlohmann::json::parse(text);
    const auto members = JsonView(text).members(9);
    ASSERT_TRUE(members);
    for (const auto& [name, value] : *members) {
        EXPECT_EQ(nlohmann::json::parse(value.text()), parsed.at(name.string()));
    }
}

}  // namespace
}  // namespace auricle::channel
