// A server between two pipes, stepped by hand on the test's own thread: nothing in it waits for the clock.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "channel/server.h"
#include "fake_manager.h"

namespace auricle::channel_test {

/// A frame as a browser writes it.
std::string framed(std::string_view text);
/// Takes the whole frames off the front of `bytes`.
std::vector<std::string> takeFrames(std::string& bytes);

class Served {
  public:
    explicit Served(std::chrono::milliseconds leaveTime = std::chrono::milliseconds(450));
    ~Served();
    Served(const Served&) = delete;
    Served& operator=(const Served&) = delete;

    FakeManager manager;
    vault::Vault vault;
    vault::SealTable seals;
    std::function<void(std::function<void(channel::Tools)>)> probe;
    std::vector<std::string> revealed;
    std::vector<std::string> read;                 ///< what was asked of recordings
    Result<delivery::RecordingPiece> recording{};  ///< what comes of it
    unsigned endings = 0;

    void sendBytes(std::string_view bytes);
    void send(std::string_view text) { sendBytes(framed(text)); }
    /// Sends a request, gives the whole answer to it, and keeps in `others` what else came.
    nlohmann::json ask(std::string_view method, nlohmann::json params = nlohmann::json::object());
    nlohmann::json hello();
    /// All frames that came since, decoded.
    std::vector<nlohmann::json> receive();
    std::vector<std::string> receiveTexts();
    /// Runs what can run now.
    void step();
    void closeInput();
    void closeOutput();
    /// Runs until the server has returned.
    void runToEnd();
    bool isOver() const { return isOver_; }
    boost::asio::io_context& loop() { return loop_; }

    std::vector<nlohmann::json> others;

  private:
    channel::Parts parts(std::chrono::milliseconds leaveTime);

    boost::asio::io_context loop_{1};
    std::optional<channel::Server> server_;
    int toHost_ = -1, fromHost_ = -1;
    std::string received_;
    unsigned lastId_ = 0;
    bool isOver_ = false;
};

}  // namespace auricle::channel_test
