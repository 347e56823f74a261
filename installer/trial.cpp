#include "installer/trial.h"

#include <cstring>
#include <nlohmann/json.hpp>

namespace auricle::installer {
namespace {

using nlohmann::json;

constexpr std::uint32_t maxFrameBytes = 1u << 20;  // what a browser takes from a host

std::string_view lastLine(std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
    const auto start = text.find_last_of('\n');
    return start == text.npos ? text : text.substr(start + 1);
}

std::string howItEnded(const HostAnswer& answer) {
    std::string text = answer.signal != 0 ? "signal " + std::to_string(answer.signal)
                                          : "status " + std::to_string(answer.status);
    if (const auto line = lastLine(answer.errors); !line.empty()) text += ": " + shown(line);
    return text;
}

Trial judgeReply(std::string_view body) {
    const json reply = json::parse(body, nullptr, false);
    if (!reply.is_object()) return {.end = Trial::End::text, .detail = shown(body)};
    const auto version = json::json_pointer("/result/host/version");
    if (reply.contains(version) && reply.at(version).is_string())
        return {.end = Trial::End::hello, .version = reply.at(version).get<std::string>()};
    return {.end = Trial::End::refused, .detail = shown(body)};
}

}  // namespace

std::string shown(std::string_view bytes) {
    constexpr std::size_t most = 80;
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const char c : bytes.substr(0, most)) {
        const auto code = static_cast<unsigned char>(c);
        if (code >= 0x20 && code < 0x7f) {
            text += c;
        } else {
            text +=
                c == '\n' ? std::string("\\n") : std::string("\\x") + digits[code >> 4] + digits[code & 15];
        }
    }
    return bytes.size() > most ? text + "…" : text;
}

Trial judge(const HostAnswer& answer) {
    if (!answer.startFault.empty()) return {.end = Trial::End::cannotStart, .detail = answer.startFault};
    Trial trial{.end = Trial::End::silent};
    std::uint32_t length = 0;
    if (answer.output.size() >= sizeof length) {
        std::memcpy(&length, answer.output.data(), sizeof length);
        const bool isWhole = answer.output.size() - sizeof length >= length;
        if (length > maxFrameBytes) {
            trial = {.end = Trial::End::text, .detail = shown(answer.output)};
        } else if (isWhole) {
            trial = judgeReply(std::string_view(answer.output).substr(sizeof length, length));
        }
    } else if (!answer.output.empty()) {
        trial = {.end = Trial::End::text, .detail = shown(answer.output)};
    }
    if (trial.end == Trial::End::silent && answer.isOver)
        trial = {.end = Trial::End::ended, .detail = howItEnded(answer)};
    trial.isLingering = answer.isLingering;
    return trial;
}

std::vector<std::string> browserEnvironment(const Environment& environment) {
    std::vector<std::string> handed{std::string("PATH=") + barePath};
    for (const char* name : {"HOME", "USER", "LOGNAME", "LANG", "XDG_CONFIG_HOME", "XDG_STATE_HOME",
                             "XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "CHROME_CONFIG_HOME", "AURICLE_CONFIG"}) {
        if (const char* value = environment(name)) handed.push_back(std::string(name) + '=' + value);
    }
    return handed;
}

}  // namespace auricle::installer
