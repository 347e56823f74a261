#include "net/curl_client.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "scripted_server.h"

namespace {

using namespace auricle;
using test::RawAnswer;
using test::runOn;
using test::ScriptedServer;

std::string ok(const std::string& body, const std::string& headers = "") {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers + "\r\n" +
           body;
}
std::string redirect(const std::string& location, int status = 302) {
    return "HTTP/1.1 " + std::to_string(status) + " Found\r\nLocation: " + location +
           "\r\nContent-Length: 4\r\n\r\ngone";
}

/// Gives the cookie and the token to one origin, as a vault would, and remembers what came back.
struct OneOrigin final : net::Credentials {
    explicit OneOrigin(std::string of) : origin(std::move(of)) {}
    vault::Secret cookies(const net::Url& url) override {
        return url.origin() == origin ? vault::Secret::copyOf(std::string_view("session=c4nary"))
                                      : vault::Secret();
    }
    vault::Secret authorization(const net::Url& url) override {
        return url.origin() == origin ? vault::Secret::copyOf(std::string_view("Bearer t0ken"))
                                      : vault::Secret();
    }
    void received(const net::Url& url, std::string_view line) override {
        set.push_back(url.path() + " " + std::string(line));
    }
    std::string origin;
    std::vector<std::string> set;
};

class CurlClient : public testing::Test {
  protected:
    boost::asio::io_context loop;
    net::CurlClient client{loop.get_executor(), {}};

    Result<net::Response> send(net::Request request) { return runOn(loop, client.send(std::move(request))); }
};

TEST_F(CurlClient, gives_status_headers_and_body_of_any_answer) {
    ScriptedServer server(loop, [](const std::string&) {
        return RawAnswer{"HTTP/1.1 404 Not Found\r\nX-Word: a\r\nx-word: b\r\nContent-Length: 3\r\n\r\nnay"};
    });
    auto response = send({.url = server.url("/x?y=1")});
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->head.status, 404);
    EXPECT_EQ(response->head.headers.find("X-WORD"), "a");
    EXPECT_EQ(response->body, "nay");
    EXPECT_TRUE(server.requests()[0].starts_with("GET /x?y=1 HTTP/1.1\r\n"));
    EXPECT_NE(server.requests()[0].find("Accept-Encoding: identity\r\n"), std::string::npos);
}

TEST_F(CurlClient, skips_informational_responses) {
    ScriptedServer server(loop, [](const std::string&) {
        return RawAnswer{"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok("yes")};
    });
    auto response = send({.url = server.url("/")});
    ASSERT_TRUE(response);
    EXPECT_EQ(response->head.status, 200);
    EXPECT_FALSE(response->head.headers.find("link"));
}

TEST_F(CurlClient, asks_for_the_secrets_of_every_hop_anew) {
    ScriptedServer cdn(loop,
                       [](const std::string&) { return RawAnswer{ok("sound", "Set-Cookie: b=2\r\n")}; });
    ScriptedServer site(loop, [&](const std::string& request) {
        return RawAnswer{request.starts_with("GET /a") ? redirect("/b") : redirect(cdn.origin() + "/sound")};
    });
    OneOrigin credentials(site.origin());
    auto response = send({.url = site.url("/a"), .credentials = &credentials});
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->body, "sound");
    EXPECT_EQ(response->hops.size(), 3u);
    for (const auto& request : site.requests()) {
        EXPECT_NE(request.find("Cookie: session=c4nary\r\n"), std::string::npos);
        EXPECT_NE(request.find("Authorization: Bearer t0ken\r\n"), std::string::npos);
    }
    EXPECT_EQ(cdn.requests()[0].find("c4nary"), std::string::npos);
    EXPECT_EQ(cdn.requests()[0].find("t0ken"), std::string::npos);
    EXPECT_EQ(credentials.set, std::vector<std::string>{"/sound b=2"});
    EXPECT_FALSE(response->head.headers.find("set-cookie"));
}

TEST_F(CurlClient, repeats_a_cookie_in_a_header_where_the_cookie_goes_and_nowhere_else) {
    ScriptedServer cdn(loop, [](const std::string&) { return RawAnswer{ok("sound")}; });
    ScriptedServer site(loop, [&](const std::string&) { return RawAnswer{redirect(cdn.origin() + "/x")}; });
    OneOrigin credentials(site.origin());
    ASSERT_TRUE(send({.url = site.url("/a"),
                      .credentials = &credentials,
                      .echo = net::CookieEcho{.cookie = "session", .header = "X-Csrf-Token"}}));
    EXPECT_NE(site.requests()[0].find("X-Csrf-Token: c4nary\r\n"), std::string::npos);
    EXPECT_EQ(cdn.requests()[0].find("X-Csrf-Token"), std::string::npos);
    ASSERT_TRUE(send({.url = site.url("/a"),
                      .credentials = &credentials,
                      .echo = net::CookieEcho{.cookie = "sess", .header = "X-Csrf-Token"}}));
    EXPECT_EQ(site.requests()[1].find("X-Csrf-Token"), std::string::npos);
}

TEST_F(CurlClient, follows_no_redirect_that_leaves_the_rules) {
    for (auto location : {"http://example.com/", "https://user@example.com/", "https://example.com./",
                          "ftp://example.com/", "file:///etc/passwd"}) {
        ScriptedServer server(loop, [&](const std::string&) { return RawAnswer{redirect(location)}; });
        auto response = send({.url = server.url("/")});
        ASSERT_FALSE(response) << location;
        EXPECT_EQ(response.error().kind, Kind::forbidden) << location;
        EXPECT_EQ(server.requests().size(), 1u);
    }
}

TEST_F(CurlClient, gives_up_after_five_redirects) {
    ScriptedServer server(loop, [](const std::string&) { return RawAnswer{redirect("/again")}; });
    auto response = send({.url = server.url("/")});
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().kind, Kind::forbidden);
    EXPECT_EQ(server.requests().size(), 6u);
}

TEST_F(CurlClient, gives_a_redirect_back_where_none_is_to_be_followed) {
    ScriptedServer server(loop, [](const std::string&) { return RawAnswer{redirect("/elsewhere")}; });
    auto response = send({.url = server.url("/"), .maxRedirects = 0});
    ASSERT_TRUE(response);
    EXPECT_EQ(response->head.status, 302);
    EXPECT_EQ(response->head.headers.find("location"), "/elsewhere");
}

TEST_F(CurlClient, asks_the_caller_before_each_hop) {
    ScriptedServer server(loop, [](const std::string& request) {
        return RawAnswer{request.starts_with("GET /in") ? ok("x") : redirect("/in")};
    });
    net::Request request{.url = server.url("/")};
    request.judge = [](const net::Url&, const net::Url& to) -> Result<void> {
        return fail(Kind::login_required, "That is a sign-in page: " + to.path());
    };
    auto response = send(request);
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().kind, Kind::login_required);
    EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(CurlClient, turns_a_post_into_a_get_when_a_302_says_so) {
    ScriptedServer server(loop, [](const std::string& request) {
        return RawAnswer{request.starts_with("POST") ? redirect("/get") : ok("x")};
    });
    auto response = send({.method = "POST", .url = server.url("/"), .body = "a=b"});
    ASSERT_TRUE(response);
    EXPECT_TRUE(server.requests()[1].starts_with("GET /get"));
    EXPECT_EQ(server.requests()[1].find("Content-Length"), std::string::npos);
}

TEST_F(CurlClient, refuses_a_body_larger_than_agreed) {
    ScriptedServer server(loop, [](const std::string&) { return RawAnswer{ok(std::string(5000, 'x'))}; });
    auto response = send({.url = server.url("/"), .maxBodyBytes = 4999});
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().kind, Kind::too_large);
    EXPECT_EQ(response.error().limitBytes, 4999u);
}

TEST_F(CurlClient, calls_a_broken_connection_one_that_can_be_tried_again) {
    for (auto answer : {RawAnswer{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"},
                        RawAnswer{"HTTP/1.1 200 OK\r\nContent-Le", RawAnswer::Then::reset},
                        RawAnswer{"", RawAnswer::Then::close}}) {
        ScriptedServer server(loop, [&](const std::string&) { return answer; });
        auto response = send({.url = server.url("/")});
        ASSERT_FALSE(response);
        EXPECT_EQ(response.error().kind, Kind::network);
        EXPECT_TRUE(response.error().retryable);
    }
}

TEST_F(CurlClient, says_that_nobody_listens) {
    ScriptedServer server(loop, [](const std::string&) { return RawAnswer{}; });
    auto url = server.url("/");
    server.stop();
    auto response = send({.url = url});
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().kind, Kind::network);
    EXPECT_TRUE(response.error().retryable);
}

TEST_F(CurlClient, stops_at_once_when_told_to) {
    std::stop_source stop;
    ScriptedServer server(loop, [&](const std::string&) {
        boost::asio::post(loop, [&] { stop.request_stop(); });
        return RawAnswer{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", RawAnswer::Then::hold};
    });
    net::Request request{.url = server.url("/")};
    request.stop = stop.get_token();
    auto response = send(request);
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().kind, Kind::cancelled);
}

TEST_F(CurlClient, asks_nothing_when_it_was_stopped_before) {
    ScriptedServer server(loop, [](const std::string&) { return RawAnswer{ok("x")}; });
    std::stop_source stop;
    stop.request_stop();
    net::Request request{.url = server.url("/")};
    request.stop = stop.get_token();
    EXPECT_EQ(send(request).error().kind, Kind::cancelled);
    EXPECT_TRUE(server.requests().empty());
}

TEST_F(CurlClient, goes_to_another_place_for_a_true_name_when_configured) {
    ScriptedServer server(loop, [](const std::string&) { return RawAnswer{ok("here")}; });
    auto port = server.origin().substr(server.origin().rfind(':') + 1);
    net::CurlClient mapped(loop.get_executor(), {.connectTo = {"localhost:1:127.0.0.1:" + port}});
    auto response = runOn(loop, mapped.send({.url = *net::Url::parse("http://localhost:1/")}));
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_NE(server.requests()[0].find("Host: localhost:1\r\n"), std::string::npos);
}

/// A body of that many letters.
struct Letters final : net::BodySource {
    explicit Letters(std::size_t many) : left(many), whole(many) {}
    std::optional<std::uint64_t> size() const override { return whole; }
    Result<std::size_t> read(std::span<std::byte> into) override {
        auto count = std::min(into.size(), left);
        std::fill_n(into.begin(), count, std::byte('z'));
        left -= count;
        return count;
    }
    std::size_t left, whole;
};

TEST_F(CurlClient, sends_a_body_from_a_source) {
    Letters letters(300'000);
    ScriptedServer server(loop, [](const std::string&) {
        return RawAnswer{"HTTP/1.1 204 No Content\r\n\r\n", RawAnswer::Then::hold};
    });
    std::uint64_t sent = 0;
    net::Request request{.method = "PATCH", .url = server.url("/up"), .source = &letters, .http1 = true};
    request.onSent = [&](std::uint64_t bytes) { sent = bytes; };
    auto response = send(request);
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_TRUE(server.requests()[0].starts_with("PATCH /up"));
    EXPECT_NE(server.requests()[0].find("Content-Length: 300000\r\n"), std::string::npos);
    EXPECT_EQ(server.requests()[0].find("Expect"), std::string::npos);
}

/// A body that comes in two halves, of which the second is there when a test says so.
struct Halves final : net::BodySource {
    std::optional<std::uint64_t> size() const override { return std::nullopt; }
    Result<std::size_t> read(std::span<std::byte> into) override {
        auto count = std::min(into.size(), there);
        std::fill_n(into.begin(), count, std::byte('z'));
        there -= count;
        return count;
    }
    bool isReady() override {
        if (there > 0 || hasEnded) return true;
        ++pauses;
        return false;
    }
    void onReady(std::function<void()> when) override { resume = std::move(when); }
    void end() {
        there = 100'000;
        hasEnded = true;
        if (resume) resume();
    }
    std::size_t there = 100'000;
    bool hasEnded = false;
    unsigned pauses = 0;
    std::function<void()> resume;
};

TEST_F(CurlClient, sends_a_body_of_unknown_size_in_chunks_and_pauses_with_it) {
    Halves halves;
    ScriptedServer server(loop, [](const std::string&) {
        return RawAnswer{"HTTP/1.1 204 No Content\r\n\r\n", RawAnswer::Then::hold};
    });
    net::Request request{.method = "PATCH", .url = server.url("/up"), .source = &halves, .http1 = true};
    std::optional<Result<net::Response>> outcome;
    boost::asio::co_spawn(loop, client.send(std::move(request)),
                          [&](std::exception_ptr, Result<net::Response> got) { outcome = std::move(got); });
    while (halves.pauses == 0) loop.run_one();
    EXPECT_FALSE(outcome);
    EXPECT_NE(server.requests()[0].find("Transfer-Encoding: chunked\r\n"), std::string::npos);
    EXPECT_EQ(server.requests()[0].find("Content-Length"), std::string::npos);
    halves.end();
    while (!outcome) loop.run_one();
    ASSERT_TRUE(*outcome) << outcome->error().message;
    EXPECT_EQ((*outcome)->head.status, 204);
    EXPECT_EQ(halves.there, 0u);
    EXPECT_FALSE(halves.resume);
}

TEST_F(CurlClient, reads_a_refusal_that_comes_while_the_body_pauses) {
    Halves halves;
    ScriptedServer server(loop, [](const std::string&) {
        return RawAnswer{"HTTP/1.1 411 Length Required\r\nContent-Length: 0\r\n\r\n", RawAnswer::Then::hold};
    });
    net::Request request{.method = "PATCH", .url = server.url("/up"), .source = &halves, .http1 = true};
    auto response = send(std::move(request));
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->head.status, 411);
}

TEST_F(CurlClient, ends_at_once_when_it_is_stopped_while_the_body_pauses) {
    Halves halves;
    ScriptedServer server(loop, [](const std::string&) { return RawAnswer{"", RawAnswer::Then::hold}; });
    std::stop_source stopping;
    net::Request request{.method = "PATCH", .url = server.url("/up"), .source = &halves, .http1 = true};
    request.stop = stopping.get_token();
    std::optional<Result<net::Response>> outcome;
    boost::asio::co_spawn(loop, client.send(std::move(request)),
                          [&](std::exception_ptr, Result<net::Response> got) { outcome = std::move(got); });
    while (halves.pauses == 0) loop.run_one();
    stopping.request_stop();
    while (!outcome) loop.run_one();
    ASSERT_FALSE(*outcome);
    EXPECT_EQ(outcome->error().kind, Kind::cancelled);
    EXPECT_FALSE(halves.resume);
}

TEST_F(CurlClient, reads_an_answer_that_comes_while_the_body_is_still_being_sent) {
    // The server reads the head alone, answers and resets the connection, with the body in its buffers.
    for (const auto then : {RawAnswer::Then::reset, RawAnswer::Then::close}) {
        ScriptedServer server(loop, [then](const std::string&) {
            return RawAnswer{"HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\n\r\nlarge", then};
        });
        for (int i = 0; i < 20; ++i) {
            Letters letters(8'000'000);
            net::Request request{
                .method = "POST", .url = server.url("/up"), .source = &letters, .http1 = true};
            auto response = send(std::move(request));
            ASSERT_TRUE(response) << response.error().message;
            EXPECT_EQ(response->head.status, 413);
            EXPECT_GT(letters.left, 0u);
        }
        server.stop();
    }
}

TEST_F(CurlClient, asks_first_whether_a_body_is_wanted_where_it_is_told_to) {
    ScriptedServer server(loop, [](const std::string&) {
        return RawAnswer{"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"};
    });
    Letters letters(300'000);
    net::Request request{.method = "POST", .url = server.url("/up"), .source = &letters, .http1 = true};
    request.expectsContinue = true;
    auto response = send(std::move(request));
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->head.status, 401);
    EXPECT_EQ(letters.left, 300'000u);
    EXPECT_NE(server.requests()[0].find("Expect: 100-continue\r\n"), std::string::npos);
}

TEST_F(CurlClient, closes_what_secrets_went_over_when_it_is_to_be_forgotten_and_nothing_else) {
    auto answering = [](const std::string&) { return RawAnswer{ok("x"), RawAnswer::Then::keep}; };
    ScriptedServer site(loop, answering), cdn(loop, answering);
    OneOrigin credentials(site.origin());
    for (int times = 0; times < 2; ++times) {
        ASSERT_TRUE(send({.url = site.url("/1"), .credentials = &credentials}));
        ASSERT_TRUE(send({.url = cdn.url("/1"), .credentials = &credentials}));
    }
    EXPECT_EQ(site.connections(), 1u);
    client.forgetConnections();
    ASSERT_TRUE(send({.url = site.url("/2"), .credentials = &credentials}));
    ASSERT_TRUE(send({.url = cdn.url("/2"), .credentials = &credentials}));
    EXPECT_EQ(site.connections(), 2u);
    EXPECT_EQ(cdn.connections(), 1u);
}

TEST_F(CurlClient, ends_what_is_under_way_with_a_secret_when_secrets_are_forgotten_and_lets_the_rest_go_on) {
    auto halting = [](const std::string&) {
        return RawAnswer{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", RawAnswer::Then::hold};
    };
    ScriptedServer site(loop, halting), cdn(loop, halting);
    OneOrigin credentials(site.origin());
    std::optional<Result<net::Response>> withSecret, without;
    auto begin = [&](ScriptedServer& server, std::optional<Result<net::Response>>& outcome) {
        net::Request request{.url = server.url("/"), .credentials = &credentials};
        boost::asio::co_spawn(
            loop, client.send(std::move(request)),
            [&](std::exception_ptr, Result<net::Response> ended) { outcome.emplace(std::move(ended)); });
    };
    begin(site, withSecret);
    begin(cdn, without);
    while (site.requests().empty() || cdn.requests().empty()) loop.run_one();
    client.forgetSecrets();
    while (!withSecret) loop.run_one();
    ASSERT_FALSE(*withSecret);
    EXPECT_EQ(withSecret->error().kind, Kind::network);
    EXPECT_TRUE(withSecret->error().retryable);
    EXPECT_FALSE(without);
}

}  // namespace
