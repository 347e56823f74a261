#include "sites/panopto_listing.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sites/panopto.h"
#include "tests/unit/sites/scripted_client.h"

namespace auricle::sites {
namespace {

using nlohmann::json;
using test::Answer;

const std::string tenant = "https://uni.hosted.panopto.com";
const std::string listAddress = tenant + "/Panopto/Pages/Sessions/List.aspx";
const std::string getSessions = "POST " + tenant + "/Panopto/Services/Data.svc/GetSessions";
const std::string openList = "GET " + listAddress;
const std::string folderId = "e4c6a2fc-1214-4ca0-8fb7-aef2e29ff63a";
const std::string playlistId = "5015fe0b-af9d-465f-af3a-ae2400ac29ae";
const std::string sessionList = "49d05f87-0000-4000-8000-ae2400ac29ba";
const std::string getPlaylist = "GET " + tenant + "/Panopto/Api/Playlists/" + playlistId;
const std::string getItems = "GET " + tenant + "/Panopto/Api/SessionLists/" + sessionList +
                             "?collections[0].maxCount=500&collections[0].name=items";
const std::string signInPage = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>";

std::string idOfRow(std::size_t n) {
    char text[40];
    std::snprintf(text, sizeof text, "26B3AE9E-4a48-4dcc-96ba-%012zx", n);
    return text;
}

json sessionRow(std::size_t n) {
    return {{"__type", "SessionRow:#Panopto.Data.DB.WebUI"},        {"DeliveryID", idOfRow(n)},
            {"SessionName", "Lecture " + std::to_string(n)},        {"Duration", 3197.75},
            {"ViewerUrl", "https://evil.example/Viewer.aspx?id=1"}, {"IsDownloadAvailable", true}};
}

std::string sessionsAnswer(const json& rows, std::size_t total) {
    return json{{"d",
                 {{"Results", rows},
                  {"TotalNumber", total},
                  {"Subfolders", {{{"ID", folderId}, {"Name", "Seminars"}}}}}}}
        .dump();
}

class PanoptoList : public testing::Test {
  protected:
    Result<Items> list(const std::string& address, Range range = {.first = 0, .most = 250}) {
        auto hash = std::min(address.find('#'), address.size());
        auto page = site.recogniseList(test::url(address.substr(0, hash)),
                                       address.substr(std::min(hash + 1, address.size())));
        if (!page) return fail(Kind::unsupported_site, "not known");
        Visit visit{http, credentials, timing, stop.get_token()};
        return test::runToEnd(site.list(*page, range, visit));
    }
    json query(std::size_t n = 0) { return json::parse(http.asked().at(n).body)["queryParameters"]; }

    test::ScriptedClient http;
    test::NoCredentials credentials;
    test::Pauses pauses;
    net::Timing timing = pauses.timing();
    std::stop_source stop;
    Panopto site{{.vanityHosts = {"lectures.uni.example"}},
                 [] { return std::chrono::sys_days{std::chrono::year{2026} / 11 / 21}; }};
};

TEST_F(PanoptoList, IsKnownByItsAddressInEveryFormItIsWritten) {
    struct Form {
        std::string address, kind, id, search;
    };
    const std::vector<Form> forms{
        {listAddress + "#folderID=\"" + folderId + "\"", "folder", folderId, ""},
        {listAddress + "#folderID=%22E4C6A2FC-1214-4CA0-8FB7-AEF2E29FF63A%22", "folder", folderId, ""},
        {listAddress + "#view=2&folderid=" + folderId + "&maxResults=250", "folder", folderId, ""},
        {listAddress + "?embedded=1#folderID=%22" + folderId + "%22&query=%22hearing%20aids%22", "folder",
         folderId, "hearing aids"},
        {tenant + "/panopto/pages/sessions/LIST.aspx#isSharedWithMe=true", "shared", "", ""},
        {listAddress + "#isSubscriptionsPage=true", "subscriptions", "", ""},
        {listAddress + "#isSharedWithMe=false", "everything", "", ""},
        {listAddress + "#folderID=null&view=2", "everything", "", ""},
        {listAddress, "everything", "", ""},
        {"https://lectures.uni.example/Panopto/Pages/Sessions/List.aspx", "everything", "", ""},
        {tenant + "/Panopto/Pages/Viewer.aspx?pid=" + playlistId, "playlist", playlistId, ""},
        {tenant + "/Panopto/Pages/Viewer.aspx?id=" + folderId + "&pid=" + playlistId, "playlist", playlistId,
         ""},
    };
    for (const auto& form : forms) {
        auto hash = std::min(form.address.find('#'), form.address.size());
        auto page = site.recogniseList(test::url(form.address.substr(0, hash)),
                                       form.address.substr(std::min(hash + 1, form.address.size())));
        ASSERT_TRUE(page) << form.address;
        EXPECT_EQ(page->kind, form.kind) << form.address;
        EXPECT_EQ(page->id, form.id) << form.address;
        EXPECT_EQ(page->search, form.search) << form.address;
    }
}

TEST_F(PanoptoList, IsNotTakenForOneWhereItIsNone) {
    for (const auto& [address, fragment] : std::vector<std::pair<std::string, std::string>>{
             {"https://evil.example/Panopto/Pages/Sessions/List.aspx", ""},
             {"https://panopto.com.evil.example/Panopto/Pages/Sessions/List.aspx", ""},
             {listAddress, "folderID=%22../../x%22"},
             {listAddress, "folderID={\"a\":1}"},
             {tenant + "/Panopto/Pages/Home.aspx", ""},
             {tenant + "/Panopto/Pages/Viewer.aspx?id=" + folderId, ""},
             {tenant + "/Panopto/Pages/Viewer.aspx?pid=nonsense", ""}}) {
        EXPECT_FALSE(site.recogniseList(test::url(address), fragment)) << address << " " << fragment;
    }
}

TEST_F(PanoptoList, AsksForAFolderAsPanoptosOwnPageDoesAndNamesItsRecordings) {
    auto off = sessionRow(2);
    off["IsDownloadAvailable"] = false;
    off["Duration"] = nullptr;
    off["SessionName"] = "  Lecture\n\t2 ";
    http.answer(getSessions, {.body = sessionsAnswer(json::array({sessionRow(1), off}), 2)});
    auto found = list(listAddress + "#folderID=%22" + folderId + "%22");
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(query(), (json{{"query", nullptr},
                             {"sortColumn", 1},
                             {"sortAscending", true},
                             {"maxResults", 250},
                             {"page", 0},
                             {"startDate", nullptr},
                             {"endDate", nullptr},
                             {"folderID", folderId},
                             {"bookmarked", false},
                             {"getFolderData", true},
                             {"isSharedWithMe", false},
                             {"isSubscriptionsPage", false},
                             {"includeArchived", true},
                             {"includePlaylists", false}}));
    EXPECT_TRUE(http.asked()[0].hadCredentials);
    EXPECT_EQ(found->total, 2u);
    EXPECT_FALSE(found->next);
    ASSERT_EQ(found->items.size(), 2u);
    EXPECT_EQ(found->items[0].page,
              tenant + "/Panopto/Pages/Viewer.aspx?id=26b3ae9e-4a48-4dcc-96ba-000000000001");
    EXPECT_EQ(found->items[0].title, "Lecture 1");
    EXPECT_EQ(found->items[0].durationMs, 3'197'750u);
    EXPECT_TRUE(found->items[0].isDownloadable);
    EXPECT_EQ(found->items[1].title, "Lecture 2");
    EXPECT_EQ(found->items[1].durationMs, 0u);
    EXPECT_FALSE(found->items[1].isDownloadable);
    auto reduced = site.recognise(test::url(found->items[0].page));
    ASSERT_TRUE(reduced);
    EXPECT_EQ(reduced->url.text(), found->items[0].page);
}

TEST_F(PanoptoList, AsksForWhatIsSharedAndForSubscriptionsByTheirFlags) {
    http.answer(getSessions, {.body = sessionsAnswer(json::array({sessionRow(1)}), 1)});
    ASSERT_TRUE(list(listAddress + "#isSharedWithMe=true"));
    ASSERT_TRUE(list(listAddress + "#isSubscriptionsPage=true"));
    EXPECT_EQ(query(0)["isSharedWithMe"], true);
    EXPECT_EQ(query(0)["isSubscriptionsPage"], false);
    EXPECT_EQ(query(0)["folderID"], nullptr);
    EXPECT_EQ(query(1)["isSharedWithMe"], false);
    EXPECT_EQ(query(1)["isSubscriptionsPage"], true);
}

TEST_F(PanoptoList, GoesOnWhereItStoppedWhateverTheLengthsOfItsParts) {
    std::vector<std::uint64_t> seen;
    for (auto [first, most] : std::vector<std::pair<std::uint64_t, std::size_t>>{
             {0, 100}, {100, 100}, {200, 250}, {250, 1000}, {30, 20}}) {
        http.answer(getSessions, {.body = sessionsAnswer(json::array({sessionRow(1)}), 1000)});
        auto found = list(listAddress, {.first = first, .most = most});
        ASSERT_TRUE(found);
        auto asked = query(http.asked().size() - 1);
        auto rows = asked["maxResults"].get<std::uint64_t>();
        EXPECT_EQ(asked["page"].get<std::uint64_t>() * rows, first);
        EXPECT_LE(rows, std::min<std::size_t>(most, 250));
        EXPECT_EQ(found->next, first + 1);
    }
}

TEST_F(PanoptoList, KnowsEveryFormOfALoggedOutSession) {
    const std::vector<std::pair<std::string, Answer>> matrix{
        {"a sign-in page with 200", {.body = signInPage}},
        {"Login.aspx",
         {.status = 302,
          .headers = {{"Location", "/Panopto/Pages/Auth/Login.aspx?Auth=FolderView&panoptoState=" + folderId +
                                       "&ErrorKey=Controls_Login_NoFolderAccess"}}}},
        {"another host", {.status = 302, .headers = {{"Location", "https://idp.uni.example/saml2/sso"}}}},
        {"401", {.status = 401, .body = "x"}},
        {"403", {.status = 403, .body = signInPage}},
    };
    for (const auto& [what, answer] : matrix) {
        test::ScriptedClient fresh;
        std::swap(http, fresh);
        http.answer(getSessions, answer);
        http.answer(getPlaylist, answer);
        for (const auto& address : {listAddress, tenant + "/Panopto/Pages/Viewer.aspx?pid=" + playlistId}) {
            auto found = list(address);
            ASSERT_FALSE(found) << what;
            EXPECT_EQ(found.error().kind, Kind::login_required) << what;
            EXPECT_FALSE(found.error().retryable) << what;
        }
    }
}

TEST_F(PanoptoList, BelievesAnEmptyListOnlyWhereThePageOpensWithoutASignIn) {
    http.answer(getSessions, {.body = sessionsAnswer(json::array(), 0)});
    http.answer(openList, {.body = signInPage});
    auto empty = list(listAddress + "#folderID=%22" + folderId + "%22");
    ASSERT_TRUE(empty) << empty.error().message;
    EXPECT_TRUE(empty->items.empty());
    EXPECT_EQ(empty->total, 0u);
    EXPECT_FALSE(empty->next);

    test::ScriptedClient fresh;
    std::swap(http, fresh);
    http.answer(getSessions, {.body = sessionsAnswer(json::array(), 0)});
    http.answer(openList,
                {.status = 302, .headers = {{"Location", "/Panopto/Pages/Auth/Login.aspx?Auth=FolderView"}}});
    auto hidden = list(listAddress + "#folderID=%22" + folderId + "%22");
    ASSERT_FALSE(hidden);
    EXPECT_EQ(hidden.error().kind, Kind::login_required);
}

TEST_F(PanoptoList, GivesAPlaylistsRecordingsInParts) {
    json items = json::array();
    for (std::size_t n = 1; n <= 5; ++n)
        items.push_back({{"TypeName", "Session"},
                         {"Id", idOfRow(n)},
                         {"Name", "Lecture " + std::to_string(n)},
                         {"ViewerUri", "https://evil.example/"},
                         {"Duration", 60}});
    items.insert(items.begin() + 2, json{{"TypeName", "SomethingElse"}, {"Id", folderId}});
    http.answer(getPlaylist, {.body = json{{"SessionListId", sessionList}, {"Name", "Exam"}}.dump()});
    http.answer(getItems, {.body = json{{"Items", items}}.dump()});
    auto address = tenant + "/Panopto/Pages/Viewer.aspx?pid=" + playlistId;
    auto first = list(address, {.first = 0, .most = 3});
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_EQ(first->total, 5u);
    ASSERT_EQ(first->items.size(), 3u);
    EXPECT_EQ(first->items[2].title, "Lecture 3");
    EXPECT_EQ(first->items[2].durationMs, 60'000u);
    EXPECT_EQ(first->next, 3u);
    auto last = list(address, {.first = 3, .most = 3});
    ASSERT_TRUE(last);
    EXPECT_EQ(last->items.size(), 2u);
    EXPECT_FALSE(last->next);
    auto beyond = list(address, {.first = 9, .most = 3});
    ASSERT_TRUE(beyond);
    EXPECT_TRUE(beyond->items.empty());
}

TEST_F(PanoptoList, TriesWhatMayPassAgainAndSaysTheRestInItsOwnWords) {
    http.answer(getSessions, {.status = 503, .headers = {{"Retry-After", "2"}}});
    http.answer(getSessions, {.body = sessionsAnswer(json::array({sessionRow(1)}), 1)});
    EXPECT_TRUE(list(listAddress));
    EXPECT_EQ(pauses.taken, std::vector{std::chrono::milliseconds(2000)});

    test::ScriptedClient fresh;
    std::swap(http, fresh);
    http.answer(getSessions, {.status = 429});
    auto limited = list(listAddress);
    ASSERT_FALSE(limited);
    EXPECT_EQ(limited.error().kind, Kind::rate_limited);
    EXPECT_EQ(http.count(getSessions), 2u);

    test::ScriptedClient another;
    std::swap(http, another);
    http.answer(getPlaylist, {.status = 404});
    auto missing = list(tenant + "/Panopto/Pages/Viewer.aspx?pid=" + playlistId);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().kind, Kind::not_found);
}

TEST_F(PanoptoList, IsReadWhateverTypesItsFieldsHave) {
    for (const auto& body :
         {R"({"d":{"Results":[1,null,[],{"DeliveryID":7},{"DeliveryID":"x"},{"DeliveryID":")" + idOfRow(1) +
              R"(","SessionName":{},"Duration":"long","IsDownloadAvailable":"no"}],"TotalNumber":"many"}})",
          R"({"Results":[{"DeliveryID":")" + idOfRow(1) + R"(","Duration":1e300}],"TotalNumber":-4})"}) {
        test::ScriptedClient fresh;
        std::swap(http, fresh);
        http.answer(getSessions, {.body = body});
        auto found = list(listAddress);
        ASSERT_TRUE(found) << body;
        ASSERT_EQ(found->items.size(), 1u) << body;
        EXPECT_EQ(found->items[0].durationMs, 0u);
        EXPECT_TRUE(found->items[0].isDownloadable);
    }
    for (const std::string body : {"[]", "{}", R"({"d":{"Results":{}}})", "null", ""}) {
        test::ScriptedClient fresh;
        std::swap(http, fresh);
        http.answer(getSessions, {.body = body});
        auto found = list(listAddress);
        ASSERT_FALSE(found) << body;
        EXPECT_EQ(found.error().kind, Kind::network) << body;
    }
}

}  // namespace
}  // namespace auricle::sites
