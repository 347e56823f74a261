#include "vault/mubi_session.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "system/base64.h"
#include "vault/secret_base64.h"
#include "vault/web_token.h"

namespace auricle::vault {
namespace {

std::string encoded(std::string_view text) {
    return auricle::toBase64(std::as_bytes(std::span(text.data(), text.size())));
}

std::optional<MubiSession> sessionOf(const std::string& cookies) {
    return mubiSessionOf(Secret::copyOf(cookies));
}

nlohmann::json customData(const MubiSession& session, std::string_view account) {
    const auto made = mubiCustomData(session, account);
    if (made.empty()) return nullptr;
    const auto bytes = auricle::fromBase64(made.reveal());
    if (!bytes) throw std::invalid_argument("no base64");
    return nlohmann::json::parse(reinterpret_cast<const char*>(bytes->data()),
                                 reinterpret_cast<const char*>(bytes->data()) + bytes->size());
}

const std::string documents = R"({"token":"tok","user_id":12345,"id":"ses\"sion"})";

TEST(MubiSession, is_the_token_in_lt_before_anything_else) {
    const auto session = sessionOf("a=1; lt=the.token; _mubi_session=" + encoded(documents));
    ASSERT_TRUE(session);
    EXPECT_EQ(describe(session->form), "the cookie lt");
    EXPECT_EQ(session->token.reveal(), "the.token");
    EXPECT_EQ(customData(*session, "77"),
              (nlohmann::json{{"userId", 77}, {"sessionId", "the.token"}, {"merchant", "mubi"}}));
    EXPECT_EQ(customData(*session, ""), nullptr);
    EXPECT_EQ(customData(*session, "77,\"x\":1"), nullptr);
}

TEST(MubiSession, is_the_token_in_document_002s_cookie_in_every_way_of_writing_base64) {
    auto url = encoded(documents);
    for (auto& c : url) c = c == '+' ? '-' : c == '/' ? '_' : c;
    auto bare = encoded(documents);
    while (bare.ends_with('=')) bare.pop_back();
    auto percent = encoded(documents);
    for (auto at = percent.find('='); at != percent.npos; at = percent.find('='))
        percent.replace(at, 1, "%3D");
    for (const auto& value : {encoded(documents), url, bare, percent}) {
        const auto session = sessionOf("_mubi_session=" + value + "; remember_token=x");
        ASSERT_TRUE(session) << value;
        EXPECT_EQ(describe(session->form), "the cookie _mubi_session");
        EXPECT_EQ(session->token.reveal(), "tok");
        EXPECT_EQ(customData(*session, "77"),
                  (nlohmann::json{{"userId", 12345}, {"sessionId", "ses\"sion"}, {"merchant", "mubi"}}));
    }
}

TEST(MubiSession, may_have_its_ids_as_text_or_as_numbers) {
    const auto session = sessionOf("_mubi_session=" + encoded(R"({"id":9,"user_id":"u-1","token":"tok"})"));
    ASSERT_TRUE(session);
    EXPECT_EQ(customData(*session, ""),
              (nlohmann::json{{"userId", "u-1"}, {"sessionId", 9}, {"merchant", "mubi"}}));
}

TEST(MubiSession, is_not_in_what_everybody_gets_nor_in_what_no_header_can_hold) {
    for (const std::string& cookies :
         {std::string(), std::string("remember_token=x"), std::string("lt="), std::string("xlt=tok"),
          std::string("_mubi_session=c29tZSBieXRlcw%3D%3D--ab"), std::string("_mubi_session=****"),
          "_mubi_session=" + encoded(R"({"user_id":1,"id":2})"),
          "_mubi_session=" + encoded(R"({"token":""})"), "_mubi_session=" + encoded(R"({"token":7})"),
          "_mubi_session=" + encoded("{\"token\":\"a\\r\\nX: y\"}"),
          "_mubi_session=" + encoded(R"({"token":"tok"} and more)"),
          "_mubi_session=" + encoded(R"(["tok"])")})
        EXPECT_FALSE(sessionOf(cookies)) << cookies;
}

TEST(MubiSession, ends_when_its_token_says_so) {
    const std::string claims = R"({"sub":"1","exp":1800000000.5,"x":{"exp":1}})";
    const auto session = sessionOf("lt=" + encoded("{}") + "." + encoded(claims) + ".c2ln");
    ASSERT_TRUE(session);
    EXPECT_EQ(session->expiresAtMs, 1'800'000'000'500);
}

TEST(WebToken, says_nothing_where_it_is_none) {
    const auto claims = encoded(R"({"exp":1800000000})");
    for (const std::string& token :
         {std::string(), std::string("0123abcd"), "a." + claims, "a." + claims + ".b.c",
          std::string("a.****.b"), "a." + encoded(R"({"exp":"soon"})") + ".b",
          "a." + encoded(R"({"exp":-1})") + ".b", "a." + encoded(R"({"exp":1e300})") + ".b",
          "a." + encoded("[1]") + ".b"})
        EXPECT_FALSE(expiryOfWebToken(Secret::copyOf(token))) << token;
}

TEST(SecretBase64, agrees_with_the_plain_one_and_refuses_what_is_none) {
    for (std::size_t size = 0; size < 40; ++size) {
        std::string text(size, '\0');
        for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 37 + size * 11);
        const auto secret = toBase64(Secret::copyOf(text));
        EXPECT_EQ(secret.reveal(), encoded(text));
        const auto back = fromBase64(secret.reveal());
        ASSERT_TRUE(back);
        EXPECT_EQ(back->reveal(), text);
    }
    for (const auto* text : {"A", "AAAAA", "AB=C", "AA===", "AA A", "AB", "AAF"})
        EXPECT_FALSE(fromBase64(text)) << text;
}

}  // namespace
}  // namespace auricle::vault
