#include "link.h"

#include <unistd.h>

#include <cstdio>
#include <exception>

namespace auricle::bench {
namespace {

constexpr const char* clientAddress = "10.91.0.2";
/// What the emulator calls its devices.
constexpr const char* device = "slow0";

Command inSpace(const std::string& space, Command command) {
    command.insert(command.begin(), {"ip", "netns", "exec", space});
    return command;
}

}  // namespace

Link::Link(const std::string& emulator, double mbitPerSecond, double roundTripMs)
    : server_("auricle-bench-server-" + std::to_string(::getpid())),
      client_("auricle-bench-client-" + std::to_string(::getpid())) {
    try {
        makeSpaces();
        emulator_ = startUntil(
            {emulator, server_, client_, std::to_string(mbitPerSecond), std::to_string(roundTripMs)},
            "ready");
        address(server_, serverAddress, clientAddress);
        address(client_, clientAddress, serverAddress);
    } catch (...) {
        putAway();
        throw;
    }
}

Link::~Link() {
    putAway();
}

void Link::makeSpaces() {
    for (const auto& space : {server_, client_}) {
        mustRun({"ip", "netns", "add", space});
        mustRun({"ip", "-n", space, "link", "set", "lo", "up"});
    }
}

void Link::address(const std::string& space, const std::string& own, const std::string& other) {
    mustRun({"ip", "-n", space, "addr", "add", own, "peer", other, "dev", device});
    // The emulator's queue is the one that drops; the device's own only bridges the time until it is read.
    mustRun({"ip", "-n", space, "link", "set", "dev", device, "mtu", "1500", "txqueuelen", "5000", "up"});
}

void Link::putAway() noexcept {
    if (emulator_ > 0) end(emulator_);
    try {
        for (const auto& space : {server_, client_}) run({"ip", "netns", "del", space});
    } catch (const std::exception&) {
        std::fprintf(stderr, "Left behind: the network namespaces %s and %s\n", server_.c_str(),
                     client_.c_str());
    }
}

Command Link::atServer(Command command) const {
    return inSpace(server_, std::move(command));
}

Command Link::atClient(Command command) const {
    return inSpace(client_, std::move(command));
}

}  // namespace auricle::bench
