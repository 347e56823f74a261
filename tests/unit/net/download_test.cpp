#include "net/download.h"

#include <gtest/gtest.h>

#include <deque>

#include "net/content_range.h"
#include "scripted_server.h"

namespace {

using namespace auricle;
using net::parseContentRange;

const std::string whole = [] {
    std::string text;
    for (int i = 0; i < 5000; ++i) text += std::to_string(i) + ",";
    return text;
}();

/// A part file in memory.
struct Part final : net::DownloadTarget {
    std::uint64_t size() const override { return bytes.size(); }
    net::Validator validator() const override { return held; }
    Result<void> goOn() override {
        ++resumed;
        return {};
    }
    Result<void> startOver(const net::Validator& validator) override {
        ++begun;
        held = validator;
        bytes.clear();
        return {};
    }
    Result<void> append(std::span<const std::byte> more) override {
        bytes.append(reinterpret_cast<const char*>(more.data()), more.size());
        return {};
    }
    std::string bytes;
    net::Validator held;
    int begun = 0, resumed = 0;
};

/// What the server does with one request: how much of the answer gets through, and lies it tells.
struct Fault {
    std::size_t cutAfter = std::string::npos;
    int status = 0;         ///< instead of the honest answer
    std::string headers{};  ///< with that status
    std::string etag = "\"v1\"";
    std::string coding{};  ///< Content-Encoding
    bool ignoresRange = false;
    long shiftsRange = 0;
    bool hasLength = true;
};

/// An honest server but for the faults, one for each request.
struct FaultyClient final : net::HttpClient {
    boost::asio::awaitable<Result<net::Response>> send(net::Request) override {
        co_return fail(Kind::internal, "no sink");
    }
    boost::asio::awaitable<Result<net::Response>> send(net::Request request, net::BodySink& sink) override {
        Fault fault;
        if (!faults.empty()) {
            fault = faults.front();
            faults.pop_front();
        }
        std::optional<std::string> range, ifRange;
        for (const auto& header : request.headers) {
            if (header.name == "Range") range = header.value;
            if (header.name == "If-Range") ifRange = header.value;
        }
        asked.push_back(range.value_or(""));
        net::ResponseHead head{.status = 200, .headers = {}, .url = request.url};
        std::string body = whole;
        if (fault.status) {
            head.status = fault.status;
            auto colon = fault.headers.find(": ");
            if (colon != std::string::npos)
                head.headers.add(fault.headers.substr(0, colon), fault.headers.substr(colon + 2));
            body = "no";
        } else {
            if (!fault.coding.empty()) head.headers.add("Content-Encoding", fault.coding);
            if (!fault.etag.empty()) head.headers.add("ETag", fault.etag);
            auto from = range ? std::stoul(range->substr(6)) : 0;
            if (range && ifRange == fault.etag && !fault.ignoresRange) {
                head.status = 206;
                auto first = static_cast<long>(from) + fault.shiftsRange;
                head.headers.add("Content-Range", "bytes " + std::to_string(first) + "-" +
                                                      std::to_string(whole.size() - 1) + "/" +
                                                      std::to_string(whole.size()));
                body = whole.substr(from);
            }
            if (fault.hasLength) head.headers.add("Content-Length", std::to_string(body.size()));
        }
        if (auto begun = sink.begin(head); !begun) co_return std::unexpected(begun.error());
        auto sent = body.substr(0, fault.cutAfter);
        if (auto taken = sink.data(std::as_bytes(std::span(sent))); !taken)
            co_return std::unexpected(taken.error());
        if (fault.cutAfter < body.size()) co_return fail(Kind::network, "It broke off.", true);
        co_return net::Response{.head = head, .body = "", .hops = {request.url}};
    }
    std::deque<Fault> faults;
    std::vector<std::string> asked;
};

class Download : public testing::Test {
  protected:
    Result<void> run(unsigned attempts = 4) {
        boost::asio::io_context loop;
        net::Timing timing{.sleep = [this](std::chrono::milliseconds pause,
                                           std::stop_token) -> boost::asio::awaitable<Result<void>> {
                               pauses.push_back(pause.count());
                               co_return Result<void>{};
                           },
                           .chance = [] { return 1.0; }};
        auto judge = [](const net::ResponseHead& head) -> Result<void> {
            if (head.status == 403) return fail(Kind::forbidden, "no");
            if (net::statusMayPass(head.status)) {
                return std::unexpected(Error{.kind = Kind::network,
                                             .message = "later",
                                             .retryable = true,
                                             .retryAfterMs = net::retryAfterMs(head.headers, {})});
            }
            return {};
        };
        return test::runOn(loop, net::download(client, {.url = *net::Url::parse("https://cdn.example/a")},
                                               part, judge, timing,
                                               {.attempts = attempts,
                                                .base = std::chrono::milliseconds(100),
                                                .cap = std::chrono::milliseconds(1000)}));
    }
    FaultyClient client;
    Part part;
    std::vector<std::int64_t> pauses;
};

TEST_F(Download, fetches_a_file_in_one_piece) {
    ASSERT_TRUE(run());
    EXPECT_EQ(part.bytes, whole);
    EXPECT_EQ(client.asked, std::vector<std::string>{""});
}

TEST_F(Download, goes_on_from_the_byte_where_it_broke_off) {
    client.faults = {{.cutAfter = 1000}, {.cutAfter = 500}, {}};
    ASSERT_TRUE(run());
    EXPECT_EQ(part.bytes, whole);
    EXPECT_EQ(client.asked, (std::vector<std::string>{"", "bytes=1000-", "bytes=1500-"}));
    EXPECT_EQ(part.begun, 1);
    EXPECT_EQ(part.resumed, 2);
}

TEST_F(Download, starts_over_when_the_file_has_changed) {
    client.faults = {{.cutAfter = 1000}, {.etag = "\"v2\""}};
    ASSERT_TRUE(run());
    EXPECT_EQ(part.bytes, whole);
    EXPECT_EQ(part.begun, 2);
    EXPECT_EQ(part.held.etag, "\"v2\"");
}

TEST_F(Download, never_resumes_from_a_weak_validator_or_none) {
    for (std::string etag : {"W/\"v1\"", ""}) {
        client.asked.clear();
        part = {};
        client.faults = {{.cutAfter = 1000, .etag = etag}, {.etag = etag}};
        ASSERT_TRUE(run());
        EXPECT_EQ(client.asked, (std::vector<std::string>{"", ""})) << etag;
        EXPECT_EQ(part.bytes, whole);
    }
}

TEST_F(Download, believes_no_206_for_another_place) {
    client.faults = {{.cutAfter = 1000}, {.shiftsRange = 7}, {}};
    ASSERT_TRUE(run());
    EXPECT_EQ(part.bytes, whole);
    EXPECT_EQ(client.asked, (std::vector<std::string>{"", "bytes=1000-", ""}));
}

TEST_F(Download, appends_no_part_that_comes_compressed) {
    client.faults = {{.cutAfter = 1000}, {.coding = "gzip"}, {}};
    ASSERT_TRUE(run());
    EXPECT_EQ(part.bytes, whole);
    EXPECT_EQ(client.asked, (std::vector<std::string>{"", "bytes=1000-", ""}));
}

TEST_F(Download, takes_a_200_to_a_range_as_a_new_beginning) {
    client.faults = {{.cutAfter = 1000}, {.ignoresRange = true}};
    ASSERT_TRUE(run());
    EXPECT_EQ(part.bytes, whole);
    EXPECT_EQ(part.begun, 2);
}

TEST_F(Download, takes_a_416_for_the_end_only_where_the_total_agrees) {
    client.faults = {{.cutAfter = 1000}, {.status = 416, .headers = "Content-Range: bytes */1000"}};
    ASSERT_TRUE(run());
    EXPECT_EQ(part.bytes.size(), 1000u);
    part = {};
    client.faults = {{.cutAfter = 1000}, {.status = 416, .headers = "Content-Range: bytes */999"}, {}};
    ASSERT_TRUE(run());
    EXPECT_EQ(part.bytes, whole);
}

TEST_F(Download, waits_as_long_as_the_server_asks) {
    client.faults = {{.status = 503, .headers = "Retry-After: 7"}, {}};
    ASSERT_TRUE(run());
    EXPECT_EQ(pauses, std::vector<std::int64_t>{7000});
}

TEST_F(Download, doubles_its_pauses_and_then_gives_up) {
    for (int i = 0; i < 4; ++i) client.faults.push_back({.status = 500});
    auto outcome = run();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, Kind::network);
    EXPECT_EQ(pauses, (std::vector<std::int64_t>{100, 200, 400}));
}

TEST_F(Download, counts_failures_anew_when_bytes_flowed) {
    for (int i = 0; i < 10; ++i) client.faults.push_back({.cutAfter = 100});
    ASSERT_TRUE(run(2));
    EXPECT_EQ(part.bytes, whole);
}

TEST_F(Download, gives_up_on_a_server_that_always_breaks_off_at_the_same_byte) {
    for (int i = 0; i < 10; ++i) client.faults.push_back({.cutAfter = 1000, .etag = ""});
    EXPECT_FALSE(run(3));
    EXPECT_LE(client.asked.size(), 4u);
}

TEST_F(Download, does_not_try_again_what_was_refused) {
    client.faults = {{.status = 403}};
    auto outcome = run();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, Kind::forbidden);
    EXPECT_EQ(client.asked.size(), 1u);
}

TEST_F(Download, takes_a_body_without_a_length_to_its_end) {
    client.faults = {{.hasLength = false}};
    ASSERT_TRUE(run());
    EXPECT_EQ(part.bytes, whole);
}

TEST_F(Download, asks_nothing_when_everything_is_there) {
    part.bytes = whole;
    part.held = {.etag = "\"v1\"", .lastModified = "", .total = whole.size()};
    ASSERT_TRUE(run());
    EXPECT_TRUE(client.asked.empty());
}

TEST(ContentRange, is_read_strictly) {
    auto range = parseContentRange("bytes 2-5/10");
    ASSERT_TRUE(range);
    EXPECT_EQ(range->first, 2u);
    EXPECT_EQ(range->last, 5u);
    EXPECT_EQ(range->total, 10u);
    EXPECT_EQ(parseContentRange("bytes */10")->total, 10u);
    EXPECT_FALSE(parseContentRange("bytes 2-5/*")->total);
    for (auto wrong :
         {"", "bytes", "bytes 2-5", "bytes 5-2/10", "bytes 2-10/10", "bytes -5/10", "bytes 2-/10",
          "items 2-5/10", "bytes */*", "bytes 2-5/1x", "bytes 99999999999999999999-5/10", "bytes +2-5/10"}) {
        EXPECT_FALSE(parseContentRange(wrong)) << wrong;
    }
}

TEST(RetryAfter, is_read_as_seconds_or_as_a_date_and_is_bounded) {
    auto at = std::chrono::sys_days(std::chrono::year(2026) / 11 / 21);
    auto ms = [&](const char* value) {
        net::Headers headers;
        headers.add("Retry-After", value);
        return net::retryAfterMs(headers, at);
    };
    EXPECT_EQ(ms("120"), 120'000);
    EXPECT_EQ(ms("Sat, 21 Nov 2026 00:00:30 GMT"), 30'000);
    EXPECT_EQ(ms("Fri, 20 Nov 2026 00:00:00 GMT"), 0);
    EXPECT_EQ(ms("999999999999"), 3'600'000);
    EXPECT_EQ(ms("99999999999999999999999"), 3'600'000);
    EXPECT_EQ(ms("-5"), std::nullopt);
    EXPECT_EQ(ms("soon"), std::nullopt);
}

TEST(Backoff, is_uniform_up_to_a_doubling_ceiling) {
    net::RetryPolicy policy{
        .attempts = 9, .base = std::chrono::milliseconds(500), .cap = std::chrono::milliseconds(3000)};
    EXPECT_EQ(net::backoff(policy, 1, 1.0).count(), 500);
    EXPECT_EQ(net::backoff(policy, 2, 0.5).count(), 500);
    EXPECT_EQ(net::backoff(policy, 9, 1.0).count(), 3000);
    EXPECT_EQ(net::backoff(policy, 60, 0.0).count(), 0);
}

}  // namespace
