// The channel against a bare C echo, echoes in other languages and other people's hosts: start, memory, round
// trips.
#include <sched.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <thread>

#include "host_process.h"
#include "peer_hosts.h"
#include "report.h"
#include "socket_echo.h"

namespace {

using namespace auricle::bench;
using Command = std::vector<std::string>;
using Clock = std::chrono::steady_clock;

constexpr int startRuns = 41;
constexpr int peerRuns = 7;
constexpr int rounds = 15;
constexpr int patienceMs = 10'000;
constexpr double maxStartMs = 5, maxIdleMiB = 6, maxTripRatio = 1.3;

constexpr const char* helloText =
    R"({"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":[1],"client":{"name":"bench","version":"1","browser":"none"}}})";

double milliseconds(const std::function<void()>& work) {
    const auto from = Clock::now();
    work();
    return std::chrono::duration<double, std::milli>(Clock::now() - from).count();
}

PeerHost hostOf(const char* name, const Command& command) {
    return {.name = name, .command = command, .message = helloText};
}

/// From before the process is made until its first answer is there.
double startMs(const PeerHost& peer) {
    std::unique_ptr<HostProcess> host;
    return milliseconds([&] {
        host = std::make_unique<HostProcess>(peer.command, patienceMs);
        host->ask(peer.message, peer.mark);
    });
}

/// Both in turn, so that what else the machine does meets both.
std::pair<double, double> startsMs(const PeerHost& ours, const PeerHost& other, int runs) {
    std::vector<double> first, second;
    for (int i = 0; i < runs; ++i) {
        first.push_back(startMs(ours));
        second.push_back(startMs(other));
    }
    return {median(std::move(first)), median(std::move(second))};
}

/// The sum of the lines of a /proc file that begin with one of these names (KiB there, MiB here); 0 where it
/// cannot be read.
double procMiB(pid_t pid, const char* file, std::initializer_list<std::string_view> names) {
    std::ifstream lines("/proc/" + std::to_string(pid) + "/" + file);
    double kib = 0;
    for (std::string line; std::getline(lines, line);) {
        for (const auto name : names) {
            if (line.starts_with(name)) kib += std::stod(line.substr(name.size()));
        }
    }
    return kib / 1024;
}

struct Memory {
    double rssMiB, privateMiB;
};

/// A hardened process keeps its smaps to itself; then its anonymous memory stands for what is private.
Memory idleMemory(const PeerHost& peer) {
    HostProcess host(peer.command, patienceMs);
    if (!peer.answersOnce) host.ask(peer.message, peer.mark);
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    const double exact = procMiB(host.pid(), "smaps_rollup", {"Private_Clean:", "Private_Dirty:"});
    return {.rssMiB = procMiB(host.pid(), "status", {"VmRSS:"}),
            .privateMiB = exact > 0 ? exact : procMiB(host.pid(), "status", {"RssAnon:"})};
}

/// A request that the host carries out at once, filled up to `bytes` with a field that it does not look at.
std::string requestOf(std::size_t bytes, const std::string& sessionId) {
    nlohmann::json request{
        {"jsonrpc", "2.0"}, {"id", 2}, {"method", "session.info"}, {"params", {{"sessionId", sessionId}}}};
    const std::size_t bare = request.dump().size();
    constexpr std::string_view more = R"(,"x":"")";
    if (bytes > bare + more.size()) request["params"]["x"] = std::string(bytes - bare - more.size(), 'x');
    return request.dump();
}

std::string openSession(HostProcess& host) {
    host.ask(helloText);
    // The X25519 base point is as good a public key as any (RFC 7748 section 6.1).
    const auto opened = nlohmann::json::parse(host.ask(
        R"({"jsonrpc":"2.0","id":1,"method":"session.open","params":{"clientPubKey":"CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}})"));
    return opened.at("result").at("sessionId");
}

void timeTrips(HostProcess& host, const std::string& text, int trips, std::vector<double>& into) {
    for (int i = 0; i < trips; ++i) into.push_back(1000 * milliseconds([&] { host.ask(text); }));
}

/// Where the two ends of the pipes run. Left to the system, one side of a comparison may meet two CPUs and
/// the other one, and what is compared is then the waking of a CPU.
struct Placement {
    const char* name;
    int driverCpu, hostCpu;
};

void stayOn(pid_t pid, int cpu) {
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(cpu, &only);
    if (::sched_setaffinity(pid, sizeof only, &only) != 0) throw std::runtime_error("cannot choose a CPU");
}

/// On two CPUs, as a browser and its host are, and on one. Only the latter where there is no second.
std::vector<Placement> placements() {
    cpu_set_t all;
    CPU_ZERO(&all);
    ::sched_getaffinity(0, sizeof all, &all);
    std::vector<int> cpus;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (CPU_ISSET(cpu, &all)) cpus.push_back(cpu);
    }
    const Placement onOne{"one CPU", cpus.at(0), cpus.at(0)};
    if (cpus.size() == 1) return {onOne};
    return {{"two CPUs", cpus[0], cpus[1]}, onOne};
}

struct Trips {
    double oursUs, echoUs, shortUs;
};

Trips roundTrips(const Command& ours, const Command& echo, const Placement& where, std::size_t bytes,
                 int trips) {
    HostProcess host(ours);
    const std::string text = requestOf(bytes, openSession(host));
    const std::string answer = host.ask(text);
    if (!nlohmann::json::parse(answer).contains("result"))
        throw std::runtime_error("the host refused: " + answer);
    HostProcess echoes(echo);
    HostProcess shortEchoes({echo.front(), std::to_string(answer.size())});
    for (const auto* each : {&host, &echoes, &shortEchoes}) stayOn(each->pid(), where.hostCpu);
    stayOn(0, where.driverCpu);
    std::vector<double> a, b, c;
    for (int i = 0; i < rounds; ++i) {
        timeTrips(host, text, trips, a);
        timeTrips(echoes, text, trips, b);
        timeTrips(shortEchoes, text, trips, c);
    }
    return {median(std::move(a)), median(std::move(b)), median(std::move(c))};
}

void addFloor(Report& report, const PeerHost& ours, const PeerHost& echo) {
    const auto [our, floor] = startsMs(ours, echo, startRuns);
    report.rows.push_back(
        {"start to first reply", "ms", our, floor, echo.name, "ours <= 5 ms", our <= maxStartMs});
    const Memory mine = idleMemory(ours), its = idleMemory(echo);
    report.rows.push_back({"idle memory, private", "MiB", mine.privateMiB, its.privateMiB, echo.name,
                           "ours <= 6 MiB", mine.privateMiB <= maxIdleMiB});
    report.rows.push_back({"idle memory, RSS", "MiB", mine.rssMiB, its.rssMiB, echo.name, "", std::nullopt});
}

/// Start and memory of a host that may not be here, or may not run here.
void addPeer(Report& report, const PeerHost& ours, const PeerHost& peer) {
    Row start{"start to first reply", "ms", 0, std::nullopt, peer.name, "", std::nullopt};
    Row memory{"idle memory, RSS", "MiB", 0, std::nullopt, peer.name, "", std::nullopt};
    try {
        if (isInstalled(peer)) {
            std::tie(start.ours, start.other) = startsMs(ours, peer, peerRuns);
            memory.other = idleMemory(peer).rssMiB;
        } else {
            start.otherName = memory.otherName = peer.name + " (not installed)";
        }
    } catch (const std::exception& fault) {
        start.other = memory.other = std::nullopt;
        start.otherName = memory.otherName = peer.name + ": " + fault.what();
    }
    if (!start.other) start.ours = startMs(ours);
    memory.ours = idleMemory(ours).rssMiB;
    report.rows.push_back(std::move(start));
    report.rows.push_back(std::move(memory));
}

/// Where KeePassXC listens for its proxy, if the environment has a place for such things.
std::unique_ptr<SocketEcho> keepassxc() {
    const char* folder = std::getenv("XDG_RUNTIME_DIR");
    if (folder == nullptr) return nullptr;
    return std::make_unique<SocketEcho>(std::filesystem::path(folder) /
                                        "app/org.keepassxc.KeePassXC/org.keepassxc.KeePassXC.BrowserServer");
}

void addPeers(Report& report, const PeerHost& ours) {
    const auto standIn = keepassxc();
    for (const PeerHost& peer : peerHosts()) addPeer(report, ours, peer);
}

struct Size {
    const char* name;
    std::size_t bytes;
    int trips;
    bool hasGoal;
};

void addTrips(Report& report, const Command& ours, const Command& echo, const Placement& where,
              const Size& size, bool isMain) {
    const Trips trips = roundTrips(ours, echo, where, size.bytes, size.trips);
    const std::string what = std::string("round trip, ") + size.name + ", " + where.name;
    const bool hasGoal = size.hasGoal && isMain;
    report.rows.push_back(
        {what, "us", trips.oursUs, trips.echoUs, "C echo", hasGoal ? "ratio <= 1.3" : "",
         hasGoal ? std::optional(trips.oursUs <= maxTripRatio * trips.echoUs) : std::nullopt});
    report.rows.push_back({what, "us", trips.oursUs, trips.shortUs, "C, answer as ours", "", std::nullopt});
}

void addTrips(Report& report, const Command& ours, const Command& echo) {
    const auto all = placements();
    // The shortest request that is carried out has some 110 bytes.
    for (const Size& size : {Size{"100 B", 100, 400, true}, Size{"10 KB", 10'000, 300, true},
                             Size{"1 MB", 1'000'000, 12, false}}) {
        for (const Placement& where : all) addTrips(report, ours, echo, where, size, &where == &all.front());
    }
}

int run(std::span<char* const> arguments) {
    if (arguments.size() != 3 && arguments.size() != 5) {
        std::fputs("usage: channel_bench HOST ORIGIN ECHO [--json FILE]\n", stderr);
        return 2;
    }
    const Command ours{arguments[0], arguments[1]}, echo{arguments[2]};
    Report report{.name = "channel", .rows = {}};
    addFloor(report, hostOf("Auricle", ours), hostOf("C echo", echo));
    addPeers(report, hostOf("Auricle", ours));
    addTrips(report, ours, echo);
    report.print();
    return arguments.size() == 3 || report.writeJson(arguments[4]) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    // A host that ended is reported by what it did not answer.
    std::signal(SIGPIPE, SIG_IGN);
    try {
        return run(std::span<char* const>(argv, static_cast<std::size_t>(argc)).subspan(1));
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "channel_bench: %s\n", problem.what());
        return 1;
    }
}
