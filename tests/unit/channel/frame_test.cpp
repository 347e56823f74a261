#include "channel/frame.h"

#include <gtest/gtest.h>

#include "served.h"

namespace auricle::channel {
namespace {

using channel_test::framed;

/// Feeds `bytes` in pieces of `size` and gives the texts; "<too long N>" for a frame that was skipped.
std::vector<std::string> readInPieces(FrameReader& reader, std::string_view bytes, std::size_t size) {
    std::vector<std::string> texts;
    while (!bytes.empty()) {
        const auto part = bytes.substr(0, size);
        bytes.remove_prefix(part.size());
        std::span<const char> piece(part.data(), part.size());
        while (const auto frame = reader.next(piece)) {
            texts.push_back(frame->isTooLong ? "<too long " + std::to_string(frame->announcedBytes) + ">"
                                             : std::string(frame->text));
        }
    }
    return texts;
}

std::string announcing(std::uint32_t size) {
    return framed(std::string(size, 'x')).substr(0, 4);
}

TEST(Frame, gives_the_same_frames_wherever_the_stream_is_split) {
    const std::string stream = framed("{}") + framed("") + framed(std::string(300, 'a')) + framed("[1]");
    const std::vector<std::string> expected{"{}", "", std::string(300, 'a'), "[1]"};
    for (std::size_t first = 0; first <= stream.size(); ++first) {
        FrameReader reader;
        auto texts = readInPieces(reader, stream.substr(0, first), stream.size());
        for (auto& text : readInPieces(reader, std::string_view(stream).substr(first), stream.size())) {
            texts.push_back(std::move(text));
        }
        ASSERT_EQ(texts, expected) << "split at " << first;
    }
}

TEST(Frame, gives_the_same_frames_in_pieces_of_every_size) {
    const std::string stream = framed("{}") + framed("") + framed(std::string(300, 'a')) + framed("[1]");
    for (std::size_t size = 1; size <= stream.size(); ++size) {
        FrameReader reader;
        ASSERT_EQ(readInPieces(reader, stream, size).size(), 4U) << "pieces of " << size;
    }
}

TEST(Frame, a_frame_of_no_bytes_is_complete_with_its_length) {
    FrameReader reader;
    EXPECT_EQ(readInPieces(reader, framed(""), 4), std::vector<std::string>{""});
}

TEST(Frame, a_frame_at_the_limit_is_taken_and_one_byte_more_is_skipped) {
    for (const std::size_t size : {1U, 7U, 4096U}) {
        FrameReader reader(1000);
        const auto stream = framed(std::string(1000, 'a')) + framed(std::string(1001, 'b')) + framed("next");
        EXPECT_EQ(readInPieces(reader, stream, size),
                  (std::vector<std::string>{std::string(1000, 'a'), "<too long 1001>", "next"}));
    }
}

TEST(Frame, says_too_long_when_the_length_is_read_and_holds_nothing_of_it) {
    FrameReader reader;
    const std::string length("\xff\xff\xff\xff");
    EXPECT_EQ(readInPieces(reader, length, 4), std::vector<std::string>{"<too long 4294967295>"});
    readInPieces(reader, std::string(1'000'000, 'x'), 65536);
    EXPECT_EQ(reader.heldBytes(), 0U);
}

TEST(Frame, memory_grows_with_what_arrived_not_with_what_was_announced) {
    FrameReader reader;
    readInPieces(reader, announcing(maxRequestBytes) + std::string(1000, 'x'), 100);
    EXPECT_LE(reader.heldBytes(), 2000U);
}

TEST(Frame, gives_the_memory_of_a_large_frame_back) {
    FrameReader reader;
    readInPieces(reader, framed(std::string(maxRequestBytes, 'x')), 65536);
    EXPECT_EQ(reader.heldBytes(), 0U);
}

TEST(Frame, nothing_longer_than_a_browser_takes_is_written) {
    EXPECT_TRUE(frameLength(1'048'576));
    const auto refused = frameLength(1'048'577);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, Kind::too_large);
    EXPECT_EQ(refused.error().limitBytes, 1'048'576U);
}

}  // namespace
}  // namespace auricle::channel
