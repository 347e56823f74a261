#include "served.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>

namespace auricle::channel_test {
namespace {

struct Pipe {
    int readEnd = -1, writeEnd = -1;
};

Pipe makePipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    return {ends[0], ends[1]};
}

void doNotBlock(int descriptor) {
    ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK);
}

std::vector<vault::SiteRules> rules() {
    return {{.site = "panopto", .login = {{".ASPXAUTH"}}, .helpful = {}}};
}

}  // namespace

std::string framed(std::string_view text) {
    const auto size = static_cast<std::uint32_t>(text.size());
    std::string frame(sizeof size, '\0');
    std::memcpy(frame.data(), &size, sizeof size);
    return frame.append(text);
}

std::vector<std::string> takeFrames(std::string& bytes) {
    std::vector<std::string> frames;
    std::size_t at = 0;
    for (std::uint32_t size = 0; bytes.size() - at >= sizeof size; at += sizeof size + size) {
        std::memcpy(&size, bytes.data() + at, sizeof size);
        if (bytes.size() - at - sizeof size < size) break;
        frames.push_back(bytes.substr(at + sizeof size, size));
    }
    bytes.erase(0, at);
    return frames;
}

Served::Served(std::chrono::milliseconds leaveTime)
    : vault(rules(), vault::Vault::realClocks()),
      seals(vault::SealTable::realClocks(), vault::systemRandomness()) {
    std::signal(SIGPIPE, SIG_IGN);
    const Pipe in = makePipe(), out = makePipe();
    toHost_ = in.writeEnd;
    fromHost_ = out.readEnd;
    doNotBlock(toHost_);
    doNotBlock(fromHost_);
    server_.emplace(parts(leaveTime));
    boost::asio::co_spawn(loop_, server_->run(in.readEnd, out.writeEnd),
                          [this](std::exception_ptr) { isOver_ = true; });
    step();
}

Served::~Served() {
    closeInput();
    closeOutput();
}

channel::Parts Served::parts(std::chrono::milliseconds leaveTime) {
    return {.manager = manager,
            .vault = vault,
            .seals = seals,
            .facts = {.version = "0.1.0",
                      .os = "linux",
                      .arch = "x86_64",
                      .pid = 7,
                      .sites = {"panopto"},
                      .ownServers = {{.site = "playback", .origin = "https://play.uni.example"}},
                      .capturesAtOnce = 2},
            .probeTools =
                [this](std::function<void(channel::Tools)> found) {
                    if (probe) probe(std::move(found));
                },
            .reveal = [this](const std::string& file) -> Result<void> {
                revealed.push_back(file);
                return {};
            },
            .readRecording = [this](capture::Capture capture, delivery::PieceWanted wanted)
                -> boost::asio::awaitable<Result<delivery::RecordingPiece>> {
                read.push_back(capture.id + " from " + std::to_string(wanted.offset) + ", " +
                               std::to_string(wanted.length));
                co_return recording;
            },
            .ending = [this] { ++endings; },
            .leaveTime = leaveTime};
}

void Served::step() {
    loop_.restart();
    while (loop_.poll() > 0) {
    }
}

void Served::sendBytes(std::string_view bytes) {
    unsigned stalls = 0;
    while (!bytes.empty() && stalls < 3) {
        const ssize_t written = ::write(toHost_, bytes.data(), bytes.size());
        stalls = written > 0 ? 0 : stalls + 1;
        if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
        step();
    }
}

std::vector<std::string> Served::receiveTexts() {
    std::array<char, 65536> buffer{};
    for (;;) {
        step();
        const ssize_t bytes = ::read(fromHost_, buffer.data(), buffer.size());
        if (bytes <= 0) break;
        received_.append(buffer.data(), static_cast<std::size_t>(bytes));
    }
    return takeFrames(received_);
}

std::vector<nlohmann::json> Served::receive() {
    std::vector<nlohmann::json> messages;
    for (const auto& text : receiveTexts()) messages.push_back(nlohmann::json::parse(text));
    return messages;
}

nlohmann::json Served::ask(std::string_view method, nlohmann::json params) {
    const unsigned id = ++lastId_;
    send(nlohmann::json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", std::move(params)}}
             .dump());
    nlohmann::json answer;
    for (auto& message : receive()) {
        if (message.contains("id") && message["id"] == id) {
            answer = std::move(message);
        } else {
            others.push_back(std::move(message));
        }
    }
    return answer;
}

nlohmann::json Served::hello() {
    return ask("hello",
               {{"protocol", {1}}, {"client", {{"name", "test"}, {"version", "1"}, {"browser", "none"}}}});
}

void Served::closeInput() {
    if (toHost_ >= 0) ::close(std::exchange(toHost_, -1));
}

void Served::closeOutput() {
    if (fromHost_ >= 0) ::close(std::exchange(fromHost_, -1));
}

void Served::runToEnd() {
    loop_.restart();
    while (!isOver_ && loop_.run_one() > 0) {
    }
}

}  // namespace auricle::channel_test
