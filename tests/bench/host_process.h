// A native messaging host started over pipes, as a browser does it.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace auricle::bench {

/// Ends with the host: closes its input and waits for it. Every failure is a std::runtime_error. With
/// `patienceMs` above 0 a host that does not answer for so long is a failure, and one that does not end is
/// killed: for other people's hosts.
class HostProcess {
  public:
    explicit HostProcess(const std::vector<std::string>& command, int patienceMs = 0);
    ~HostProcess();
    HostProcess(const HostProcess&) = delete;
    HostProcess& operator=(const HostProcess&) = delete;

    /// Writes a frame and reads the one that answers it: the first that has `mark` in it.
    std::string ask(std::string_view text, std::string_view mark = {});
    pid_t pid() const { return pid_; }

  private:
    void write(std::string_view bytes);
    void read(char* into, std::size_t bytes);
    void readFrame();

    pid_t pid_ = -1;
    int toHost_ = -1, fromHost_ = -1, patienceMs_;
    std::string frame_, answer_;
};

}  // namespace auricle::bench
