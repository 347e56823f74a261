#include "channel/server.h"

#include <gtest/gtest.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "channel/frame.h"
#include "channel/outgoing.h"
#include "sealing_client.h"
#include "served.h"

namespace auricle::channel {
namespace {

using channel_test::FakeManager;
using channel_test::framed;
using channel_test::SealingClient;
using channel_test::Served;
using nlohmann::json;

std::string kindOf(const json& answer) {
    return answer.at("error").at("data").at("kind");
}
std::string pathOf(const json& answer) {
    return answer.at("error").at("data").at("path");
}
int codeOf(const json& answer) {
    return answer.at("error").at("code");
}

TEST(Server, answers_hello_as_the_protocol_has_it) {
    Served host;
    host.manager.captures = {FakeManager::make("c1")};
    const auto answer = host.hello();
    EXPECT_EQ(answer.at("jsonrpc"), "2.0");
    const auto& result = answer.at("result");
    EXPECT_EQ(result.at("protocol"), 1);
    EXPECT_EQ(
        result.at("host"),
        (json{{"name", "auricle"}, {"version", "0.1.0"}, {"os", "linux"}, {"arch", "x86_64"}, {"pid", 7}}));
    EXPECT_EQ(result.at("limits"),
              (json{{"reply_bytes", 1048576}, {"request_bytes", 8388608}, {"captures", 2}}));
    EXPECT_EQ(result.at("sites"), json{"panopto"});
    EXPECT_EQ(result.at("ownServers"),
              json::array({{{"site", "playback"}, {"origin", "https://play.uni.example"}}}));
    EXPECT_EQ(result.at("unfinished").at(0).at("id"), "c1");
    EXPECT_FALSE(result.contains("tools"));
}

TEST(Server, wants_hello_first) {
    Served host;
    for (const auto* method :
         {"session.open", "vault.status", "capture.list", "capture.cancel", "refresh.done"}) {
        EXPECT_EQ(kindOf(host.ask(method)), "not_ready") << method;
    }
    host.hello();
    EXPECT_TRUE(host.ask("vault.status").contains("result"));
}

TEST(Server, refuses_a_hello_with_no_common_protocol_and_stays_unready) {
    Served host;
    const auto answer = host.ask(
        "hello", {{"protocol", {2, 3}}, {"client", {{"name", "a"}, {"version", "1"}, {"browser", "b"}}}});
    EXPECT_EQ(kindOf(answer), "bad_params");
    EXPECT_EQ(pathOf(answer), "/protocol");
    EXPECT_NE(answer["error"]["message"].get<std::string>().find("1"), std::string::npos);
    EXPECT_EQ(pathOf(host.ask("hello", {{"protocol", {1}}})), "/client");
    EXPECT_EQ(kindOf(host.ask("vault.status")), "not_ready");
}

TEST(Server, tells_of_tools_when_they_are_found_without_keeping_hello_waiting) {
    Served host;
    std::function<void(Tools)> found;
    unsigned probes = 0;
    host.probe = [&](std::function<void(Tools)> then) {
        found = std::move(then);
        ++probes;
    };
    EXPECT_TRUE(host.hello().contains("result"));
    EXPECT_TRUE(host.receive().empty());
    found({{"ffmpeg", {.isFound = true, .version = "5.1"}}, {"yt-dlp", {}}});
    const auto told = host.receive();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].at("method"), "host.changed");
    const json tools{{"ffmpeg", {{"found", true}, {"version", "5.1"}}},
                     {"yt-dlp", {{"found", false}, {"version", nullptr}}}};
    EXPECT_EQ(told[0].at("params").at("tools"), tools);
    EXPECT_EQ(host.hello().at("result").at("tools"), tools);
    EXPECT_EQ(probes, 1U);
}

TEST(Server, says_nothing_of_captures_before_hello_and_keeps_what_a_person_must_do) {
    Served host;
    host.manager.events.changed(FakeManager::make("c1"));
    host.manager.events.progress({.id = "c1", .phase = "downloading", .etaMs = {}});
    host.manager.events.refreshWanted({.id = "r1",
                                       .kind = "bearer",
                                       .site = "",
                                       .origin = "https://api.example.edu",
                                       .store = "",
                                       .reason = "stale"});
    EXPECT_TRUE(host.receive().empty());
    host.hello();
    ASSERT_EQ(host.others.size(), 1U);
    EXPECT_EQ(host.others[0].at("method"), "refresh.wanted");
    EXPECT_EQ(host.others[0].at("params"), (json{{"id", "r1"},
                                                 {"kind", "bearer"},
                                                 {"origin", "https://api.example.edu"},
                                                 {"reason", "stale"},
                                                 {"attempt", 1}}));
}

TEST(Server, turns_the_managers_events_into_notifications) {
    Served host;
    host.hello();
    host.manager.events.changed(FakeManager::make("c1"));
    host.manager.events.progress(
        {.id = "c1", .phase = "downloading", .done = 5, .total = 0, .rate = 2, .etaMs = {}});
    host.manager.events.warning("disk_full", "The disk is full.");
    const auto told = host.receive();
    ASSERT_EQ(told.size(), 3U);
    EXPECT_EQ(told[0].at("method"), "capture.changed");
    EXPECT_EQ(told[0].at("params").at("capture").at("id"), "c1");
    EXPECT_EQ(told[1].at("params"), (json{{"id", "c1"},
                                          {"phase", "downloading"},
                                          {"done", 5},
                                          {"total", nullptr},
                                          {"uploaded", 0},
                                          {"rate", 2},
                                          {"etaMs", nullptr}}));
    EXPECT_EQ(told[2].at("params"), (json{{"kind", "disk_full"}, {"message", "The disk is full."}}));
    for (const auto& each : told) EXPECT_FALSE(each.contains("id"));
}

TEST(Server, keeps_ids_and_carries_notifications_out_without_a_word) {
    Served host;
    host.hello();
    for (const std::string id : {"0", "-5", "18446744073709551616", "\"\"", "\"\\u0061\""}) {
        host.send(R"({"jsonrpc":"2.0","id":)" + id + R"(,"method":"vault.status"})");
        EXPECT_EQ(host.receiveTexts().at(0),
                  R"({"jsonrpc":"2.0","id":)" + id + R"(,"result":{"entries":[]}})");
    }
    host.send(R"({"jsonrpc":"2.0","method":"refresh.done","params":{"id":"r9"}})");
    host.send(R"({"jsonrpc":"2.0","method":"refresh.done","params":{}})");
    host.send(R"({"jsonrpc":"2.0","method":"no.such"})");
    EXPECT_TRUE(host.receive().empty());
    EXPECT_EQ(host.manager.calls, std::vector<std::string>{"done r9"});
}

TEST(Server, triggers_a_refresh_and_counts_them_in_the_form_of_a_queue) {
    Served host;
    host.hello();
    const auto triggered = host.ask(
        "refresh.trigger",
        {{"site", "panopto"}, {"origin", "https://uni.hosted.panopto.com"}, {"reason", "manual_trigger"}});
    EXPECT_EQ(triggered.at("result"), (json{{"success", true},
                                            {"message", "Cookie refresh job triggered successfully"},
                                            {"reason", "manual_trigger"},
                                            {"id", "7"}}));
    EXPECT_EQ(
        host.manager.calls,
        std::vector<std::string>{"refreshTrigger panopto at https://uni.hosted.panopto.com: manual_trigger"});
    EXPECT_EQ(host.ask("refresh.trigger", {{"site", "panopto"}, {"reason", "because"}})
                  .at("error")
                  .at("data")
                  .at("path"),
              "/reason");
    EXPECT_EQ(host.ask("refresh.trigger", {{"reason", "stale"}}).at("error").at("data").at("path"), "/site");
    EXPECT_EQ(host.ask("refresh.status", json::object()).at("result"), (json{{"success", true},
                                                                             {"queue", "cookie-refresh"},
                                                                             {"status",
                                                                              {{"waiting", 1},
                                                                               {"active", 2},
                                                                               {"delayed", 3},
                                                                               {"completed", 4},
                                                                               {"failed", 5},
                                                                               {"total", 15}}}}));
}

TEST(Server, answers_what_is_no_request_and_goes_on) {
    Served host;
    host.hello();
    host.sendBytes(framed("") + framed("{") + framed("[]") + framed("7") +
                   framed(R"({"jsonrpc":"2.0","id":3,"method":"site.burn"})") +
                   framed(R"({"jsonrpc":"2.0","id":4,"method":"vault.status","params":[]})"));
    const auto answers = host.receive();
    ASSERT_EQ(answers.size(), 6U);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_TRUE(answers[i].at("id").is_null());
    EXPECT_EQ(codeOf(answers[0]), -32700);
    EXPECT_EQ(codeOf(answers[1]), -32700);
    EXPECT_EQ(codeOf(answers[2]), -32600);
    EXPECT_EQ(codeOf(answers[3]), -32600);
    EXPECT_EQ(codeOf(answers[4]), -32601);
    EXPECT_EQ(kindOf(answers[5]), "bad_params");
    EXPECT_EQ(answers[5]["error"]["data"].value("path", ""), "");
}

TEST(Server, skips_a_request_that_is_too_long_and_reads_the_next) {
    Served host;
    host.hello();
    host.sendBytes(framed(std::string(maxRequestBytes + 1, 'x')) +
                   framed(R"({"jsonrpc":"2.0","id":1,"method":"vault.status"})"));
    const auto answers = host.receive();
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_TRUE(answers[0].at("id").is_null());
    EXPECT_EQ(kindOf(answers[0]), "too_large");
    EXPECT_EQ(answers[1].at("id"), 1);
}

TEST(Server, keeps_sealed_sessions) {
    Served host;
    host.hello();
    SealingClient client;
    const auto opened = host.ask("session.open", {{"clientPubKey", client.publicKey()}}).at("result");
    const json lease{{"sessionId", opened.at("sessionId")}};
    EXPECT_EQ(opened.at("expiresAt").get<std::string>().size(), 24U);
    EXPECT_EQ(host.ask("session.info", lease).at("result").at("sessionId"), opened.at("sessionId"));
    EXPECT_TRUE(host.ask("session.refresh", lease).at("result").contains("expiresAt"));
    EXPECT_EQ(host.ask("session.close", lease).at("result"), json::object());
    EXPECT_EQ(kindOf(host.ask("session.info", lease)), "unknown_session");
    EXPECT_EQ(pathOf(host.ask("session.open", {{"clientPubKey", "AAAA"}})), "/clientPubKey");
    EXPECT_EQ(pathOf(host.ask("session.open", {{"clientPubKey", std::string(43, '!') + "="}})),
              "/clientPubKey");
}

TEST(Server, takes_sealed_cookies_into_the_vault_and_gives_no_value_back) {
    Served host;
    host.hello();
    SealingClient client;
    client.agree(host.ask("session.open", {{"clientPubKey", client.publicKey()}}).at("result"));
    const auto cookie = [](const char* name) {
        return json{{"name", name},     {"value", "CANARY-7f3a"}, {"domain", "uni.hosted.panopto.com"},
                    {"path", "/"},      {"hostOnly", true},       {"secure", true},
                    {"httpOnly", true}, {"session", true},        {"storeId", "0"}};
    };
    const json put{{"kind", "cookies"},
                   {"site", "panopto"},
                   {"origin", "https://uni.hosted.panopto.com"},
                   {"store", "0"},
                   {"cookies", {cookie(".ASPXAUTH"), cookie("tracker")}}};
    const auto sealed = client.seal(put.dump(), 1);
    const auto answer = host.ask("vault.put", {{"sealed", sealed}});
    ASSERT_TRUE(answer.contains("result")) << answer;
    EXPECT_EQ(answer["result"]["kept"], 1);
    EXPECT_EQ(answer["result"]["dropped"][0]["name"], "tracker");
    const auto status = host.ask("vault.status").at("result").at("entries");
    ASSERT_EQ(status.size(), 1U);
    EXPECT_EQ(status[0]["site"], "panopto");
    EXPECT_EQ((answer.dump() + status.dump()).find("CANARY"), std::string::npos);

    EXPECT_EQ(kindOf(host.ask("vault.put", {{"sealed", sealed}})), "bad_seal");
    EXPECT_EQ(
        pathOf(host.ask("vault.put", {{"sealed", client.seal(R"({"kind":"nothing"})", 2)}})).substr(0, 7),
        "/sealed");
    auto broken = client.seal("x", 3);
    broken["iv"] = "AAAA";
    EXPECT_EQ(pathOf(host.ask("vault.put", {{"sealed", broken}})), "/sealed/iv");
    EXPECT_EQ(pathOf(host.ask("vault.forget", {{"site", 7}})), "/site");
    EXPECT_EQ(host.ask("vault.forget", {{"site", "panopto"}}).at("result"), json({{"forgotten", 1}}));
}

TEST(Server, starts_captures_with_all_that_was_given) {
    Served host;
    host.hello();
    const std::string info = R"({"Delivery": {"PublicID":"x"},  "n":1e400})";
    host.send(
        R"({"jsonrpc":"2.0","id":9,"method":"capture.start","params":{"page":"https://p/","key":"k","title":"T","store":"0",
        "media":{"url":"https://m/","delivery":)" +
        info + R"(},"quality":"audio-only",
        "deliver":{"to":"backend","origin":"https://b","courseId":"c","api":"tus"},"future":{"a":1}}})");
    EXPECT_EQ(host.receive().at(0).at("result").at("capture").at("id"), "c1");
    const auto& start = host.manager.starts.at(0);
    EXPECT_EQ(start.page, "https://p/");
    EXPECT_EQ(start.key, "k");
    EXPECT_EQ(start.mediaDelivery, info);
    EXPECT_EQ(start.quality, "audio-only");
    ASSERT_TRUE(start.target);
    EXPECT_EQ(start.target->to, delivery::Target::To::backend);
    EXPECT_EQ(start.target->origin, "https://b");
    EXPECT_EQ(start.target->api, "tus");
    host.ask("capture.start", {{"page", "https://p/"}});
    EXPECT_FALSE(host.manager.starts.at(1).target);
}

TEST(Server, says_which_field_of_a_start_is_at_fault) {
    Served host;
    host.hello();
    const auto fault = [&](json more) {
        json params{{"page", "https://p/"}};
        params.update(more);
        return pathOf(host.ask("capture.start", params));
    };
    EXPECT_EQ(fault({{"page", ""}}), "/page");
    EXPECT_EQ(fault({{"quality", "video"}}), "/quality");
    EXPECT_EQ(fault({{"media", {{"delivery", "text"}}}}), "/media/delivery");
    EXPECT_EQ(fault({{"deliver", {{"to", "mail"}}}}), "/deliver/to");
    EXPECT_EQ(fault({{"deliver", {{"to", "backend"}}}}), "/deliver/origin");
    for (const auto* name : {"/etc", "..", "a/../b", "a//b", "a/", "C:x", "a\\b", "."}) {
        EXPECT_EQ(fault({{"deliver", {{"to", "folder"}, {"subfolder", name}}}}), "/deliver/subfolder")
            << name;
    }
    EXPECT_TRUE(host.manager.starts.empty());
}

TEST(Server, cancel_answers_when_it_is_done_and_keeps_nobody_waiting) {
    Served host;
    host.hello();
    host.manager.captures = {FakeManager::make("c1")};
    host.manager.holdsStops = true;
    EXPECT_TRUE(host.ask("capture.cancel", {{"id", "c1"}}).is_null());
    EXPECT_TRUE(host.ask("capture.get", {{"id", "c1"}}).contains("result"));
    host.manager.release();
    const auto answers = host.receive();
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].at("result").at("capture").at("id"), "c1");
    EXPECT_EQ(host.ask("capture.remove", {{"id", "c1"}}).at("result"), json::object());
    EXPECT_EQ(kindOf(host.ask("capture.pause", {{"id", "c2"}})), "unknown_capture");
    EXPECT_EQ(kindOf(host.ask("capture.get", {{"id", "c2"}})), "unknown_capture");
    EXPECT_EQ(pathOf(host.ask("capture.retry")), "/id");
}

TEST(Server, reads_no_more_requests_while_many_wait_for_transfers_to_stop) {
    Served host;
    host.hello();
    host.manager.holdsStops = true;
    host.manager.captures = {FakeManager::make("c1")};
    for (int i = 0; i < 200; ++i)
        host.send(R"({"jsonrpc":"2.0","id":1,"method":"capture.cancel","params":{"id":"c1"}})");
    host.step();
    EXPECT_EQ(host.manager.calls.size(), 64U);
    host.manager.release();
    EXPECT_EQ(host.receive().size(), 200U);
}

TEST(Server, shows_a_finished_file) {
    Served host;
    host.hello();
    host.manager.captures = {FakeManager::make("c1")};
    EXPECT_EQ(host.ask("capture.reveal", {{"id", "c1"}}).at("result"), json::object());
    EXPECT_EQ(host.revealed, std::vector<std::string>{"/music/c1.m4a"});
    EXPECT_EQ(kindOf(host.ask("capture.reveal", {{"id", "zz"}})), "unknown_capture");
}

TEST(Server, pages_a_list_by_count_and_by_bytes) {
    Served host;
    host.hello();
    for (int i = 0; i < 700; ++i)
        host.manager.captures.push_back(FakeManager::make("c" + std::to_string(i), std::string(4000, 't')));
    EXPECT_EQ(host.ask("capture.list").at("result").at("captures").size(), 50U);
    host.ask("capture.list", {{"limit", 100'000}});
    EXPECT_EQ(host.manager.calls.at(1), "list 500");

    std::vector<std::string> seen;
    json params{{"limit", 500}};
    for (;;) {
        host.send(json{{"jsonrpc", "2.0"}, {"id", 1}, {"method", "capture.list"}, {"params", params}}.dump());
        const auto texts = host.receiveTexts();
        ASSERT_EQ(texts.size(), 1U);
        ASSERT_LE(texts[0].size(), 1'048'576U);
        const auto result = json::parse(texts[0]).at("result");
        for (const auto& each : result.at("captures")) seen.push_back(each.at("id"));
        if (!result.contains("next")) break;
        params["after"] = result.at("next");
    }
    ASSERT_EQ(seen.size(), 700U);
    EXPECT_EQ(seen.front(), "c0");
    EXPECT_EQ(seen.back(), "c699");
    EXPECT_EQ(pathOf(host.ask("capture.list", {{"limit", 0}})), "/limit");
}

TEST(Server, lists_what_a_sites_page_holds) {
    Served host;
    host.hello();
    capture::SiteListing listing;
    listing.items.push_back({.item = {.page = "https://uni.hosted.panopto.com/Panopto/Pages/Viewer.aspx?id=1",
                                      .title = "Lecture \"1\"",
                                      .durationMs = 3'600'000,
                                      .isDownloadable = true},
                             .captured = "c7"});
    listing.items.push_back({.item = {.page = "p2", .title = "", .durationMs = 0, .isDownloadable = false},
                             .captured = std::nullopt});
    listing.total = 37;
    listing.next = 2;
    host.manager.siteListing = listing;
    const auto answer =
        host.ask("site.list", {{"page", "https://x/#folderID=1"}, {"store", "0"}, {"limit", 2}});
    EXPECT_EQ(answer.at("result"),
              (json{{"items",
                     {{{"page", "https://uni.hosted.panopto.com/Panopto/Pages/Viewer.aspx?id=1"},
                       {"title", "Lecture \"1\""},
                       {"durationMs", 3'600'000},
                       {"downloadable", true},
                       {"captured", "c7"}},
                      {{"page", "p2"},
                       {"title", ""},
                       {"durationMs", nullptr},
                       {"downloadable", false},
                       {"captured", nullptr}}}},
                    {"total", 37},
                    {"next", "2"}}));
    host.ask("site.list", {{"page", "p"}, {"after", "2"}, {"limit", 100'000}});
    host.ask("site.list", {{"page", "p"}});
    EXPECT_EQ(host.manager.calls,
              (std::vector<std::string>{"listSite https://x/#folderID=1 of 0 from 0, 2",
                                        "listSite p of  from 2, 250", "listSite p of  from 0, 100"}));
}

TEST(Server, refuses_to_list_from_a_place_that_it_never_named) {
    Served host;
    host.hello();
    EXPECT_EQ(pathOf(host.ask("site.list")), "/page");
    for (const auto* after : {"", "-1", "1x", "c7", "99999999999999999999999"})
        EXPECT_EQ(pathOf(host.ask("site.list", {{"page", "p"}, {"after", after}})), "/after") << after;
    EXPECT_EQ(pathOf(host.ask("site.list", {{"page", "p"}, {"limit", 0}})), "/limit");
    EXPECT_TRUE(host.manager.calls.empty());
    host.manager.siteListing = fail(Kind::login_required, "Sign in first.");
    EXPECT_EQ(kindOf(host.ask("site.list", {{"page", "p"}})), "login_required");
}

TEST(Server, keeps_the_longest_list_within_a_reply) {
    Served host;
    host.hello();
    capture::SiteListing listing;
    listing.total = 250;
    for (int n = 0; n < 250; ++n)
        listing.items.push_back({.item = {.page = std::string(400, 'p'),
                                          .title = std::string(500, '"'),
                                          .durationMs = 1'000'000'000'000,
                                          .isDownloadable = true},
                                 .captured = std::string(64, 'c')});
    host.manager.siteListing = listing;
    EXPECT_EQ(host.ask("site.list", {{"page", "p"}, {"limit", 250}}).at("result").at("items").size(), 250U);
}

TEST(Server, never_sends_a_reply_that_a_browser_would_end_the_port_for) {
    Served host;
    host.hello();
    host.manager.captures = {FakeManager::make("c1", std::string(1'100'000, 't'))};
    const auto answer = host.ask("capture.get", {{"id", "c1"}});
    EXPECT_EQ(kindOf(answer), "too_large");
    EXPECT_EQ(kindOf(host.ask("capture.list")), "too_large");
    EXPECT_TRUE(host.hello().at("result").at("unfinished").empty());
}

TEST(Server, hello_succeeds_however_many_captures_did_not_end) {
    Served host;
    for (int i = 0; i < 10'000; ++i)
        host.manager.captures.push_back(FakeManager::make("c" + std::to_string(i)));
    const auto unfinished = host.hello().at("result").at("unfinished");
    EXPECT_GT(unfinished.size(), 500U);
    EXPECT_EQ(unfinished[0].at("id"), "c0");
}

TEST(Server, survives_a_bug_in_a_method) {
    Served host;
    host.hello();
    host.manager.throws = true;
    EXPECT_EQ(kindOf(host.ask("capture.start", {{"page", "https://p/"}})), "internal");
    EXPECT_TRUE(host.ask("vault.status").contains("result"));
}

TEST(Server, stops_reading_while_the_client_does_not_and_loses_nothing) {
    Served host;
    host.hello();
    host.manager.captures = {FakeManager::make("c1", std::string(500'000, 't'))};
    const std::string request =
        framed(R"({"jsonrpc":"2.0","id":1,"method":"capture.get","params":{"id":"c1"}})");
    std::string many;
    for (int i = 0; i < 40; ++i) many += request;
    host.sendBytes(many);
    EXPECT_LT(host.manager.calls.size(), 12U) << "20 MB of answers were asked for, 4 MiB of them may wait";
    for (unsigned i = 0; i < 10'000; ++i) {
        host.manager.events.progress({.id = "c1", .phase = "downloading", .done = i, .etaMs = {}});
    }
    const auto texts = host.receiveTexts();
    EXPECT_EQ(texts.size(), 41U);
    EXPECT_EQ(std::count_if(texts.begin(), texts.end(),
                            [](const auto& text) { return text.contains("capture.progress"); }),
              1);
}

void expectParkedAndWiped(Served& host) {
    EXPECT_TRUE(host.isOver());
    EXPECT_EQ(host.endings, 1U);
    EXPECT_EQ(host.manager.calls, (std::vector<std::string>{"park", "parked"}));
    EXPECT_TRUE(host.vault.status().empty());
}

void putToken(Served& host) {
    const auto opened = vault::Secret::copyOf(
        std::string_view(R"({"kind":"bearer","origin":"https://api.example.edu","token":"t0k"})"));
    ASSERT_TRUE(host.vault.put(opened));
    ASSERT_EQ(host.vault.status().size(), 1U);
}

TEST(Server, parks_and_wipes_at_the_end_of_input) {
    Served host;
    host.hello();
    putToken(host);
    host.sendBytes("\x05");
    host.closeInput();
    host.runToEnd();
    expectParkedAndWiped(host);
}

TEST(Server, parks_and_wipes_when_nobody_reads_any_more) {
    Served host;
    host.hello();
    putToken(host);
    host.closeOutput();
    host.manager.events.warning("k", "m");
    host.runToEnd();
    expectParkedAndWiped(host);
}

TEST(Server, parks_and_wipes_on_sigterm_and_sigint) {
    for (const int signal : {SIGTERM, SIGINT}) {
        Served host;
        host.hello();
        putToken(host);
        ASSERT_EQ(::raise(signal), 0);
        host.runToEnd();
        expectParkedAndWiped(host);
    }
}

TEST(Server, leaves_in_time_however_long_parking_takes) {
    Served host(std::chrono::milliseconds(5));
    host.hello();
    putToken(host);
    host.manager.holdsParking = true;
    host.closeInput();
    host.runToEnd();
    EXPECT_TRUE(host.isOver());
    EXPECT_EQ(host.manager.calls, std::vector<std::string>{"park"});
    EXPECT_TRUE(host.vault.status().empty());
}

TEST(Server, notices_the_end_while_it_reads_nothing_because_nobody_reads_it) {
    Served host(std::chrono::milliseconds(5));
    host.hello();
    host.manager.captures = {FakeManager::make("c1", std::string(900'000, 't'))};
    for (int i = 0; i < 20; ++i)
        host.send(R"({"jsonrpc":"2.0","id":1,"method":"capture.get","params":{"id":"c1"}})");
    host.closeInput();
    host.runToEnd();
    EXPECT_TRUE(host.isOver());
}

TEST(Server, a_client_that_only_closed_its_end_gets_the_answers) {
    Served host;
    host.manager.captures = {FakeManager::make("c1", std::string(400'000, 't'))};
    host.hello();
    host.send(R"({"jsonrpc":"2.0","id":1,"method":"capture.get","params":{"id":"c1"}})");
    host.closeInput();
    EXPECT_EQ(host.receive().size(), 1U);
    host.runToEnd();
    EXPECT_TRUE(host.isOver());
}

}  // namespace
}  // namespace auricle::channel
