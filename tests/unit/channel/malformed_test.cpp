// What a hostile or broken client may send: nothing of it ends the host, hangs it, or makes it grow.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "channel/frame.h"
#include "channel/rpc.h"
#include "served.h"

namespace auricle::channel {
namespace {

using channel_test::FakeManager;
using channel_test::framed;
using channel_test::Served;
using nlohmann::json;

/// A line of /proc/self/status in KiB.
long statusKiB(std::string_view name) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with(name)) return std::stol(line.substr(name.size()));
    }
    return 0;
}
long peakKiB() {
    return statusKiB("VmHWM:");
}
/// Since `before`, a sanitizer's own memory left out: it is many times as large as ours.
void expectGrowthBelow(long before, long now, long mebibytes, const std::string& what) {
#ifndef AURICLE_SANITIZED
    EXPECT_LT(now - before, mebibytes * 1024) << what;
#else
    static_cast<void>(before), static_cast<void>(now), static_cast<void>(mebibytes), static_cast<void>(what);
#endif
}
/// The peak begins anew at what is used now (proc(5), clear_refs).
void forgetPeak() {
    std::ofstream("/proc/self/clear_refs") << "5";
}

const std::vector<std::string>& seeds() {
    static const std::vector<std::string> all{
        R"({"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":[1],"client":{"name":"a","version":"1","browser":"b"}}})",
        R"({"jsonrpc":"2.0","id":"x","method":"session.open","params":{"clientPubKey":"CSCSrAdI2TRXm7PpxxHVrjgAnZsKs0uYJ2M4gPzMDAY="}})",
        R"({"jsonrpc":"2.0","id":2,"method":"session.info","params":{"sessionId":"0123456789abcdef"}})",
        R"({"jsonrpc":"2.0","id":3,"method":"vault.put","params":{"sealed":{"sessionId":"s","seq":1,"iv":"AAAAAAAAAAAAAAAA","data":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}}})",
        R"({"jsonrpc":"2.0","id":4,"method":"vault.forget","params":{"site":"panopto","origin":"https://a"}})",
        R"({"jsonrpc":"2.0","id":5,"method":"capture.start","params":{"page":"https://p/","key":"k","media":{"url":"u","delivery":{"a":[1,2,{"b":null}]}},"deliver":{"to":"folder","subfolder":"a/b"}}})",
        R"({"jsonrpc":"2.0","id":6,"method":"capture.list","params":{"after":"c1","limit":50}})",
        R"({"jsonrpc":"2.0","id":7,"method":"capture.cancel","params":{"id":"c1"}})",
        R"({"jsonrpc":"2.0","id":8,"method":"capture.audio","params":{"id":"c1","offset":737280,"length":1000}})",
        R"({"jsonrpc":"2.0","method":"refresh.failed","params":{"id":"r1","why":"because é"}})",
        R"([{"jsonrpc":"2.0","id":1,"method":"vault.status"}])"};
    return all;
}

std::string mutated(std::mt19937& random) {
    static constexpr std::string_view interesting("{}[]\",:\\/u0019-+.eE \t\n\0\x01\x7f\x80\xC3\xED\xF4\xFF",
                                                  31);
    std::string text = seeds()[random() % seeds().size()];
    for (unsigned changes = random() % 6; changes > 0 && !text.empty(); --changes) {
        const std::size_t at = random() % text.size();
        switch (random() % 6) {
            case 0:
                text[at] = interesting[random() % interesting.size()];
                break;
            case 1:
                text[at] = static_cast<char>(random());
                break;
            case 2:
                text.erase(at, random() % 20);
                break;
            case 3:
                text.insert(at, 1, interesting[random() % interesting.size()]);
                break;
            case 4:
                text.insert(at, text.substr(random() % text.size(), random() % 60));
                break;
            default:
                text.resize(at);
                break;
        }
    }
    return text;
}

bool isTyped(const json& answer) {
    if (answer.value("jsonrpc", "") != "2.0") return false;
    if (answer.contains("result")) return true;
    const auto& error = answer.at("error");
    const int code = error.at("code");
    if (error.at("message").get<std::string>().empty()) return false;
    if (code == -32700 || code == -32600 || code == -32601) return true;
    return code == -32000 && kindOf(error.at("data").at("kind").get<std::string>()).has_value();
}

/// Sends one frame and a request behind it, and sees that the first had one answer at most, and the second
/// its own.
void sendAndSeeItLive(Served& host, const std::string& bytes, unsigned n) {
    const std::string id = "\"alive " + std::to_string(n) + "\"";
    host.sendBytes(bytes + framed(R"({"jsonrpc":"2.0","id":)" + id + R"(,"method":"vault.status"})"));
    const auto answers = host.receive();
    ASSERT_GE(answers.size(), 1U) << n;
    ASSERT_LE(answers.size(), 2U) << n;
    unsigned alive = 0;
    for (const auto& answer : answers) {
        ASSERT_TRUE(isTyped(answer)) << answer;
        alive += answer.at("id").dump() == id;
    }
    ASSERT_EQ(alive, 1U) << n;
}

TEST(Malformed, ten_thousand_broken_frames_get_a_typed_error_each_and_memory_stays_flat) {
    Served host;
    host.hello();
    host.manager.captures = {FakeManager::make("c1")};
    std::mt19937 random(2);
    long early = 0;
    for (unsigned n = 0; n < 10'000; ++n) {
        std::string bytes = framed(mutated(random));
        // A length that says more than a request may have: the frame is skipped, whatever is in it.
        if (n % 500 == 499)
            bytes = framed(std::string(maxRequestBytes + 1 + random() % 1000, static_cast<char>(random())));
        ASSERT_NO_FATAL_FAILURE(sendAndSeeItLive(host, bytes, n));
        host.manager.starts.clear();
        host.manager.calls.clear();
        if (n == 1000) {
            early = statusKiB("VmRSS:");
            forgetPeak();
        }
    }
    expectGrowthBelow(early, peakKiB(), 28,
                      "the skipped frames are this test's own memory, three times 8 MiB while one grows");
}

TEST(Malformed, requests_of_eight_mebibytes_in_every_bad_shape_stay_under_the_bound) {
    const auto filled = [](std::string head, std::string_view unit, std::string_view tail) {
        std::string block;
        while (block.size() < 4096) block += unit;
        while (head.size() + block.size() + tail.size() <= maxRequestBytes) head += block;
        return head.append(tail);
    };
    const std::string start = R"({"jsonrpc":"2.0","id":1,"method":"capture.start","params":)";
    const std::vector<std::string> shapes{
        filled("", "[", ""),
        filled("", "[]", ""),
        filled("[0", ",0", "]"),
        filled(start + R"({"page":")", "x", R"("}})"),
        filled(start + R"({"page":")", "\\u0061", R"("}})"),
        filled(start + R"({"a":0)", R"(,"a":0)", "}}"),
        filled(start + R"({"page":"https://p/","media":{"delivery":{"a":[0)", ",{}", "]}}}}"),
        filled(R"({"jsonrpc":"2.0","id":1,"method":")", "m", R"("})"),
        filled(R"({"jsonrpc":"2.0","method":"m","id":)", "7", "}"),
        filled(R"({"jsonrpc":"2.0","id":1,"method":"m")", R"(,"x":1)", "}"),
        std::string(maxRequestBytes, '\xff'),
        std::string(maxRequestBytes, ' ')};
    FrameReader reader;
    for (const auto& shape : shapes) {
        const long before = statusKiB("VmRSS:");
        forgetPeak();
        const auto request = parseRequest(shape);
        EXPECT_TRUE(request || !faultText(request.error()).empty());
        expectGrowthBelow(before, peakKiB(), 10, shape.substr(0, 80));
    }
    Served host;
    host.hello();
    for (unsigned n = 0; n < shapes.size(); ++n) {
        const long before = statusKiB("VmRSS:");
        ASSERT_NO_FATAL_FAILURE(sendAndSeeItLive(host, framed(shapes[n]), n));
        host.manager.starts.clear();
        host.manager.starts.shrink_to_fit();
        expectGrowthBelow(before, statusKiB("VmRSS:"), 20, shapes[n].substr(0, 80));
    }
}

TEST(Malformed, a_flood_of_empty_frames_is_answered_frame_by_frame) {
    Served host;
    std::string flood(4 * 20'000, '\0');
    host.sendBytes(flood);
    std::size_t answers = 0;
    for (int i = 0; i < 3; ++i) answers += host.receive().size();
    EXPECT_EQ(answers, 20'000U);
}

}  // namespace
}  // namespace auricle::channel
