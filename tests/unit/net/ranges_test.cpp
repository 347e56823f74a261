#include "net/ranges.h"

#include <gtest/gtest.h>

#include "net/multipart_ranges.h"
#include "tests/unit/net/range_server.h"
#include "tests/unit/net/scripted_server.h"

namespace auricle::net {
namespace {

using test::RangeFault;
using test::RangeManners;
using test::RangeServer;

const std::string film = [] {
    std::string text;
    std::mt19937 random(7);
    for (int i = 0; i < 3'000'000; ++i) text += static_cast<char>(random());
    return text;
}();

/// Pieces of sound between pictures.
std::vector<Range> interleaved(std::uint64_t pieceBytes, std::uint64_t gapBytes) {
    std::vector<Range> pieces;
    for (std::uint64_t at = 1000; at + pieceBytes <= film.size(); at += pieceBytes + gapBytes)
        pieces.push_back({.offset = at, .bytes = pieceBytes});
    return pieces;
}

std::string soundIn(const std::vector<Range>& pieces) {
    std::string sound;
    for (const auto& piece : pieces) sound += film.substr(piece.offset, piece.bytes);
    return sound;
}

struct Fetched {
    Result<RangesEnd> end;
    std::string bytes;
};

Fetched fetch(HttpClient& server, const std::vector<Range>& pieces, Link& link, RangeLimits limits = {},
              std::stop_token stop = {}, bool mayStream = false, std::uint64_t total = film.size()) {
    boost::asio::io_context loop;
    std::string got;
    RangeWork work{.request = {.url = *Url::parse("https://cdn.example/film.mp4")},
                   .validator = {.etag = "\"v1\"", .lastModified = {}, .total = total}};
    work.request.stop = stop;
    work.next = [&pieces, i = std::size_t{0}]() mutable -> std::optional<Range> {
        return i < pieces.size() ? std::optional(pieces[i++]) : std::nullopt;
    };
    for (const auto& piece : pieces) work.bytes += piece.bytes;
    work.take = [&got](std::span<const std::byte> bytes) -> Result<void> {
        got.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        return {};
    };
    work.mayStream = mayStream;
    auto end = test::runOn(loop, fetchRanges(server, std::move(work), link, test::hurriedTiming(), limits));
    return {std::move(end), std::move(got)};
}

void expectAll(RangeServer& server, const std::vector<Range>& pieces, const std::string& what) {
    Link link;
    auto fetched = fetch(server, pieces, link);
    ASSERT_TRUE(fetched.end) << what << ": " << fetched.end.error().message;
    EXPECT_EQ(*fetched.end, RangesEnd::complete) << what;
    EXPECT_TRUE(fetched.bytes == soundIn(pieces)) << what;
}

TEST(Ranges, AreFetchedManyInARequestWhereTheServerGrantsThem) {
    RangeServer server(film);
    auto pieces = interleaved(2000, 4000);
    expectAll(server, pieces, "500 pieces");
    EXPECT_GE(server.manyRequests, pieces.size() / 150);
    EXPECT_LE(server.requests, pieces.size() / 50 + 1);
    EXPECT_LT(server.sentBytes, soundIn(pieces).size() * 11 / 10);
}

TEST(Ranges, AreAskedForSinglyAfterAServerIgnoredMany) {
    for (auto beyond :
         {RangeManners::Beyond::whole, RangeManners::Beyond::firstOnly, RangeManners::Beyond::refusal}) {
        RangeServer server(film, {.mostRanges = 1, .beyond = beyond});
        auto pieces = interleaved(9000, 50'000);
        expectAll(server, pieces, "one range a request");
        EXPECT_LE(server.wholeAnswers, 1u) << "it is noticed at the first answer";
        EXPECT_LT(server.sentBytes, soundIn(pieces).size() + 300'000) << "and dropped at once";
        EXPECT_GE(server.mostUnderWay, 4u);
        EXPECT_LE(server.mostUnderWay, 64u);
    }
}

TEST(Ranges, KeepToFiftyWhereMoreAreRefused) {
    RangeServer server(film, {.mostRanges = 50});
    auto pieces = interleaved(400, 1000);
    expectAll(server, pieces, "many small ones");
    EXPECT_LE(server.requests, pieces.size() / 50 + 20);
}

TEST(Ranges, UseSixConnectionsWhereRequestsCannotShareOne) {
    RangeServer server(film, {.mostRanges = 1, .isHttp2 = false});
    expectAll(server, interleaved(9000, 50'000), "HTTP/1.1");
    EXPECT_EQ(server.mostUnderWay, 6u);
}

TEST(Ranges, TakePartsInAnyOrderAndJoined) {
    auto pieces = interleaved(700, 400);
    auto close = interleaved(700, 350);
    RangeServer reversed(film, {.reverses = true});
    expectAll(reversed, pieces, "reversed");
    RangeServer coalesced(film, {.coalesces = true});
    expectAll(coalesced, close, "coalesced");
    RangeServer both(film, {.coalesces = true, .reverses = true});
    expectAll(both, close, "both");
}

TEST(Ranges, ReachOverSmallGapsAndNoLargeOnes) {
    RangeServer server(film);
    auto pieces = interleaved(500, 100);
    expectAll(server, pieces, "small gaps");
    EXPECT_EQ(server.manyRequests, 0u);
    EXPECT_LT(server.sentBytes, film.size() + 1000);
}

TEST(Ranges, ComeInTheOrderOfThePiecesAlsoWhereThatIsNotTheFiles) {
    auto pieces = interleaved(3000, 9000);
    std::ranges::reverse(pieces);
    std::swap(pieces[3], pieces[70]);
    RangeServer server(film);
    expectAll(server, pieces, "backwards");
}

TEST(Ranges, OfOneLongPieceAreFetchedInParallel) {
    RangeServer server(film);
    expectAll(server, {{.offset = 0, .bytes = film.size()}}, "all of it");
    EXPECT_GE(server.mostUnderWay, 3u);
}

TEST(Ranges, NeverAskForMoreThanTheWindow) {
    RangeServer server(film);
    auto pieces = interleaved(20'000, 1000);
    RangeLimits limits;
    limits.windowBytes = 300'000;
    limits.requestBytes = 100'000;
    Link link;
    auto fetched = fetch(server, pieces, link, limits);
    EXPECT_TRUE(fetched.bytes == soundIn(pieces));
    EXPECT_LE(server.mostUnderWay, 3u);
}

TEST(Ranges, NoticeThatTheResourceIsAnotherOne) {
    auto pieces = interleaved(9000, 50'000);
    for (bool isLonger : {false, true}) {
        RangeServer server(film);
        server.onRequest = [&](const std::string&) {
            if (server.requests == 4)
                isLonger ? server.replace(film + "more", "") : server.replace(film, "\"v2\"");
        };
        Link link;
        server.manners.mostRanges = 1;
        auto fetched = fetch(server, pieces, link);
        ASSERT_TRUE(fetched.end) << fetched.end.error().message;
        EXPECT_EQ(*fetched.end, RangesEnd::changed);
        EXPECT_TRUE(soundIn(pieces).starts_with(fetched.bytes));
    }
}

TEST(Ranges, AreGivenUpWhereTheServerIgnoresThemOrLies) {
    auto pieces = interleaved(9000, 50'000);
    RangeServer deaf(film, {.grantsRanges = false});
    Link link;
    auto fetched = fetch(deaf, pieces, link);
    ASSERT_TRUE(fetched.end);
    EXPECT_EQ(*fetched.end, RangesEnd::refused);
    EXPECT_LT(deaf.sentBytes, 200'000u) << "no answer with the whole is read to its end";
    for (const auto& lie : {RangeFault{.shifts = -7}, RangeFault{.hasExtraBytes = true}}) {
        RangeServer liar(film, {.mostRanges = 1});
        liar.faults = {{}, {}, lie};
        Link honest;
        fetched = fetch(liar, pieces, honest);
        ASSERT_TRUE(fetched.end);
        EXPECT_EQ(*fetched.end, RangesEnd::refused);
        EXPECT_TRUE(soundIn(pieces).starts_with(fetched.bytes)) << "what was handed over is right";
    }
}

TEST(Ranges, AskAnewForWhatIsMissingAndNothingElse) {
    auto pieces = interleaved(20'000, 20'000);
    RangeServer server(film);
    server.faults = {
        {.cutAfter = 300'000}, {.status = 503}, {.lacksBytes = true}, {.cutAfter = 0}, {.cutAfter = 50'000}};
    expectAll(server, pieces, "with faults");
    EXPECT_LT(server.sentBytes, soundIn(pieces).size() * 5 / 4);
}

TEST(Ranges, FailWithWhatKeepsFailing) {
    RangeServer server(film);
    for (int i = 0; i < 200; ++i) server.faults.push_back({.status = 503});
    Link link;
    auto fetched = fetch(server, interleaved(9000, 50'000), link);
    ASSERT_FALSE(fetched.end);
    EXPECT_EQ(fetched.end.error().kind, Kind::network);
    EXPECT_TRUE(fetched.end.error().retryable);
}

TEST(Ranges, EndAtOnceWhenTheyAreStopped) {
    RangeServer server(film, {.mostRanges = 1});
    std::stop_source stop;
    server.onRequest = [&](const std::string&) {
        if (server.requests == 8) stop.request_stop();
    };
    Link link;
    auto fetched = fetch(server, interleaved(9000, 50'000), link, {}, stop.get_token());
    ASSERT_FALSE(fetched.end);
    EXPECT_EQ(fetched.end.error().kind, Kind::cancelled);
    EXPECT_LE(server.requests, 64u);
}

TEST(Ranges, GiveWayToTheWholeWhereThatIsSoonerHere) {
    // Each answer takes 100 ms of a clock that is ours; the link would carry 10 MB in that time.
    RangeServer server(film, {.mostRanges = 1, .isHttp2 = false});
    auto time = Link::Clock::time_point{};
    server.onRequest = [&](const std::string&) { time += std::chrono::milliseconds(100); };
    Link link;
    link.answered(std::chrono::milliseconds(100), false);
    for (int ms = 0; ms < 50; ++ms) link.received(100'000, time + std::chrono::milliseconds(ms));
    RangeLimits limits;
    limits.now = [&] { return time; };
    auto pieces = interleaved(900, 5000);
    auto fetched = fetch(server, pieces, link, limits, {}, true);
    ASSERT_TRUE(fetched.end) << fetched.end.error().message;
    EXPECT_EQ(*fetched.end, RangesEnd::slower);
    EXPECT_TRUE(soundIn(pieces).starts_with(fetched.bytes));
}

TEST(Ranges, GiveWayToTheWholeAsSoonAsTheRoundTripsAloneTakeLonger) {
    // Three glances at the pace would take 180 answers; what six connections bring in a round trip is known
    // after a few.
    RangeServer server(film, {.mostRanges = 1, .isHttp2 = false});
    auto time = Link::Clock::time_point{};
    server.onRequest = [&](const std::string&) { time += std::chrono::milliseconds(1); };
    Link link;
    link.answered(std::chrono::milliseconds(1), false);
    for (int ms = 0; ms < 50; ++ms) link.received(100'000, time + std::chrono::milliseconds(ms));
    RangeLimits limits;
    limits.now = [&] { return time; };
    auto pieces = interleaved(900, 5000);
    auto fetched = fetch(server, pieces, link, limits, {}, true);
    ASSERT_TRUE(fetched.end) << fetched.end.error().message;
    EXPECT_EQ(*fetched.end, RangesEnd::slower);
    EXPECT_LE(server.requests, 30u);
    EXPECT_TRUE(soundIn(pieces).starts_with(fetched.bytes));
}

TEST(Ranges, AThousandHistoriesOfFaultsEndRightOrWithAnError) {
    std::mt19937 random(20261121);
    const auto brief = film.substr(0, 400'000);
    for (int i = 0; i < 1000; ++i) {
        RangeManners manners{.grantsRanges = random() % 20 != 0,
                             .mostRanges = random() % 3 ? 1000u : random() % 60,
                             .beyond = static_cast<RangeManners::Beyond>(random() % 3),
                             .isHttp2 = random() % 2 == 0,
                             .coalesces = random() % 3 == 0,
                             .reverses = random() % 3 == 0};
        RangeServer server(brief, manners);
        for (auto n = random() % 12; n > 0; --n) {
            RangeFault fault;
            switch (random() % 6) {
                case 0:
                    fault.cutAfter = random() % 60'000;
                    break;
                case 1:
                    fault.status = random() % 2 ? 503 : 429;
                    break;
                case 2:
                    fault.shifts = static_cast<long>(random() % 9) - 4;
                    break;
                case 3:
                    fault.lacksBytes = true;
                    break;
                case 4:
                    fault.hasExtraBytes = true;
                    break;
                default:
                    break;
            }
            server.faults.push_back(fault);
        }
        auto pieces = interleaved(200 + random() % 9000, 1000 + random() % 60'000);
        std::erase_if(pieces, [&](const Range& piece) { return piece.end() > brief.size(); });
        Link link;
        auto fetched = fetch(server, pieces, link, {}, {}, false, brief.size());
        auto sound = soundIn(pieces);
        ASSERT_TRUE(sound.starts_with(fetched.bytes)) << i;
        bool isComplete = fetched.end && *fetched.end == RangesEnd::complete;
        ASSERT_TRUE(!isComplete || fetched.bytes.size() == sound.size()) << i;
        ASSERT_TRUE(fetched.end || !fetched.end.error().message.empty()) << i;
    }
}

TEST(LinkTest, IsJudgedByBurstsAndNotByPauses) {
    Link link;
    Link::Clock::time_point time{};
    for (int burst = 0; burst < 5; ++burst, time += std::chrono::milliseconds(40)) {
        for (int ms = 0; ms < 20; ++ms, time += std::chrono::milliseconds(1)) link.received(12'500, time);
    }
    EXPECT_NEAR(link.bytesPerMs(), 12'500, 1000) << "100 Mbit/s, whatever the pauses";
    // A loop that was held up reads at once what had been waiting.
    link.received(1, time);
    link.received(1'000'000, time + std::chrono::microseconds(100));
    EXPECT_NEAR(link.bytesPerMs(), 12'500, 1000);
}

std::string parted(std::string_view body, std::size_t step, bool& isAtEnd, std::string& error) {
    std::string got;
    MultipartRanges parts(
        "B", [](const ContentRange&) -> Result<void> { return {}; },
        [&](std::uint64_t offset, std::span<const std::byte> bytes) -> Result<void> {
            got += "[" + std::to_string(offset) + "]";
            got.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
            return {};
        });
    for (std::size_t at = 0; at < body.size(); at += step) {
        auto fed = parts.feed(std::as_bytes(std::span(body).subspan(at, std::min(step, body.size() - at))));
        if (!fed) {
            error = fed.error().message;
            return got;
        }
    }
    isAtEnd = parts.isAtEnd();
    return got;
}

TEST(MultipartRangesTest, AreReadWhereverTheyAreCut) {
    const std::string body =
        "--B\r\nContent-Type: a/b\r\nContent-Range: bytes 5-7/100\r\n\r\nabc\r\n--B  \r\n"
        "CONTENT-RANGE:bytes 20-23/*\r\n\r\n\r\n--\r\n--B--";
    for (const auto& [step, expected] : {std::pair{body.size(), "[5]abc[20]\r\n--"},
                                         std::pair{std::size_t{1}, "[5]a[6]b[7]c[20]\r[21]\n[22]-[23]-"}}) {
        bool isAtEnd = false;
        std::string error;
        EXPECT_EQ(parted(body, step, isAtEnd, error), expected);
        EXPECT_EQ(error, "");
        EXPECT_TRUE(isAtEnd);
    }
}

TEST(MultipartRangesTest, AreRefusedWhereTheyAreNotWellFormed) {
    for (const auto* body : {"--B\r\n\r\nabc\r\n--B--", "--C\r\n", "--B\nContent-Range: bytes 5-7/100\n\n",
                             "--B\r\nContent-Range: bytes 7-5/100\r\n\r\n",
                             "--B\r\nContent-Range: bytes */9\r\n\r\n", "--B\r\nno colon\r\n\r\n",
                             "--B\r\nContent-Range: bytes 1-2/9\r\nContent-Range: bytes 1-2/9\r\n\r\nab",
                             "--B\r\nContent-Range: bytes 5-7/100\r\n\r\nabcd\r\n--B--"}) {
        bool isAtEnd = false;
        std::string error;
        parted(body, 1000, isAtEnd, error);
        EXPECT_NE(error, "") << body;
    }
    bool isAtEnd = false;
    std::string error;
    parted("--B\r\nX: " + std::string(20'000, 'x'), 100, isAtEnd, error);
    EXPECT_NE(error, "") << "headers without end";
}

TEST(MultipartRangesTest, HaveABoundaryWithOrWithoutQuotes) {
    EXPECT_EQ(MultipartRanges::boundaryOf("multipart/byteranges; boundary=abc"), "abc");
    EXPECT_EQ(MultipartRanges::boundaryOf("Multipart/ByteRanges;boundary=\"a b\""), "a b");
    EXPECT_EQ(MultipartRanges::boundaryOf("multipart/byteranges"), std::nullopt);
    EXPECT_EQ(MultipartRanges::boundaryOf("multipart/mixed; boundary=abc"), std::nullopt);
    EXPECT_EQ(MultipartRanges::boundaryOf("multipart/byteranges; boundary=" + std::string(71, 'a')),
              std::nullopt);
    EXPECT_EQ(MultipartRanges::boundaryOf("video/mp4"), std::nullopt);
}

}  // namespace
}  // namespace auricle::net
