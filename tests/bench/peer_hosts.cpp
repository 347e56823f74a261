#include "peer_hosts.h"

#include <cstdlib>

namespace auricle::bench {
namespace {

constexpr const char* pythonEcho =
    "import sys,struct\n"
    "i,o=sys.stdin.buffer,sys.stdout.buffer\n"
    "while h:=i.read(4): o.write(h+i.read(struct.unpack('=I',h)[0])); o.flush()\n";
constexpr const char* nodeEcho = "process.stdin.on('data',d=>process.stdout.write(d))";

}  // namespace

std::vector<PeerHost> peerHosts() {
    return {{.name = "Python echo", .command = {"/usr/bin/python3", "-c", pythonEcho}, .message = "{}"},
            {.name = "Node echo", .command = {"node", "-e", nodeEcho}, .message = "{}"},
            {.name = "browserpass-native",
             .command = {"/usr/lib/browserpass/browserpass-native"},
             .message = R"({"action":"configure","settings":{"stores":{}}})",
             .answersOnce = true},
            // It hands everything on to KeePassXC, for which a SocketEcho stands in.
            {.name = "keepassxc-proxy",
             .command = {"keepassxc-proxy"},
             .message = R"({"action":"get-databasehash"})"},
            // It greets with warnings of its own before it answers.
            {.name = "plasma-browser-integ.",
             .command = {"plasma-browser-integration-host"},
             .message = R"({"subsystem":"settings","event":"getSubsystemStatus","serial":7})",
             .mark = "replyToSerial"}};
}

bool isInstalled(const PeerHost& peer) {
    return std::system(("command -v " + peer.command.front() + " >/dev/null 2>&1").c_str()) == 0;
}

}  // namespace auricle::bench
