// Other native messaging hosts to measure against: how each is started, and a message that it answers.
#pragma once

#include <string>
#include <vector>

namespace auricle::bench {

struct PeerHost {
    std::string name;
    std::vector<std::string> command;
    std::string message;
    std::string mark{};  ///< stands in the answer; other frames before it are none (empty: the first is)
    bool answersOnce = false;  ///< ends after one answer: its memory is measured before
};

/// The echoes in other languages, and the hosts of Debian's packages keepassxc, webext-browserpass and
/// plasma-browser-integration. What is not installed is among them: isInstalled() tells.
std::vector<PeerHost> peerHosts();
bool isInstalled(const PeerHost& peer);

}  // namespace auricle::bench
