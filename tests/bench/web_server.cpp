#include "web_server.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <stdexcept>

namespace auricle::bench {
namespace {

namespace fs = std::filesystem;

constexpr double patienceS = 10;
constexpr const char* newKey[] = {"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"};

Command openssl(Command command, bool hasNewKey) {
    command.insert(command.begin(), "openssl");
    if (hasNewKey) command.insert(command.end(), std::begin(newKey), std::end(newKey));
    return command;
}

/// Limits are wide: what is measured is the client. Ranges beyond max_ranges get the whole file.
std::string configuration(const fs::path& root, const Certificates& certificates, const Place& place,
                          const Grants& grants) {
    const std::string listen = place.address + ":" + std::to_string(place.port);
    return "user root;\nworker_processes auto;\npid nginx.pid;\nerror_log "
           "error.log;\nworker_shutdown_timeout 2s;\n"
           "events { worker_connections 4096; }\n"
           "http {\n"
           "  log_format sent '$bytes_sent';\n  access_log access.log sent;\n"
           "  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path "
           "uwsgi; "
           "scgi_temp_path scgi;\n"
           "  types { video/mp4 mp4; audio/mp4 m4a; video/iso.segment m4s; application/vnd.apple.mpegurl "
           "m3u8; "
           "video/mp2t ts; }\n"
           "  tcp_nodelay on;\n  output_buffers 2 256k;\n  open_file_cache max=4096;\n"
           "  keepalive_requests 1000000;\n  http2_chunk_size 64k;\n  http2_max_concurrent_streams 128;\n"
           "  ssl_certificate " +
           certificates.certificate.string() +
           ";\n"
           "  ssl_certificate_key " +
           certificates.key.string() +
           ";\n"
           "  ssl_session_cache shared:all:1m;\n"
           "  server {\n    listen " +
           listen + " ssl" + (grants.isHttp2 ? " http2" : "") +
           ";\n"
           "    root " +
           root.string() +
           ";\n"
           "    max_ranges " +
           (grants.hasManyRanges ? "1000" : "1") +
           ";\n"
           "    limit_rate " +
           std::to_string(grants.bytesPerSecond) + ";\n  }\n}\n";
}

}  // namespace

Certificates::Certificates(const fs::path& folder, const std::string& addresses)
    : caFile(folder / "ca.pem"), certificate(folder / "server.pem"), key(folder / "server.key") {
    mustRun(openssl({"req", "-x509", "-subj", "/CN=Auricle bench authority", "-addext",
                     "keyUsage=critical,keyCertSign", "-keyout", "ca.key", "-out", caFile.string(), "-days",
                     "30"},
                    true),
            folder);
    std::ofstream(folder / "names") << "subjectAltName=" << addresses << "\nextendedKeyUsage=serverAuth\n";
    mustRun(openssl({"req", "-new", "-subj", "/CN=Auricle bench", "-keyout", key.string(), "-out", "request"},
                    true),
            folder);
    mustRun(openssl({"x509", "-req", "-in", "request", "-CA", caFile.string(), "-CAkey", "ca.key",
                     "-CAcreateserial", "-days", "30", "-extfile", "names", "-out", certificate.string()},
                    false),
            folder);
}

WebServer::WebServer(const fs::path& folder, const fs::path& root, const Certificates& certificates,
                     const Place& place, const Grants& grants)
    : folder_(folder) {
    fs::remove_all(folder);
    fs::create_directories(folder);
    std::ofstream(folder / "nginx.conf") << configuration(root, certificates, place, grants);
    Command command = place.prefix;
    const std::string prefix = folder.string() + "/";
    command.insert(command.end(), {"nginx", "-p", prefix, "-e", "error.log", "-c", prefix + "nginx.conf"});
    // The program that is started ends when its daemon listens.
    mustRun(command, folder);
    std::ifstream(folder / "nginx.pid") >> master_;
    if (master_ <= 0) throw std::runtime_error("nginx did not say where it runs");
}

WebServer::~WebServer() {
    if (master_ <= 0) return;
    ::kill(master_, SIGTERM);
    waitForEnd(master_, patienceS);
}

Sent WebServer::stop() {
    ::kill(master_, SIGQUIT);
    if (!waitForEnd(master_, patienceS)) throw std::runtime_error("nginx does not end");
    master_ = -1;
    Sent sent;
    double bytes = 0;
    for (std::ifstream log(folder_ / "access.log"); log >> bytes;) {
        sent.megabytes += bytes / 1e6;
        ++sent.requests;
    }
    return sent;
}

int freePort() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const bool isBound = ::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                         ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    ::close(socket);
    if (!isBound) throw std::runtime_error("there is no free port");
    return ntohs(address.sin_port);
}

}  // namespace auricle::bench
