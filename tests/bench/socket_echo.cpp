#include "socket_echo.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <stdexcept>

namespace auricle::bench {
namespace {

void echo(int connection) {
    std::array<char, 65'536> buffer{};
    ssize_t count = 0;
    while ((count = ::read(connection, buffer.data(), buffer.size())) > 0) {
        if (::write(connection, buffer.data(), static_cast<std::size_t>(count)) != count) break;
    }
    ::close(connection);
}

}  // namespace

SocketEcho::SocketEcho(const std::filesystem::path& socket) {
    std::filesystem::create_directories(socket.parent_path());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (socket.string().size() >= sizeof address.sun_path)
        throw std::runtime_error("the path of the socket is too long: " + socket.string());
    std::strncpy(address.sun_path, socket.c_str(), sizeof address.sun_path - 1);
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_, 8) != 0)
        throw std::runtime_error("cannot listen on " + socket.string());
    thread_ = std::thread([this] { serve(); });
}

SocketEcho::~SocketEcho() {
    isOver_ = true;
    ::shutdown(listener_, SHUT_RDWR);  // wakes accept
    thread_.join();
    ::close(listener_);
}

void SocketEcho::serve() {
    while (!isOver_) {
        const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (connection >= 0) echo(connection);
    }
}

}  // namespace auricle::bench
