// A local socket that sends back what it gets: in the place of the program that a proxy host talks to.
#pragma once

#include <atomic>
#include <filesystem>
#include <thread>

namespace auricle::bench {

/// Listens from construction to destruction, on a thread of its own. std::runtime_error where it cannot.
class SocketEcho {
  public:
    explicit SocketEcho(const std::filesystem::path& socket);
    ~SocketEcho();
    SocketEcho(const SocketEcho&) = delete;
    SocketEcho& operator=(const SocketEcho&) = delete;

  private:
    void serve();

    int listener_ = -1;
    std::atomic<bool> isOver_ = false;
    std::thread thread_;
};

}  // namespace auricle::bench
