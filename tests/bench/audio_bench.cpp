// The sound of a lecture: Auricle against curl with ffmpeg, ffmpeg on the address and others, on this
// machine's loopback and on slow links.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <stdexcept>

#include "audio_goals.h"
#include "fetcher.h"
#include "lecture.h"
#include "link.h"
#include "report.h"
#include "sound_check.h"
#include "timed_run.h"
#include "web_server.h"

namespace {

using namespace auricle::bench;
namespace fs = std::filesystem;

constexpr int linkPort = 8443;
constexpr double ourLimitS = 1200;
constexpr Rate rates[] = {0, 100, 20};

struct Options {
    std::string host, emulator, json{}, only{};
    bool isQuick = false;
    int seconds() const { return isQuick ? 360 : 3600; }
    /// A link's time is its rate's doing, and hardly differs from run to run.
    int runs(Rate rate) const { return rate == 0 && !isQuick ? 3 : 1; }
    /// A peer that takes twice as long as curl, and longer than this, is not waited for.
    double patienceS() const { return isQuick ? 5 : 90; }
    /// Whole videos on a slow link take their time: a quick run has the faster one alone, and there curl
    /// alone, since all who fetch the whole take what the link takes.
    bool has(Rate rate) const { return !isQuick || rate != 20; }
    bool has(const Fetcher& peer, Rate rate) const { return !isQuick || rate == 0 || peer.program == "curl"; }
};

std::string nameOf(Rate rate) {
    return rate == 0 ? "loopback" : "40 ms, " + std::to_string(static_cast<int>(rate)) + " Mbit/s";
}

struct Offer {
    const char* name;
    Grants grants;
};

constexpr Offer plainOffer{"", {}};
constexpr Offer poorerOffers[] = {{", HTTP/2, single ranges", {.hasManyRanges = false}},
                                  {", HTTP/1.1, single ranges", {.isHttp2 = false, .hasManyRanges = false}}};

/// What one fetcher did in all of its runs.
struct Measured {
    std::string name, note;
    std::vector<double> walls{}, downloads{}, cpus{}, megabytes{}, requests{}, peaks{};
    std::string how{};
    bool isBulk = false;
    std::optional<bool> isSame{};

    bool isWell() const { return note.empty() && !walls.empty(); }
    std::string said() const { return note.empty() ? name : name + " (" + note + ")"; }
    double wall() const { return median(walls); }
};

class AudioBench {
  public:
    AudioBench(const Options& options, const fs::path& folder)
        : options_(options),
          folder_(folder),
          lecture_(makeLecture(options.seconds())),
          certificates_(folder, std::string("IP:127.0.0.1,IP:") + Link::serverAddress),
          ours_(auricleFetcher(options.host)),
          peers_(peerFetchers()) {
        for (const Fetcher& peer : peers_) isThere_[peer.program] = isInstalled(peer.program);
    }

    const Report& run() {
        std::printf("%-60s %-26s %8s %8s %8s %8s %7s  %s\n", "what", "by", "MB", "requests", "wall s",
                    "CPU s", "MiB", "");
        for (const Rate rate : rates) {
            if (options_.has(rate) && isWanted(rate)) at(rate);
        }
        return report_;
    }

  private:
    bool isWanted(const std::string& what) const { return what.find(options_.only) != std::string::npos; }

    bool isWanted(Rate rate) const {
        return std::ranges::any_of(
            lecture_.forms, [&](const Form& form) { return isWanted(form.name + ", " + nameOf(rate)); });
    }

    /// Where a form's sound is read by ffmpeg: the segments of a playlist hold the frames of the bare sound.
    fs::path source(const Form& form) const {
        return lecture_.folder / (form.isPlaylist ? lecture_.sound : form.path);
    }

    fs::path expected(const Form& form) const { return folder_ / (source(form).stem().string() + ".md5"); }

    /// Digests of what is to be got; the file is in the system's cache then, whoever comes first.
    void prepare(const Form& form) const {
        if (fs::exists(expected(form))) return;
        if (!writeDigests(source(form), expected(form)))
            throw std::runtime_error("ffmpeg cannot read " + source(form).string());
    }

    void at(Rate rate) {
        rate_ = rate;
        link_.reset();
        try {
            if (rate > 0) link_ = std::make_unique<Link>(options_.emulator, rate, roundTripS * 1000);
        } catch (const std::exception& reason) {
            std::printf("%s: skipped, since no link can be made here (%s)\n", nameOf(rate).c_str(),
                        reason.what());
            return;
        }
        measureFloor();
        plainHlsS_.reset();
        for (const Form& form : lecture_.forms) {
            if (isWanted(form.name + ", " + nameOf(rate))) measureForm(form);
        }
        link_.reset();
    }

    Place place() const {
        if (!link_) return {.address = "127.0.0.1", .port = freePort()};
        return {.address = Link::serverAddress, .port = linkPort, .prefix = link_->atServer({})};
    }

    Job jobOf(const Form& form, const Place& place) const {
        const fs::path folder = folder_ / "run";
        fs::remove_all(folder);
        fs::create_directory(folder);
        return {.base = "https://" + place.address + ":" + std::to_string(place.port) + "/",
                .lecture = lecture_,
                .form = form,
                .caFile = certificates_.caFile,
                .folder = folder,
                .prefix = link_ ? link_->atClient({}) : Command{}};
    }

    void measureFloor() {
        std::vector<double> walls;
        for (int i = 0; i < options_.runs(rate_); ++i) {
            const Place where = place();
            const Job job = jobOf(lecture_.forms.front(), where);
            WebServer server(folder_ / "nginx", lecture_.folder, certificates_, where, {});
            const TimedRun done = auricle::bench::run(floorCommand(job), {.folder = job.folder});
            if (!done.isWell()) throw std::runtime_error("curl cannot fetch the bare sound");
            walls.push_back(done.wallS);
        }
        floorS_ = median(std::move(walls));
        std::printf("%-60s %-26s %8.1f %8d %8.2f\n", ("the bare sound, " + nameOf(rate_)).c_str(), "curl",
                    soundMB(), 1, floorS_);
    }

    double soundMB() const { return static_cast<double>(lecture_.soundBytes) / 1e6; }

    void once(const Fetcher& fetcher, const Form& form, const Grants& grants, double limitS, Measured& into) {
        const Place where = place();
        const Job job = jobOf(form, where);
        WebServer server(folder_ / "nginx", lecture_.folder, certificates_, where, grants);
        const Fetched fetched = fetcher.fetch(job, limitS);
        const Sent sent = server.stop();
        if (fetched.whole.isStopped) {
            into.note = "stopped after " + std::to_string(static_cast<int>(limitS)) + " s";
        } else if (!fetched.sound) {
            into.note = "failed: " + fetched.fault;
        }
        into.walls.push_back(fetched.whole.wallS);
        into.downloads.push_back(fetched.downloadS);
        into.cpus.push_back(fetched.whole.cpuS);
        into.megabytes.push_back(sent.megabytes);
        into.requests.push_back(static_cast<double>(sent.requests));
        into.peaks.push_back(fetched.whole.peakMiB);
        into.how = fetched.how;
        if (!into.isSame && fetched.sound) into.isSame = check(fetcher, form, *fetched.sound);
    }

    /// Ours keeps the times of a file's packets too; a playlist's begin where its segments do.
    bool check(const Fetcher& fetcher, const Form& form, const fs::path& sound) const {
        const fs::path digests = folder_ / "result.md5";
        const bool hasTimes = &fetcher == &ours_ && !form.isPlaylist;
        return writeDigests(sound, digests) &&
               isSame(digests, expected(form), hasTimes ? Sameness::packetsAndTimes : Sameness::packets);
    }

    /// All in turn, run by run, so that what else the machine does meets all.
    void measureForm(const Form& form) {
        prepare(form);
        std::vector<Offer> offers{plainOffer};
        if (&form == &lecture_.forms.front())
            offers.insert(offers.end(), std::begin(poorerOffers), std::end(poorerOffers));
        std::vector<Measured> mine(offers.size(), {.name = ours_.name, .note = {}}), theirs;
        for (const Fetcher& peer : peers_) {
            if (takesPart(peer, form))
                theirs.push_back({.name = peer.name,
                                  .note = isThere_[peer.program] ? "" : "not installed",
                                  .isBulk = peer.isBulk});
        }
        for (int i = 0; i < options_.runs(rate_); ++i) {
            for (std::size_t k = 0; k < offers.size(); ++k)
                once(ours_, form, offers[k].grants, ourLimitS, mine[k]);
            runPeers(form, theirs);
        }
        for (std::size_t k = 0; k < offers.size(); ++k) addRows(form, offers[k], mine[k], theirs);
        for (const Measured& peer : theirs) print(form.name, peer);
        std::fflush(stdout);
    }

    bool takesPart(const Fetcher& peer, const Form& form) const {
        return peer.isFor(form) && options_.has(peer, rate_);
    }

    void runPeers(const Form& form, std::vector<Measured>& theirs) {
        double limitS = ourLimitS;
        auto measured = theirs.begin();
        for (const Fetcher& peer : peers_) {
            if (!takesPart(peer, form)) continue;
            if (measured->note.empty()) once(peer, form, plainOffer.grants, limitS, *measured);
            if (measured == theirs.begin() && measured->isWell())
                limitS = std::max(options_.patienceS(), 2 * measured->wall());
            ++measured;
        }
    }

    void print(const std::string& what, const Measured& of) const {
        const std::string where = what + ", " + nameOf(rate_);
        if (of.walls.empty() || !of.note.empty()) {
            std::printf("%-60s %-26s %s\n", where.c_str(), of.name.c_str(), of.note.c_str());
            return;
        }
        const std::string same = !of.isSame ? "" : *of.isSame ? "bit-exact" : "NOT bit-exact";
        std::printf("%-60s %-26s %8.1f %8.0f %8.2f %8.2f %7.1f  %s %s\n", where.c_str(), of.name.c_str(),
                    median(of.megabytes), median(of.requests), of.wall(), median(of.cpus), median(of.peaks),
                    same.c_str(), of.how.c_str());
    }

    void add(const std::string& what, const char* unit, double ours, std::optional<double> other,
             const std::string& otherName, std::optional<double> goal = std::nullopt) {
        Row row{what, unit, ours, other, otherName, inWords(goal), std::nullopt};
        if (goal && row.ratio()) row.holds = *row.ratio() <= *goal;
        report_.rows.push_back(std::move(row));
    }

    void addRows(const Form& form, const Offer& offer, const Measured& mine,
                 const std::vector<Measured>& theirs) {
        print(form.name + offer.name, mine);
        const std::string what = form.name + offer.name + ", " + nameOf(rate_);
        if (!mine.isWell()) {
            report_.rows.push_back(
                {what + ": packets as the source's", "", 0, 1, mine.said(), "equal", false});
            return;
        }
        report_.rows.push_back({what + ": packets as the source's", "", *mine.isSame ? 1.0 : 0.0, 1,
                                "the source", "equal", mine.isSame});
        addPeerRows(what, form, offer, mine, theirs);
        add(what + ": bytes", "MB", median(mine.megabytes), soundMB(), "the sound", bytesGoal(form));
        report_.rows.push_back({what + ": peak memory", "MiB", median(mine.peaks), std::nullopt, "",
                                "ours <= 32 MiB", median(mine.peaks) <= maxPeakMiB});
        addFloorRows(what, form, offer, mine);
    }

    void addPeerRows(const std::string& what, const Form& form, const Offer& offer, const Measured& mine,
                     const std::vector<Measured>& theirs) {
        const Measured *best = nullptr, *bulk = nullptr;
        for (const Measured& peer : theirs) {
            if (!peer.isWell()) continue;
            if (best == nullptr || peer.wall() < best->wall()) best = &peer;
            if (peer.isBulk && (bulk == nullptr || median(peer.downloads) < median(bulk->downloads)))
                bulk = &peer;
        }
        for (const Measured& peer : theirs) {
            const auto value = [&](const std::vector<double>& of) {
                return peer.isWell() ? std::optional(median(of)) : std::nullopt;
            };
            add(what + ": wall", "s", mine.wall(), value(peer.walls), peer.said(),
                &peer == best ? wallGoal(form, offer.grants, rate_) : std::nullopt);
            add(what + ": CPU", "s", median(mine.cpus), value(peer.cpus), peer.said());
            add(what + ": bytes", "MB", median(mine.megabytes), value(peer.megabytes), peer.said());
            add(what + ": requests", "", median(mine.requests), value(peer.requests), peer.said());
        }
        if (bulk != nullptr) {
            add(what + ": wall", "s", mine.wall(), median(bulk->downloads), "the download of " + bulk->name,
                bulkGoal(form, rate_));
        }
    }

    void addFloorRows(const std::string& what, const Form& form, const Offer& offer, const Measured& mine) {
        add(what + ": wall", "s", mine.wall(), floorS_, "curl, the bare sound",
            floorGoal(form, offer.grants, rate_));
        if (rate_ > 0) {
            const double arithmeticS = 8 * median(mine.megabytes) / rate_ + 6 * roundTripS;
            add(what + ": wall", "s", mine.wall(), arithmeticS, "bytes / bandwidth + 6 RTT",
                offer.grants.hasManyRanges ? std::optional(maxToArithmetic) : std::nullopt);
        }
        if (form.isPlaylist && !plainHlsS_) plainHlsS_ = mine.wall();
        if (form.name == "HLS AES-128" && isWanted("HLS TS, " + nameOf(rate_)))
            add(what + ": wall", "s", mine.wall(), plainHlsS_, "Auricle, HLS TS", maxToPlain);
    }

    const Options& options_;
    fs::path folder_;
    Lecture lecture_;
    Certificates certificates_;
    Fetcher ours_;
    std::vector<Fetcher> peers_;
    std::map<std::string, bool> isThere_;
    Rate rate_ = 0;
    std::unique_ptr<Link> link_;
    double floorS_ = 0;
    std::optional<double> plainHlsS_;
    Report report_{.name = "audio", .rows = {}};
};

/// The folder of one run of the bench, taken away at its end.
class Scratch {
  public:
    Scratch() : folder_(fs::temp_directory_path() / ("auricle-audio-bench-" + std::to_string(::getpid()))) {
        fs::create_directories(folder_);
        fs::permissions(folder_, fs::perms::owner_all);
    }
    ~Scratch() { fs::remove_all(folder_); }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    const fs::path& folder() const { return folder_; }

  private:
    fs::path folder_;
};

std::optional<Options> read(std::span<char* const> arguments) {
    if (arguments.size() < 2) return std::nullopt;
    Options options{.host = arguments[0], .emulator = arguments[1]};
    for (std::size_t i = 2; i < arguments.size(); ++i) {
        const std::string_view each = arguments[i];
        const bool hasValue = i + 1 < arguments.size();
        if (each == "--quick") {
            options.isQuick = true;
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
        std::fputs("usage: audio_bench HOST LINK_EMULATOR [--quick] [--only TEXT] [--json FILE]\n", stderr);
        return 2;
    }
    for (const char* needed : {"nginx", "ffmpeg", "curl", "openssl"}) {
        if (!isInstalled(needed)) throw std::runtime_error(std::string(needed) + " is not installed");
    }
    const Scratch scratch;
    AudioBench bench(*options, scratch.folder());
    const Report& report = bench.run();
    std::puts("\nGoals");
    report.withGoals().print();
    return options->json.empty() || report.writeJson(options->json) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    holdSignals();
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    try {
        return run(std::span<char* const>(argv, static_cast<std::size_t>(argc)).subspan(1));
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "audio_bench: %s\n", problem.what());
        return 1;
    }
}
