#include "sites/mubi.h"

#include <gtest/gtest.h>

#include "tests/unit/sites/scripted_client.h"

namespace auricle::sites {
namespace {

using test::Answer;

const std::string api = "https://api.mubi.com";
const std::string status = "GET " + api + "/v3/auth/status";
const std::string account = "GET " + api + "/v4/account";
const std::string film = "GET " + api + "/v4/films/the-listener";
const std::string viewing = "POST " + api + "/v4/films/77/viewing?parental_lock_enabled=true";
const std::string secureUrl = "GET " + api + "/v4/films/77/viewing/secure_url";
const std::string manifest = "https://streams.mubicdn.net/a/manifest.mpd";

/// Stands for a session; the token itself is another's business.
class Session final : public net::Credentials {
  public:
    vault::Secret cookies(const net::Url&) override { return {}; }
    vault::Secret authorization(const net::Url&) override { return {}; }
    std::string madeOf() override { return of; }
    void received(const net::Url&, std::string_view) override {}
    std::string of = "the cookie lt";
};

class MubiSite : public testing::Test {
  protected:
    MubiSite() {
        http.answer(status, {.status = 404, .body = R"({"code":404})"});
        http.answer(account, {.body = R"({"id":12345,"email":"canary","country":{"code":"DE"}})"});
        http.answer(film,
                    {.body = R"({"id":77,"slug":"the-listener","title":"The Listener","duration":94})"});
    }
    Visit visit() { return {http, session, timing, stop.get_token()}; }
    Result<Plan> resolve(const std::string& path = "/films/the-listener") {
        auto page = *site.recognise(test::url("https://mubi.com" + path));
        auto with = visit();
        return test::runToEnd(site.resolve(page, with));
    }
    Result<Login> check() {
        std::string origin = "https://mubi.com";
        auto with = visit();
        return test::runToEnd(site.checkLogin(std::move(origin), with));
    }
    std::string header(std::size_t index, std::string_view name) const {
        for (const auto& one : http.asked().at(index).headers) {
            if (one.name == name) return one.value;
        }
        return "(none)";
    }

    test::ScriptedClient http;
    Session session;
    test::Pauses pauses;
    net::Timing timing = pauses.timing();
    std::stop_source stop;
    Mubi site{[] { return std::chrono::sys_days{std::chrono::year{2026} / 11 / 21}; }};
};

TEST_F(MubiSite, KnowsAFilmByItsWordOrNumberBelowALanguageAndACountry) {
    for (const auto& [path, id] :
         std::initializer_list<std::pair<std::string, std::string>>{{"/films/the-listener", "the-listener"},
                                                                    {"/FILMS/The-Listener/", "the-listener"},
                                                                    {"/films/77?x=1", "77"},
                                                                    {"/de/films/a_b", "a_b"},
                                                                    {"/pt-br/br/films/77/player", "77"},
                                                                    {"/en/us/films/77/trailer", "77"}}) {
        auto page = site.recognise(test::url("https://mubi.com" + path));
        ASSERT_TRUE(page) << path;
        EXPECT_EQ(page->id, id);
        EXPECT_EQ(page->origin, "https://mubi.com");
        EXPECT_EQ(isMubiTrailer(*page), path.ends_with("trailer"));
        // What is written down is recognised again, as the same.
        EXPECT_EQ(site.recognise(page->url)->url, page->url);
    }
    EXPECT_EQ(site.recognise(test::url("https://www.mubi.com/films/77"))->url.text(),
              "https://mubi.com/films/77");
    EXPECT_EQ(mubiLocale(*site.recognise(test::url("https://mubi.com/en/us/films/77"))).country, "US");
}

TEST_F(MubiSite, KnowsNothingElse) {
    for (const auto* text :
         {"https://mubi.com/", "https://mubi.com/films", "https://mubi.com/films/",
          "https://mubi.com/films/a/b", "https://mubi.com/films/a/trailer/b",
          "https://mubi.com/lists/films/a", "https://mubi.com/en/us/x/films/a",
          "https://mubi.com/eng/films/a", "https://mubi.com/films/a%2fb", "https://api.mubi.com/films/a",
          "https://mubi.com:8443/films/a", "http://127.0.0.1/films/a", "https://mubi.com.example/films/a"})
        EXPECT_FALSE(site.recognise(test::url(text))) << text;
}

TEST_F(MubiSite, AsksNothingWithoutASession) {
    session.of.clear();
    auto plan = resolve();
    ASSERT_FALSE(plan);
    EXPECT_EQ(plan.error().kind, Kind::cookies_missing);
    EXPECT_EQ(check().error().kind, Kind::cookies_missing);
    EXPECT_TRUE(http.asked().empty());
}

TEST_F(MubiSite, SaysWhoIsSignedInAndAsksForDocument002sAddressOnceOnlyWhereItIsNone) {
    for (int i = 0; i < 2; ++i) {
        auto login = check();
        ASSERT_TRUE(login) << login.error().message;
        EXPECT_EQ(login->account, "12345");
    }
    EXPECT_EQ(http.count(status), 1u);
    EXPECT_EQ(http.count(account), 2u);
}

TEST_F(MubiSite, BelievesDocument002sAddressWhereItAnswers) {
    test::ScriptedClient answering;
    answering.answer(status, {.body = "{}"});
    Visit with{answering, session, timing, stop.get_token()};
    std::string origin = "https://mubi.com";
    EXPECT_TRUE(test::runToEnd(site.checkLogin(std::move(origin), with)));
    EXPECT_EQ(answering.asked().size(), 1u);
}

TEST_F(MubiSite, JudgesEachRefusalByStatusAndCode) {
    struct Row {
        int status;
        std::string body;
        Kind kind;
        std::string sentence;
    };
    const std::string invalid =
        R"({"code":8,"message":"Invalid login token","user_message":"Your session has expired."})";
    const std::string away =
        R"({"code":50,"message":"Film not authorized","user_message":"Not in your\nlocation"})";
    for (const auto& row :
         std::initializer_list<Row>{{401, invalid, Kind::login_required, "(of the cookie lt)"},
                                    {401, "", Kind::login_required, "Sign in"},
                                    {422, invalid, Kind::login_required, "Sign in"},
                                    {422, away, Kind::forbidden, "“Not in your location”"},
                                    {422, "<html>", Kind::forbidden, "does not give this"},
                                    {403, R"({"message":"Blocked"})", Kind::forbidden, "“Blocked”"},
                                    {404, "", Kind::not_found, "no film"},
                                    {418, away + "x", Kind::network, "status 418"}}) {
        test::ScriptedClient refusing;
        refusing.answer(status, {.status = 404});
        refusing.answer(account, {.status = row.status, .body = row.body});
        Visit with{refusing, session, timing, stop.get_token()};
        std::string origin = "https://mubi.com";
        Mubi fresh;
        auto login = test::runToEnd(fresh.checkLogin(std::move(origin), with));
        ASSERT_FALSE(login);
        EXPECT_EQ(login.error().kind, row.kind) << row.status << row.body;
        EXPECT_NE(login.error().message.find(row.sentence), std::string::npos) << login.error().message;
    }
}

TEST_F(MubiSite, WaitsAsLongAsItIsAskedToAndReportsItWhereItOnlyLooks) {
    http.answer(viewing, {.status = 429, .headers = {{"Retry-After", "7"}}});
    http.answer(viewing, {.status = 422, .body = R"({"code":50,"user_message":"No."})"});
    EXPECT_EQ(resolve().error().kind, Kind::forbidden);
    EXPECT_EQ(pauses.taken, std::vector{std::chrono::milliseconds(7000)});
    test::ScriptedClient busy;
    busy.answer(account, {.status = 429, .headers = {{"Retry-After", "7"}}});
    Visit with{busy, session, timing, stop.get_token()};
    std::string origin = "https://mubi.com";
    auto login = test::runToEnd(site.checkLogin(std::move(origin), with));
    EXPECT_EQ(login.error().kind, Kind::rate_limited);
    EXPECT_EQ(login.error().retryAfterMs, 7000);
}

TEST_F(MubiSite, AsksAsTheSitesOwnPageDoes) {
    http.answer(viewing, {.body = "{}"});
    http.answer(secureUrl,
                {.body = R"({"url":null,"urls":[{"src":7},"x",{"src":"http://plain.example/a"}]})"});
    auto plan = resolve("/fr/us/films/the-listener");
    EXPECT_EQ(plan.error().kind, Kind::not_media);
    std::vector<std::string> lines;
    for (const auto& one : http.asked()) lines.push_back(one.method + " " + one.url);
    EXPECT_EQ(lines, (std::vector{status, account, film, viewing, secureUrl}));
    EXPECT_EQ(header(0, "Client-Country"), "US");
    EXPECT_EQ(header(4, "Client-Country"), "DE");
    EXPECT_EQ(header(4, "Client"), "web");
    EXPECT_EQ(header(4, "Accept-Language"), "fr");
    EXPECT_EQ(header(4, "Origin"), "https://mubi.com");
    for (const auto& one : http.asked()) EXPECT_TRUE(one.hadCredentials);
}

TEST_F(MubiSite, TakesARefusedStreamForAnAddressWhoseTimeIsOver) {
    auto page = *site.recognise(test::url("https://mubi.com/films/77"));
    for (int code : {401, 403}) {
        net::ResponseHead head{.status = code, .headers = {}, .url = test::url(manifest)};
        auto judged = site.judgeMedia(page, head);
        EXPECT_EQ(judged.error().kind, Kind::forbidden);
        EXPECT_TRUE(judged.error().retryable);
    }
}

}  // namespace
}  // namespace auricle::sites
