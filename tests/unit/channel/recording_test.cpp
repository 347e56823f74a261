// capture.audio: what may be asked for, and how much of it goes into a reply.
#include <gtest/gtest.h>

#include "channel/frame.h"
#include "served.h"
#include "system/base64.h"

namespace auricle::channel {
namespace {

using channel_test::FakeManager;
using channel_test::Served;
using nlohmann::json;

json errorOf(const json& answer) {
    return answer.at("error").at("data");
}

delivery::RecordingPiece pieceOf(std::string_view bytes, std::uint64_t total) {
    const auto view = std::as_bytes(std::span(bytes));
    return {.bytes = {view.begin(), view.end()}, .total = total, .mime = "audio/mp4"};
}

class Recording : public ::testing::Test {
  protected:
    void SetUp() override {
        host.hello();
        host.manager.captures = {FakeManager::make("c1")};
        host.recording = pieceOf("sound", 58);
    }
    Served host;
};

TEST_F(Recording, is_given_as_base64_with_where_it_belongs) {
    const auto answer = host.ask("capture.audio", {{"id", "c1"}, {"offset", 10}, {"length", 5}});
    EXPECT_EQ(answer.at("result"),
              (json{{"offset", 10}, {"data", "c291bmQ="}, {"total", 58}, {"mimeType", "audio/mp4"}}));
    EXPECT_EQ(host.read, std::vector<std::string>{"c1 from 10, 5"});
}

TEST_F(Recording, of_the_largest_piece_fits_into_a_frame) {
    host.ask("capture.audio", {{"id", "c1"}, {"offset", 0}, {"length", 1'000'000'000'000}});
    host.ask("capture.audio", {{"id", "c1"}, {"offset", 0}});
    ASSERT_EQ(host.read.size(), 2u);
    EXPECT_EQ(host.read[0], host.read[1]);
    const auto most = std::stoul(host.read[0].substr(host.read[0].rfind(' ')));
    EXPECT_GT(most, 500u << 10);
    host.recording = pieceOf(std::string(most, '\xff'), (std::uint64_t{1} << 53) - 1);
    host.recording->mime = std::string(100, 'm');
    const auto answer = host.ask("capture.audio", {{"id", "c1"}, {"offset", (std::int64_t{1} << 53) - 1}});
    EXPECT_EQ(fromBase64(answer.at("result").at("data").get<std::string>())->size(), most);
    EXPECT_LE(answer.dump().size(), maxReplyBytes);
}

TEST_F(Recording, is_refused_with_the_field_that_is_at_fault) {
    EXPECT_EQ(errorOf(host.ask("capture.audio", {{"offset", 0}})).at("path"), "/id");
    EXPECT_EQ(errorOf(host.ask("capture.audio", {{"id", "c1"}})).at("path"), "/offset");
    for (const auto& offset : {json(-1), json(0.5), json("0"), json(9'007'199'254'740'992)})
        EXPECT_EQ(errorOf(host.ask("capture.audio", {{"id", "c1"}, {"offset", offset}})).at("path"),
                  "/offset");
    for (const auto& length : {json(0), json(-1), json("5")}) {
        const auto answer = host.ask("capture.audio", {{"id", "c1"}, {"offset", 0}, {"length", length}});
        EXPECT_EQ(errorOf(answer).at("path"), "/length");
    }
    EXPECT_EQ(errorOf(host.ask("capture.audio", {{"id", "c9"}, {"offset", 0}})).at("kind"),
              "unknown_capture");
    EXPECT_TRUE(host.read.empty());
}

TEST_F(Recording, that_cannot_be_read_says_why) {
    host.recording = fail(Kind::not_found, "It has been moved.");
    const auto answer = host.ask("capture.audio", {{"id", "c1"}, {"offset", 0}});
    EXPECT_EQ(errorOf(answer).at("kind"), "not_found");
    EXPECT_EQ(answer.at("error").at("message"), "It has been moved.");
}

TEST_F(Recording, takes_no_path_from_whoever_asks) {
    host.ask("capture.audio", {{"id", "c1"}, {"offset", 0}, {"file", "/etc/passwd"}, {"length", 5}});
    EXPECT_EQ(host.read, std::vector<std::string>{"c1 from 0, 5"});
    const auto answer = host.ask("capture.audio", {{"id", "../../etc/passwd"}, {"offset", 0}});
    EXPECT_EQ(errorOf(answer).at("kind"), "unknown_capture");
}

}  // namespace
}  // namespace auricle::channel
