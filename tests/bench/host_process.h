// A native messaging host started over pipes, as a browser does it.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace auricle::bench {

/// Ends with the host: closes its input and waits for it. Every failure is a std::runtime_error.
class HostProcess {
  public:
    explicit HostProcess(const std::vector<std::string>& command);
    ~HostProcess();
    HostProcess(const HostProcess&) = delete;
    HostProcess& operator=(const HostProcess&) = delete;

    /// Writes a frame and reads the one that answers it.
    std::string ask(std::string_view text);
    pid_t pid() const { return pid_; }

  private:
    void write(std::string_view bytes);
    void read(char* into, std::size_t bytes);

    pid_t pid_ = -1;
    int toHost_ = -1, fromHost_ = -1;
    std::string frame_, answer_;
};

}  // namespace auricle::bench
