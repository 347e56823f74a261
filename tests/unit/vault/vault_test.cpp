#include "vault/vault.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

namespace auricle::vault {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

const std::string uni = "https://uni.hosted.panopto.com";
constexpr Place page{"uni.hosted.panopto.com", "/Panopto/Pages/Viewer.aspx", true};

class VaultTest : public testing::Test {
  protected:
    std::int64_t nowMs() const {
        return std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
    }
    double nowSeconds() const { return static_cast<double>(nowMs()) / 1000; }
    static json cookie(std::string name, std::string value) {
        return {{"name", name},     {"value", value},    {"domain", "uni.hosted.panopto.com"},
                {"hostOnly", true}, {"path", "/"},       {"secure", true},
                {"httpOnly", true}, {"sameSite", "lax"}, {"session", true},
                {"storeId", "0"}};
    }
    static json cookiePut(json cookies) {
        return {{"kind", "cookies"},
                {"site", "panopto"},
                {"origin", uni},
                {"store", "0"},
                {"cookies", std::move(cookies)}};
    }
    Result<PutOutcome> put(const json& value) { return vault.put(Secret::copyOf(value.dump())); }
    Result<PutOutcome> putLogin(std::string value) {
        return put(cookiePut({cookie(".ASPXAUTH", std::move(value))}));
    }
    std::string header(Place place = page) { return std::string(vault.cookieHeader(key, place).reveal()); }
    EntryStatus status() { return vault.status().at(0); }
    /// An answer to a request that had cookies of this generation; the active one where none is named.
    void receive(Place place, std::string_view setCookie, std::optional<std::uint64_t> generation = {}) {
        const auto used = generation ? generation : vault.generation(key);
        receive(place, setCookie, used.value_or(0));
    }

    const Key key{"panopto", uni, "0"};
    std::chrono::system_clock::time_point now{1'795'000'000s};
    std::chrono::milliseconds jumped{0};  ///< what the wall clock is wrong by
    Vault vault{{{.site = "panopto", .login = {{".ASPXAUTH"}}, .helpful = {"csrfToken"}},
                 {.site = "mubi", .login = {{"lt"}}}},
                {.monotonic = [this] { return std::chrono::steady_clock::time_point(now - began); },
                 .wall = [this] { return now + jumped; }}};
    const std::chrono::system_clock::time_point began{1'794'000'000s};
};

TEST_F(VaultTest, keeps_what_the_site_needs_and_names_what_it_drops) {
    auto elsewhere = cookie("csrfToken", "x");
    elsewhere["domain"] = "other.hosted.panopto.com";
    auto expired = cookie("csrfToken", "x");
    expired["expirationDate"] = nowSeconds() - 1;
    auto otherStore = cookie("csrfToken", "x");
    otherStore["storeId"] = "1";
    auto malformed = cookie("csrfToken", "CANARY\n");
    const auto outcome = put(
        cookiePut({cookie(".ASPXAUTH", "CANARY"), cookie("csrfToken", "t"), cookie("UserSettings", "CANARY"),
                   elsewhere, expired, otherStore, malformed, cookie(".aspxauth", "CANARY")}));
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->key, key);
    EXPECT_EQ(outcome->kept, 2u);
    EXPECT_TRUE(outcome->isChanged);
    EXPECT_FALSE(outcome->isBearer);
    std::vector<std::pair<std::string, std::string>> dropped;
    for (const auto& [name, why] : outcome->dropped) dropped.emplace_back(name, why);
    EXPECT_EQ(dropped, (std::vector<std::pair<std::string, std::string>>{
                           {"UserSettings", "not needed by panopto"},
                           {"csrfToken", "belongs to another host"},
                           {"csrfToken", "expired"},
                           {"csrfToken", "belongs to another cookie store"},
                           {"csrfToken", "malformed"},
                           {".aspxauth", "not needed by panopto"}}));
    EXPECT_EQ(header(), ".ASPXAUTH=CANARY; csrfToken=t");
}

TEST_F(VaultTest, the_same_cookies_again_are_no_change) {
    std::vector<std::uint64_t> told;
    vault.onPut([&](const PutOutcome& outcome) { told.push_back(outcome.generation); });
    const auto first = put(cookiePut({cookie(".ASPXAUTH", "A"), cookie("csrfToken", "t")})).value();
    now += 1min;
    const auto again =
        put(cookiePut({cookie("csrfToken", "t"), cookie("Other", "y"), cookie(".ASPXAUTH", "A")})).value();
    EXPECT_FALSE(again.isChanged);
    EXPECT_EQ(again.generation, first.generation);
    EXPECT_EQ(again.kept, 2u);
    EXPECT_EQ(status().putAtMs, nowMs());
    const auto changed = put(cookiePut({cookie(".ASPXAUTH", "B"), cookie("csrfToken", "t")})).value();
    EXPECT_TRUE(changed.isChanged);
    EXPECT_GT(changed.generation, first.generation);
    EXPECT_EQ(told, (std::vector<std::uint64_t>{first.generation, changed.generation}));
    EXPECT_EQ(vault.generation(key), changed.generation);
    EXPECT_EQ(header(), ".ASPXAUTH=B; csrfToken=t");
}

TEST_F(VaultTest, the_same_session_prolonged_is_no_change_but_lives_longer) {
    auto first = cookie(".ASPXAUTH", "A"), longer = first;
    first["expirationDate"] = nowSeconds() + 60;
    longer["expirationDate"] = nowSeconds() + 7200;
    ASSERT_TRUE(put(cookiePut({first})));
    const auto again = put(cookiePut({longer})).value();
    EXPECT_FALSE(again.isChanged);
    EXPECT_EQ(again.expiresAtMs, nowMs() + 7'200'000);
    EXPECT_EQ(status().freshness, "fresh");
}

TEST_F(VaultTest, values_that_only_swap_places_are_a_change) {
    ASSERT_TRUE(put(cookiePut({cookie(".ASPXAUTH", "ab"), cookie("csrfToken", "c")})));
    EXPECT_TRUE(put(cookiePut({cookie(".ASPXAUTH", "a"), cookie("csrfToken", "bc")}))->isChanged);
}

TEST_F(VaultTest, generations_are_never_used_twice) {
    const auto first = putLogin("A")->generation;
    EXPECT_EQ(vault.forget({}, {}), 1u);
    EXPECT_FALSE(vault.generation(key));
    EXPECT_GT(putLogin("A")->generation, first);
}

TEST_F(VaultTest, without_a_login_cookie_it_says_what_it_looked_for_and_keeps_what_was_there) {
    ASSERT_TRUE(putLogin("A"));
    auto expired = cookie(".ASPXAUTH", "CANARY");
    expired["expirationDate"] = 1;
    for (const json& cookies : {json::array(), json{cookie("csrfToken", "CANARY")}, json{expired}}) {
        const auto outcome = put(cookiePut(cookies));
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error().kind, Kind::cookies_missing);
        EXPECT_NE(outcome.error().message.find(".ASPXAUTH"), std::string::npos);
        EXPECT_EQ(outcome.error().message.find("CANARY"), std::string::npos);
    }
    EXPECT_NE(put(cookiePut({expired})).error().message.find("expired"), std::string::npos);
    EXPECT_EQ(header(), ".ASPXAUTH=A");
}

TEST_F(VaultTest, bad_params_name_the_field) {
    const auto path = [&](json value) {
        const auto outcome = put(value);
        return outcome                                    ? "accepted"
               : outcome.error().kind == Kind::bad_params ? outcome.error().path
                                                          : "other";
    };
    const auto changed = [&](const char* field, json value) {
        json whole = cookiePut({cookie(".ASPXAUTH", "A")});
        whole[field] = std::move(value);
        return path(std::move(whole));
    };
    EXPECT_EQ(changed("extra", {{"a", 1}}), "accepted");
    EXPECT_EQ(changed("kind", "passwords"), "/kind");
    EXPECT_EQ(changed("kind", 1), "/kind");
    EXPECT_EQ(changed("site", "nowhere"), "/site");
    EXPECT_EQ(changed("site", json::array()), "/site");
    EXPECT_EQ(changed("origin", "http://uni.hosted.panopto.com"), "/origin");
    EXPECT_EQ(changed("origin", "https://uni.hosted.panopto.com/"), "/origin");
    EXPECT_EQ(changed("store", 0), "/store");
    EXPECT_EQ(changed("cookies", json::object()), "/cookies");
    EXPECT_EQ(changed("cookies", {cookie(".ASPXAUTH", "A"), 5}), "/cookies/1");
    auto wrong = cookie("a", "b");
    wrong["partitionKey"] = {{"topLevelSite", 7}};
    EXPECT_EQ(changed("cookies", {cookie(".ASPXAUTH", "A"), wrong}), "/cookies/1/partitionKey/topLevelSite");
    EXPECT_EQ(path(json::array()), "");
    EXPECT_EQ(path(json::object()), "/kind");
    for (const char* field : {"kind", "site", "origin", "cookies"}) {
        json without = cookiePut({cookie(".ASPXAUTH", "A")});
        without.erase(field);
        EXPECT_EQ(path(without), "/" + std::string(field));
    }
    json tooMany = json::array();
    for (int i = 0; i < 3001; ++i) tooMany.push_back(cookie("a", "b"));
    EXPECT_EQ(changed("cookies", tooMany), "/cookies");
}

TEST_F(VaultTest, one_request_uses_one_partition_the_one_with_the_login) {
    auto lms = cookie(".ASPXAUTH", "lms"), lmsCsrf = cookie("csrfToken", "lms");
    lms["partitionKey"] = lmsCsrf["partitionKey"] = {{"topLevelSite", "https://lms.example"}};
    const auto plain = cookie(".ASPXAUTH", "plain"), plainCsrf = cookie("csrfToken", "plain");
    EXPECT_EQ(put(cookiePut({plain, plainCsrf, lms, lmsCsrf}))->kept, 4u);
    EXPECT_EQ(header(), ".ASPXAUTH=lms; csrfToken=lms");
    ASSERT_TRUE(put(cookiePut({plain, plainCsrf, lmsCsrf})));
    EXPECT_EQ(header(), ".ASPXAUTH=plain; csrfToken=plain");
    lms["expirationDate"] = nowSeconds() + 60;
    ASSERT_TRUE(put(cookiePut({plain, plainCsrf, lms, lmsCsrf})));
    EXPECT_EQ(header(), ".ASPXAUTH=lms; csrfToken=lms");
    now += 2min;
    EXPECT_EQ(header(), ".ASPXAUTH=plain; csrfToken=plain");
}

TEST_F(VaultTest, gives_cookies_to_their_place_alone) {
    auto wide = cookie("csrfToken", "wide");
    wide["domain"] = ".hosted.panopto.com";
    wide["hostOnly"] = false;
    ASSERT_TRUE(put(cookiePut({cookie(".ASPXAUTH", "A"), wide})));
    EXPECT_EQ(header({"other.hosted.panopto.com", "/", true}), "csrfToken=wide");
    EXPECT_EQ(header({"cdn.example", "/", true}), "");
    EXPECT_EQ(header({"uni.hosted.panopto.com.evil.example", "/", true}), "");
    EXPECT_EQ(header({"uni.hosted.panopto.com", "/", false}), "");
    EXPECT_TRUE(vault.cookieHeader({"panopto", uni, "1"}, page).empty());
    EXPECT_TRUE(vault.cookieHeader({"mubi", uni, "0"}, page).empty());
}

TEST_F(VaultTest, counts_uses_and_judges_freshness_without_an_expiry) {
    ASSERT_TRUE(putLogin("A"));
    EXPECT_EQ(status().freshness, "unknown");
    header({"cdn.example", "/", true});
    EXPECT_EQ(status().uses, 0u);
    header();
    header();
    EXPECT_EQ(status().uses, 2u);
    EXPECT_EQ(status().lastUsedAtMs, nowMs());
    EXPECT_EQ(status().freshness, "unknown");
    vault.proved(key, *vault.generation(key));
    EXPECT_EQ(status().freshness, "fresh");
    now += 30min;
    EXPECT_EQ(status().freshness, "fresh");
    now += 1ms;
    EXPECT_EQ(status().freshness, "stale");
    EXPECT_FALSE(status().expiresAtMs);
    EXPECT_EQ(status().kind, "cookies");
    EXPECT_EQ(status().slot, "active");
    EXPECT_EQ(status().count, 1u);
}

TEST_F(VaultTest, judges_freshness_by_the_login_cookies_expiry) {
    auto login = cookie(".ASPXAUTH", "A"), csrf = cookie("csrfToken", "t");
    login["expirationDate"] = nowSeconds() + 3600;
    csrf["expirationDate"] = nowSeconds() + 60;
    EXPECT_EQ(put(cookiePut({login, csrf}))->expiresAtMs, nowMs() + 3'600'000);
    EXPECT_EQ(status().freshness, "fresh");
    now += 50min;
    EXPECT_EQ(status().freshness, "stale");
    now += 10min;
    EXPECT_EQ(status().freshness, "expired");
    EXPECT_EQ(header(), "");
}

TEST_F(VaultTest, forgets_by_site_by_origin_by_both_or_all) {
    const auto fill = [&] {
        vault.forget({}, {});
        ASSERT_TRUE(putLogin("A"));
        json mubi = {{"kind", "cookies"},
                     {"site", "mubi"},
                     {"origin", "https://mubi.com"},
                     {"cookies", json::array()}};
        mubi["cookies"].push_back({{"name", "lt"}, {"value", "x"}, {"domain", "mubi.com"}});
        ASSERT_TRUE(put(mubi));
        ASSERT_TRUE(put({{"kind", "bearer"}, {"origin", uni}, {"token", "t"}}));
    };
    fill();
    EXPECT_EQ(vault.status().size(), 3u);
    EXPECT_EQ(vault.forget("panopto", {}), 1u);
    EXPECT_EQ(vault.forget("panopto", {}), 0u);
    fill();
    EXPECT_EQ(vault.forget({}, uni), 2u);
    fill();
    EXPECT_EQ(vault.forget("panopto", "https://mubi.com"), 0u);
    EXPECT_EQ(vault.forget("mubi", "https://mubi.com"), 1u);
    EXPECT_EQ(vault.forget({}, {}), 2u);
    EXPECT_TRUE(vault.status().empty());
    EXPECT_EQ(header(), "");
    EXPECT_TRUE(vault.bearer(uni).empty());
}

TEST_F(VaultTest, keeps_a_bearer_for_its_origin) {
    const std::string api = "https://api.example.edu";
    json bearer = {{"kind", "bearer"}, {"origin", api}, {"token", "eyJ.a-b_c"}};
    const auto outcome = put(bearer).value();
    EXPECT_TRUE(outcome.isBearer);
    EXPECT_EQ(outcome.kept, 1u);
    EXPECT_EQ(outcome.key, (Key{"", api, ""}));
    EXPECT_EQ(vault.bearer(api).reveal(), "eyJ.a-b_c");
    EXPECT_TRUE(vault.bearer("https://api.example.edu:8443").empty());
    EXPECT_EQ(status().kind, "bearer");
    EXPECT_EQ(status().uses, 1u);
    EXPECT_FALSE(put(bearer)->isChanged);
    bearer["token"] = "other";
    EXPECT_TRUE(put(bearer)->isChanged);
}

TEST_F(VaultTest, a_bearers_expiry_is_a_time_or_ms) {
    json bearer = {{"kind", "bearer"}, {"origin", "https://api.example.edu"}, {"token", "t"}};
    bearer["expiresAt"] = nowMs() + 3'600'000;
    EXPECT_EQ(put(bearer)->expiresAtMs, nowMs() + 3'600'000);
    EXPECT_EQ(status().freshness, "fresh");
    bearer["expiresAt"] = "2026-11-18T11:06:40.500Z";
    EXPECT_EQ(put(bearer)->expiresAtMs, 1'795'000'000'500);
    EXPECT_EQ(status().freshness, "stale");
    now += 1s;
    EXPECT_EQ(status().freshness, "expired");
    bearer["expiresAt"] = nullptr;
    EXPECT_FALSE(put(bearer)->expiresAtMs);
    bearer["expiresAt"] = "tomorrow";
    EXPECT_EQ(put(bearer).error().path, "/expiresAt");
}

TEST_F(VaultTest, refuses_tokens_that_no_header_can_carry) {
    for (const json& token : {json(""), json("a b"), json("a\r\nX: y"), json("\xC3\xBC"),
                              json(std::string(16'385, 'x')), json(nullptr)}) {
        const auto outcome =
            put({{"kind", "bearer"}, {"origin", "https://api.example.edu"}, {"token", token}});
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error().path, "/token");
    }
}

TEST_F(VaultTest, an_answer_updates_what_the_site_needs) {
    const auto generation = put(cookiePut({cookie(".ASPXAUTH", "A"), cookie("csrfToken", "t")}))->generation;
    receive(page, ".ASPXAUTH=B; path=/; Secure; HttpOnly");
    receive(page, "UserSettings=x; path=/");
    EXPECT_EQ(header(), ".ASPXAUTH=B; csrfToken=t");
    EXPECT_EQ(vault.generation(key), generation);
    EXPECT_EQ(status().count, 2u);
    receive(page, "csrfToken=; path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
    EXPECT_EQ(header(), ".ASPXAUTH=B");
    receive(page, ".ASPXAUTH=gone; path=/; Max-Age=0");
    EXPECT_EQ(header(), "");
    EXPECT_EQ(status().freshness, "expired");
}

TEST_F(VaultTest, what_an_answer_set_is_not_undone_by_the_same_put) {
    ASSERT_TRUE(putLogin("A"));
    receive(page, ".ASPXAUTH=B; path=/; Secure");
    EXPECT_FALSE(putLogin("A")->isChanged);
    EXPECT_EQ(header(), ".ASPXAUTH=B");
}

TEST_F(VaultTest, an_answer_cannot_set_what_is_not_its_own) {
    ASSERT_TRUE(putLogin("A"));
    receive({"cdn.example", "/", true}, ".ASPXAUTH=evil; path=/");
    receive({"other.hosted.panopto.com", "/", true}, ".ASPXAUTH=evil; path=/");
    receive({"cdn.example", "/", true}, ".ASPXAUTH=evil; path=/; Domain=uni.hosted.panopto.com");
    receive(page, ".ASPXAUTH=evil; path=/; Domain=com");
    receive({"uni.hosted.panopto.com", "/", false}, ".ASPXAUTH=evil; path=/");
    receive(page, ".ASPXAUTH=evil\x01; path=/");
    receive(page, ".ASPXAUTH=" + std::string(5000, 'x') + "; path=/");
    vault.received({"panopto", uni, "1"}, page, ".ASPXAUTH=evil; path=/", *vault.generation(key));
    EXPECT_EQ(header(), ".ASPXAUTH=A");
    EXPECT_EQ(status().count, 1u);
    receive({"other.hosted.panopto.com", "/", true}, "csrfToken=wide; path=/; Domain=hosted.panopto.com");
    EXPECT_EQ(header(), ".ASPXAUTH=A; csrfToken=wide");
}

TEST_F(VaultTest, what_answers_set_is_bounded) {
    ASSERT_TRUE(putLogin("A"));
    for (int i = 0; i < 1000; ++i) receive(page, "csrfToken=x; path=/" + std::to_string(i));
    EXPECT_LE(status().count, 180u);
    receive(page, ".ASPXAUTH=B; path=/; Secure");
    EXPECT_EQ(header(), ".ASPXAUTH=B");
}

TEST_F(VaultTest, an_answer_stays_in_the_partition_of_its_request) {
    auto lms = cookie(".ASPXAUTH", "lms");
    lms["partitionKey"] = {{"topLevelSite", "https://lms.example"}};
    ASSERT_TRUE(put(cookiePut({cookie(".ASPXAUTH", "plain"), lms})));
    receive(page, ".ASPXAUTH=new; path=/; Secure");
    EXPECT_EQ(header(), ".ASPXAUTH=new");
    receive(page, ".ASPXAUTH=; path=/; Max-Age=0");
    EXPECT_EQ(header(), ".ASPXAUTH=plain");
}

TEST_F(VaultTest, long_and_unreadable_names_are_reported_short) {
    const std::string umlauts = [] {
        std::string text = "x";
        for (int i = 0; i < 100; ++i) text += "\xC3\xBC";
        return text;
    }();
    const auto outcome =
        put(cookiePut({cookie(umlauts, "v"), cookie("a\nb", "v"), cookie(".ASPXAUTH", "A")})).value();
    ASSERT_EQ(outcome.dropped.size(), 2u);
    EXPECT_LE(outcome.dropped[0].name.size(), 68u);
    EXPECT_NO_THROW((void)json(outcome.dropped[0].name).dump());
    EXPECT_EQ(outcome.dropped[1].name, "(unreadable)");
}

std::string wholePut() {
    return R"({"kind":"cookies","site":"panopto","origin":"https://uni.hosted.panopto.com","store":"0","cookies":[{"domain":)"
           R"("uni.hosted.panopto.com","expirationDate":1999999999.5,"hostOnly":true,"httpOnly":true,"name":".ASPXAUTH","path":"/",)"
           R"("partitionKey":{"topLevelSite":"https://lms.example"},"sameSite":"lax","secure":true,"session":false,"storeId":"0",)"
           R"("value":"CANARY\u0043ANARY"}]})";
}

TEST_F(VaultTest, a_text_cut_anywhere_is_bad_params_and_quotes_nothing) {
    ASSERT_TRUE(vault.put(Secret::copyOf(wholePut())));
    for (std::size_t size = 0; size < wholePut().size(); ++size) {
        const auto outcome = vault.put(Secret::copyOf(wholePut().substr(0, size)));
        ASSERT_FALSE(outcome) << size;
        EXPECT_EQ(outcome.error().kind, Kind::bad_params);
        EXPECT_EQ((outcome.error().message + outcome.error().path).find("CANARY"), std::string::npos);
    }
}

TEST_F(VaultTest, mutated_texts_give_typed_answers_that_quote_no_value) {
    std::mt19937 random(2);
    constexpr std::string_view bytes = "{}[]\",:\\u0d8c.-e1 \x01\x80\xC3";
    int good = 0;
    for (int i = 0; i < 10'000; ++i) {
        std::string text = wholePut();
        for (unsigned edits = 1 + random() % 3; edits > 0; --edits) {
            const std::size_t at = random() % text.size();
            if (random() % 3 == 0)
                text.erase(at, 1 + random() % 8);
            else if (random() % 2)
                text.insert(at, 1, bytes[random() % bytes.size()]);
            else
                text[at] = bytes[random() % bytes.size()];
        }
        const auto outcome = vault.put(Secret::copyOf(text));
        if (outcome) {
            ++good;
            continue;
        }
        EXPECT_TRUE(outcome.error().kind == Kind::bad_params ||
                    outcome.error().kind == Kind::cookies_missing);
        const std::string said = outcome.error().message + outcome.error().path;
        EXPECT_EQ(said.find("CANARY"), std::string::npos) << said;
    }
    EXPECT_GT(good, 100);
}

}  // namespace
}  // namespace auricle::vault
