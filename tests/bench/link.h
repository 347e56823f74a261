// Two network namespaces, a server's and a client's, with a slow link between them. Needs root.
#pragma once

#include <sys/types.h>

#include <string>

#include "timed_run.h"

namespace auricle::bench {

class Link {
  public:
    /// Throws a std::runtime_error, with the reason, where namespaces or TUN devices are not to be had; what
    /// was made by then is put away again.
    Link(const std::string& emulator, double mbitPerSecond, double roundTripMs);
    ~Link();
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    static constexpr const char* serverAddress = "10.91.0.1";
    Command atServer(Command command) const;
    Command atClient(Command command) const;

  private:
    void makeSpaces();
    void address(const std::string& space, const std::string& own, const std::string& other);
    void putAway() noexcept;

    std::string server_, client_;
    pid_t emulator_ = -1;
};

}  // namespace auricle::bench
