// nginx with a lecture's folder behind TLS, under an authority of our own, and the count of what it has sent.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "timed_run.h"

namespace auricle::bench {

/// What a server grants besides single ranges, which all do.
struct Grants {
    bool isHttp2 = true;
    bool hasManyRanges =
        true;  ///< multipart/byteranges; without it such a request gets the whole file, as nginx has it
    std::uint64_t bytesPerSecond =
        0;  ///< of each answer, and so with HTTP/1.1 of each connection; 0: no throttle
};

struct Sent {
    double megabytes = 0;  ///< bodies and headers, without TLS
    std::uint64_t requests = 0;
};

/// A key and a certificate for these addresses, signed by an authority whose PEM file is `caFile`.
struct Certificates {
    /// Made by openssl in `folder`; throws a std::runtime_error when it fails.
    Certificates(const std::filesystem::path& folder, const std::string& addresses);
    std::filesystem::path caFile, certificate, key;
};

struct Place {
    std::string address;
    int port;
    Command prefix{};  ///< what starts a program where the server is to be; empty: here
};

class WebServer {
  public:
    /// It listens when this returns. Keeps its files in `folder`, which it makes.
    WebServer(const std::filesystem::path& folder, const std::filesystem::path& root,
              const Certificates& certificates, const Place& place, const Grants& grants);
    ~WebServer();
    WebServer(const WebServer&) = delete;
    WebServer& operator=(const WebServer&) = delete;

    /// Ends the server, so that its log is whole, and counts.
    Sent stop();

  private:
    std::filesystem::path folder_;
    pid_t master_ = -1;
};

/// A port of this machine that nobody listens on now.
int freePort();

}  // namespace auricle::bench
