#include "delivery/backend_recording.h"

#include <charconv>

#include "tests/unit/delivery/delivery_test_support.h"

namespace auricle::delivery::testing {
namespace {

/// Has a recording, and gives it in whichever way a test wants; hands a body over in small pieces.
class Giver final : public net::HttpClient {
  public:
    int status = 206;
    std::string body;  ///< of the answer
    std::vector<net::Header> headers;
    std::string answeredBy = backendOrigin + "/api/lectures/7/audio";
    std::size_t stepBytes = 3;
    bool breaksOff = false;  ///< behind half of it

    std::vector<net::Request> asked;
    std::string authorized;
    std::size_t taken = 0;  ///< bytes of the body that were handed over

    boost::asio::awaitable<Result<net::Response>> send(net::Request) override {
        co_return fail(Kind::internal, "A recording is read through a sink.");
    }
    boost::asio::awaitable<Result<net::Response>> send(net::Request request, net::BodySink& sink) override {
        authorized = std::string(request.credentials->authorization(request.url).reveal());
        asked.push_back(std::move(request));
        taken = 0;
        net::Response response;
        response.head.status = status;
        response.head.url = *net::Url::parse(answeredBy);
        for (auto& header : headers) response.head.headers.add(header.name, header.value);
        if (auto begun = sink.begin(response.head); !begun) co_return std::unexpected(begun.error());
        const auto end = breaksOff ? body.size() / 2 : body.size();
        while (taken < end) {
            const auto piece =
                std::as_bytes(std::span(body)).subspan(taken, std::min(stepBytes, end - taken));
            taken += piece.size();
            if (auto put = sink.data(piece); !put) co_return std::unexpected(put.error());
        }
        if (breaksOff) co_return fail(Kind::network, "The connection broke.", true);
        co_return response;
    }
};

std::string textOf(const RecordingPiece& piece) {
    return {reinterpret_cast<const char*>(piece.bytes.data()), piece.bytes.size()};
}

class BackendRecordingTest : public DeliveryTest {
  protected:
    Result<RecordingPiece> read(std::uint64_t offset, std::uint64_t length) {
        Visit visit{http, credentials, timing, stopping.get_token()};
        return run(readFromBackend(*net::Url::parse(backendOrigin), "7", {.offset = offset, .length = length},
                                   visit));
    }
    void givesPart(std::string body, std::string range, std::string type = "audio/mp4") {
        http.status = 206;
        http.body = std::move(body);
        http.headers = {{"Content-Type", std::move(type)}, {"Content-Range", std::move(range)}};
    }
    void givesWhole(std::string body, bool saysLength = true) {
        http.status = 200;
        http.headers = {{"Content-Type", "audio/mp4"}};
        if (saysLength) http.headers.push_back({"Content-Length", std::to_string(body.size())});
        http.body = std::move(body);
    }
    void refuses(int status, std::string body = {}, std::vector<net::Header> headers = {}) {
        http.status = status;
        http.body = std::move(body);
        http.headers = std::move(headers);
    }
    Error errorOf(std::uint64_t offset = 0, std::uint64_t length = 4) {
        auto piece = read(offset, length);
        EXPECT_FALSE(piece);
        return piece ? Error{} : piece.error();
    }

    Giver http;
};

TEST_F(BackendRecordingTest, asks_for_the_range_alone_with_the_token) {
    givesPart("3456", "bytes 3-6/10", "audio/mp4; codecs=\"mp4a.40.2\"");
    auto piece = read(3, 4);
    ASSERT_TRUE(piece);
    EXPECT_EQ(textOf(*piece), "3456");
    EXPECT_EQ(piece->total, 10u);
    EXPECT_EQ(piece->mime, "audio/mp4");
    ASSERT_EQ(http.asked.size(), 1u);
    EXPECT_EQ(http.asked[0].url.text(), backendOrigin + "/api/lectures/7/audio");
    EXPECT_EQ(http.asked[0].method, "GET");
    const auto range = std::ranges::find(http.asked[0].headers, "Range", &net::Header::name);
    ASSERT_NE(range, http.asked[0].headers.end());
    EXPECT_EQ(range->value, "bytes=3-6");
    EXPECT_EQ(http.authorized, "Bearer " + canaryToken);
}

TEST_F(BackendRecordingTest, believes_a_store_that_knows_no_type) {
    givesPart("3456", "bytes 3-6/10", "binary/octet-stream");
    http.answeredBy = "https://store.example/bucket/7?signature=1";
    auto piece = read(3, 4);
    ASSERT_TRUE(piece);
    EXPECT_EQ(piece->mime, "");
}

TEST_F(BackendRecordingTest, takes_less_than_it_asked_for) {
    givesPart("34", "bytes 3-4/10");
    EXPECT_EQ(textOf(*read(3, 4)), "34");
    givesPart("89", "bytes 8-9/10");
    EXPECT_EQ(textOf(*read(8, 4)), "89");
}

TEST_F(BackendRecordingTest, does_not_believe_another_part_than_it_asked_for) {
    for (const auto* range :
         {"bytes 0-3/10", "bytes 3-7/10", "bytes 3-6/*", "bytes */10", "items 3-6/10", ""}) {
        givesPart("3456", range);
        EXPECT_EQ(errorOf(3, 4).kind, Kind::network) << range;
    }
    givesPart("3456", "bytes 3-6/10");
    http.headers.push_back({"Content-Encoding", "gzip"});
    EXPECT_EQ(errorOf(3, 4).kind, Kind::network);
    givesPart("34567", "bytes 3-6/10");
    EXPECT_EQ(errorOf(3, 4).kind, Kind::network);
}

TEST_F(BackendRecordingTest, that_breaks_off_may_be_tried_again) {
    givesPart("3456", "bytes 3-6/10");
    http.breaksOff = true;
    EXPECT_TRUE(errorOf(3, 4).retryable);
    // A connection that ends in order, and too early.
    http.breaksOff = false;
    http.body = "34";
    EXPECT_TRUE(errorOf(3, 4).retryable);
}

TEST_F(BackendRecordingTest, reads_no_further_than_the_piece_where_only_the_whole_is_given) {
    givesWhole(std::string(100'000, 'x').replace(50, 4, "word"));
    http.stepBytes = 10;
    auto piece = read(50, 4);
    ASSERT_TRUE(piece);
    EXPECT_EQ(textOf(*piece), "word");
    EXPECT_EQ(piece->total, 100'000u);
    EXPECT_EQ(http.taken, 60u);
    EXPECT_EQ(textOf(*read(99'998, 10)), "xx");
    EXPECT_EQ(textOf(*read(100'000, 10)), "");
}

TEST_F(BackendRecordingTest, counts_a_whole_whose_length_is_not_announced) {
    givesWhole("0123456789", false);
    auto piece = read(3, 4);
    ASSERT_TRUE(piece);
    EXPECT_EQ(textOf(*piece), "3456");
    EXPECT_EQ(piece->total, 10u);
    EXPECT_EQ(textOf(*read(8, 4)), "89");
    EXPECT_EQ(errorOf(11, 4).path, "/offset");
}

TEST_F(BackendRecordingTest, refuses_a_whole_that_is_too_long_to_be_passed_over) {
    givesWhole(std::string(mostWholeBytes + 10, 'x'));
    http.stepBytes = 100'000;
    EXPECT_TRUE(read(0, 4));
    EXPECT_TRUE(read(mostWholeBytes - 4, 4));
    auto error = errorOf(mostWholeBytes - 3, 4);
    EXPECT_EQ(error.kind, Kind::too_large);
    EXPECT_EQ(error.limitBytes, mostWholeBytes);
    EXPECT_EQ(http.taken, 0u);
    givesWhole(std::string(mostWholeBytes + 200'000, 'x'), false);
    EXPECT_EQ(errorOf().kind, Kind::too_large);
    EXPECT_LT(http.taken, mostWholeBytes + 200'000);
}

TEST_F(BackendRecordingTest, has_nothing_behind_the_end) {
    refuses(416, "", {{"Content-Range", "bytes */10"}});
    EXPECT_EQ(read(10, 4)->total, 10u);
    EXPECT_TRUE(read(10, 4)->bytes.empty());
    EXPECT_EQ(errorOf(11).kind, Kind::bad_params);
    EXPECT_EQ(errorOf(11).path, "/offset");
    refuses(416);
    EXPECT_EQ(errorOf(11).kind, Kind::network);
    givesWhole("0123456789");
    EXPECT_EQ(errorOf(11).path, "/offset");
}

TEST_F(BackendRecordingTest, asks_for_a_sign_in_where_one_is_missing) {
    for (int status : {401, 403}) {
        refuses(status, R"({"detail":"The token has ended."})");
        auto error = errorOf();
        EXPECT_EQ(error.kind, Kind::backend_unauthorized);
        EXPECT_NE(error.message.find("The token has ended."), std::string::npos) << error.message;
    }
    givesWhole("<html>Sign in</html>");
    http.headers[0].value = "text/html; charset=utf-8";
    EXPECT_EQ(errorOf().kind, Kind::backend_unauthorized);
}

TEST_F(BackendRecordingTest, says_where_to_listen_when_a_backend_gives_nothing_back) {
    for (int status : {404, 405, 410}) {
        refuses(status, R"({"detail":"Not Found"})");
        auto error = errorOf();
        EXPECT_EQ(error.kind, Kind::not_found);
        EXPECT_EQ(
            error.message,
            "The backend study.example.edu does not give this recording back. Listen to it there. It says: "
            "Not Found.");
        EXPECT_FALSE(error.retryable);
    }
    givesWhole(R"({"url":"elsewhere"})");
    http.headers[0].value = "application/json";
    EXPECT_EQ(errorOf().kind, Kind::network);
}

TEST_F(BackendRecordingTest, may_be_tried_again_after_what_passes) {
    for (int status : {408, 429, 500, 503}) {
        refuses(status, "", {{"Retry-After", "7"}});
        auto error = errorOf();
        EXPECT_EQ(error.kind, status == 429 ? Kind::rate_limited : Kind::network) << status;
        EXPECT_TRUE(error.retryable) << status;
        EXPECT_EQ(error.retryAfterMs, 7000) << status;
    }
}

TEST_F(BackendRecordingTest, wants_no_sign_in_for_what_a_store_refuses) {
    http.answeredBy = "https://store.example/bucket/7?signature=1";
    for (int status : {401, 403, 404}) {
        refuses(status, "<Error/>");
        auto error = errorOf();
        EXPECT_EQ(error.kind, Kind::network) << status;
        EXPECT_EQ(error.retryable, status == 403);
        EXPECT_EQ(error.message.find("signature"), std::string::npos);
    }
}

TEST_F(BackendRecordingTest, repeats_no_token_and_no_endless_words) {
    refuses(404, R"({"detail":"No lecture for )" + canaryToken + R"("})");
    EXPECT_EQ(errorOf().message.find(canaryToken), std::string::npos);
    refuses(404, std::string(1 << 20, 'x'));
    EXPECT_LT(errorOf().message.size(), 500u);
}

}  // namespace
}  // namespace auricle::delivery::testing
