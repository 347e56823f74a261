// A whole file taken as it is: Auricle against curl on this machine's loopback, and against aria2c where the
// server throttles each connection.
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <span>
#include <stdexcept>

#include "fetcher.h"
#include "report.h"
#include "timed_run.h"
#include "web_server.h"

namespace {

using namespace auricle::bench;
namespace fs = std::filesystem;

constexpr double limitS = 600;
constexpr double maxWall = 1.15, maxCpu = 1.3, maxThrottledWall = 1.05;
constexpr double maxPeakMiB = 20;
constexpr std::uint64_t throttledBytesPerSecond = 1'000'000;

struct Options {
    std::string host, folder, json{}, only{};
    int runs = 5;
};

/// A file of the folder and the server that it is fetched from.
struct Case {
    const char* name;
    const char* file;
    Grants grants;
    int runs;
};

struct Measured {
    std::vector<double> walls{}, cpus{}, peaks{};

    void add(const TimedRun& done) {
        walls.push_back(done.wallS);
        cpus.push_back(done.cpuS);
        peaks.push_back(done.peakMiB);
    }
    void print(const std::string& what, const char* by) const {
        std::printf("%-40s %-10s wall %7.2f s, CPU %6.2f s, %6.1f MiB\n", what.c_str(), by, median(walls),
                    median(cpus), median(peaks));
    }
};

class WholeBench {
  public:
    WholeBench(const Options& options, const fs::path& scratch)
        : options_(options), scratch_(scratch), certificates_(scratch, "IP:127.0.0.1") {}

    const Report& run() {
        const Case fast{"one file, loopback", "large.m4a", {}, options_.runs};
        if (isWanted(fast)) measure(fast);
        const Case throttled{"one file, 1 MB/s a connection",
                             "small.m4a",
                             {.isHttp2 = false, .bytesPerSecond = throttledBytesPerSecond},
                             1};
        if (isWanted(throttled)) measureThrottled(throttled);
        return report_;
    }

  private:
    bool isWanted(const Case& one) const {
        return std::string_view(one.name).find(options_.only) != std::string_view::npos;
    }

    fs::path freshFolder() const {
        const fs::path folder = scratch_ / "run";
        fs::remove_all(folder);
        fs::create_directory(folder);
        return folder;
    }

    static std::string baseOf(const Place& place) {
        return "https://" + place.address + ":" + std::to_string(place.port) + "/";
    }

    /// Serves the case's file while `fetch` runs.
    template <class Fetch>
    void served(const Case& one, Fetch fetch) const {
        const Place place{.address = "127.0.0.1", .port = freePort()};
        WebServer server(scratch_ / "nginx", options_.folder, certificates_, place, one.grants);
        fetch(baseOf(place));
        server.stop();
    }

    void runOurs(const Case& one, Measured& into) const {
        const Lecture none;
        const Form form{.name = one.name, .path = one.file};
        const fs::path folder = freshFolder();
        served(one, [&](const std::string& base) {
            const Job job{.base = base,
                          .lecture = none,
                          .form = form,
                          .caFile = certificates_.caFile,
                          .folder = folder};
            const Fetched fetched = auricleFetcher(options_.host).fetch(job, limitS);
            if (!fetched.sound) throw std::runtime_error("Auricle cannot fetch the file: " + fetched.fault);
            if (fetched.how != "audio-direct")
                throw std::runtime_error("Auricle takes the file by " + fetched.how);
            into.add(fetched.whole);
            mustRun({"cmp", fs::path(options_.folder) / one.file, *fetched.sound});
        });
    }

    void runPeer(const Case& one, Command command, Measured& into) const {
        const fs::path folder = freshFolder();
        served(one, [&](const std::string& base) {
            command.push_back(base + one.file);
            const TimedRun done =
                auricle::bench::run(command, {.folder = folder, .log = folder / "log", .limitS = limitS});
            if (!done.isWell()) throw std::runtime_error(command.front() + " cannot fetch the file");
            into.add(done);
        });
    }

    Command curl() const { return {"curl", "-sS", "--cacert", certificates_.caFile.string(), "-o", "whole"}; }

    Command aria() const {
        return {
            "aria2c", "-q", "--no-conf", "--check-certificate=false", "--file-allocation=none", "-x8", "-s8",
            "-k1M",   "-o", "whole"};
    }

    /// In turn, run by run, so that what else the machine does meets both.
    void measure(const Case& one) {
        Measured mine, curls;
        for (int i = 0; i < one.runs; ++i) {
            runOurs(one, mine);
            runPeer(one, curl(), curls);
        }
        mine.print(one.name, "Auricle");
        curls.print(one.name, "curl");
        add(one, "wall", median(mine.walls), median(curls.walls), "curl", maxWall);
        add(one, "CPU", median(mine.cpus), median(curls.cpus), "curl", maxCpu);
        const double peakMiB = median(mine.peaks);
        report_.rows.push_back({std::string(one.name) + ": peak memory", "MiB", peakMiB, median(curls.peaks),
                                "curl", "ours <= 20 MiB", peakMiB <= maxPeakMiB});
    }

    void measureThrottled(const Case& one) {
        Measured mine, curls, arias;
        runOurs(one, mine);
        runPeer(one, curl(), curls);
        mine.print(one.name, "Auricle");
        curls.print(one.name, "curl");
        add(one, "wall", median(mine.walls), median(curls.walls), "curl", {});
        std::optional<double> wall;
        if (isInstalled("aria2c")) {
            runPeer(one, aria(), arias);
            arias.print(one.name, "aria2c -x8");
            wall = median(arias.walls);
        }
        add(one, "wall", median(mine.walls), wall, wall ? "aria2c -x8" : "aria2c -x8 (not installed)",
            maxThrottledWall);
    }

    void add(const Case& one, const std::string& what, double ours, std::optional<double> other,
             const std::string& otherName, std::optional<double> goal) {
        Row row{std::string(one.name) + ": " + what, "s", ours, other, otherName, {}, std::nullopt};
        if (goal) {
            char text[32];
            std::snprintf(text, sizeof text, "ratio <= %.2f", *goal);
            row.goal = text;
            if (row.ratio()) row.holds = *row.ratio() <= *goal;
        }
        report_.rows.push_back(std::move(row));
    }

    const Options& options_;
    fs::path scratch_;
    Certificates certificates_;
    Report report_{.name = "whole", .rows = {}};
};

std::optional<Options> read(std::span<char* const> arguments) {
    if (arguments.size() < 2) return std::nullopt;
    Options options{.host = arguments[0], .folder = arguments[1]};
    for (std::size_t i = 2; i < arguments.size(); ++i) {
        const std::string_view each = arguments[i];
        const bool hasValue = i + 1 < arguments.size();
        if (each == "--quick") {
            options.runs = 3;
        } else if (each == "--json" && hasValue) {
            options.json = arguments[++i];
        } else if (each == "--only" && hasValue) {
            options.only = arguments[++i];
        } else {
            return std::nullopt;
        }
    }
    return options;
}

int run(std::span<char* const> arguments) {
    const auto options = read(arguments);
    if (!options) {
        std::fputs(
            "usage: whole_bench HOST FOLDER [--quick] [--only TEXT] [--json FILE]\n"
            "FOLDER holds large.m4a and small.m4a\n",
            stderr);
        return 2;
    }
    const fs::path scratch = fs::path(options->folder) / "whole-bench";
    fs::create_directories(scratch);
    WholeBench bench(*options, scratch);
    const Report& report = bench.run();
    return options->json.empty() || report.writeJson(options->json) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    holdSignals();
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    try {
        return run(std::span<char* const>(argv, static_cast<std::size_t>(argc)).subspan(1));
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "whole_bench: %s\n", problem.what());
        return 1;
    }
}
