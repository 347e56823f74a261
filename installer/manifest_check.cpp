#include "installer/manifest_check.h"

#include "installer/manifest.h"
#include "installer/permissions.h"
#include "installer/small_file.h"

namespace auricle::installer {
namespace {

namespace fs = std::filesystem;

/// One manifest, and what is wrong with it.
struct Judged {
    Spot spot;
    Findings findings{};  ///< in the order in which a browser would stumble over them
    std::optional<Manifest> manifest{};
    bool isTrusted = false;  ///< nobody else may have written it
    bool isOurs = false;     ///< it may be changed: `auricle install` wrote it, or it starts us
    bool isThisProgram = false;
    bool isUsable = false;  ///< the browser would start what it names
};

class Judgement {
  public:
    Judgement(const Lookup& lookup, const Machine& machine) : lookup_(lookup), machine_(machine) {}

    /// Nothing where there is no such file.
    std::optional<Judged> judge(const Spot& spot) const {
        const auto file = readSmallFile(spot.file());
        if (file && !*file) return std::nullopt;
        Judged judged{.spot = spot};
        if (!file) {
            add(judged, "manifest.unreadable", file.error().message,
                "Make it readable for yourself (chmod u+r), or remove it and run `auricle install`.");
            return judged;
        }
        judged.isTrusted = (*file)->isTrusted;
        read(judged, (*file)->text);
        if (judged.findings.empty()) checkOpenness(judged);
        if (judged.manifest && !stopsBrowser(judged)) checkProgram(judged);
        judged.isUsable = judged.manifest && !stopsBrowser(judged);
        return judged;
    }

    /// A finding about that file, mended by a new manifest where it is ours to replace.
    void add(Judged& judged, std::string id, std::string sentence, std::string remedy,
             Severity severity = Severity::broken) const {
        judged.findings.push_back({.id = std::move(id),
                                   .severity = severity,
                                   .about = lookup_.title,
                                   .sentence = std::move(sentence),
                                   .remedy = std::move(remedy),
                                   .repair = newManifest(judged)});
    }

  private:
    static bool stopsBrowser(const Judged& judged) { return worst(judged.findings) == Severity::broken; }

    static std::string again(const Judged& judged) {
        return judged.spot.isUser
                   ? "Run `auricle install` (or `auricle doctor --fix`)."
                   : "The file is your administrator's. `auricle install` registers this program for you "
                     "alone, which goes before it.";
    }

    /// A system's manifest is not ours to change, but a manifest of one's own goes before it.
    Repair newManifest(const Judged& judged) const {
        if (judged.spot.isUser && !judged.isOurs) return {};
        return {.how = Mend::registerAnew,
                .what = judged.spot.isUser ? judged.spot.folder : lookup_.spots.front().folder,
                .flavour = lookup_.flavour};
    }

    void read(Judged& judged, std::string_view text) const {
        judged.manifest = parseManifest(text);
        const std::string file = judged.spot.file().string();
        if (!judged.manifest) {
            // What an interrupted installation left is ours, and so is nothing at all.
            judged.isOurs = text.empty() || hasOurMark(text);
            add(judged, "manifest.invalid", file + " is no manifest that a browser can read.",
                judged.isOurs || !judged.spot.isUser
                    ? again(judged)
                    : "Nothing says that Auricle wrote it: look at it, remove it yourself if nothing needs "
                      "it, then run `auricle install`.");
            return;
        }
        std::error_code error;
        const Manifest& manifest = *judged.manifest;
        judged.isThisProgram = fs::equivalent(manifest.program, machine_.program, error) && !error;
        judged.isOurs = manifest.hasOurMark() || judged.isThisProgram;
        if (!judged.isOurs && judged.spot.isUser) return addForeign(judged);
        checkContent(judged);
    }

    void addForeign(Judged& judged) const {
        add(judged, "manifest.foreign",
            judged.spot.file().string() + " starts another program (" + judged.manifest->program.string() +
                ") and was not written by Auricle.",
            "It is left as it is; remove it yourself if you know that nothing needs it, then run `auricle "
            "install`.");
    }

    void checkContent(Judged& judged) const {
        const Manifest& manifest = *judged.manifest;
        const std::string file = judged.spot.file().string();
        const std::string_view list =
            lookup_.flavour == Flavour::gecko ? "allowed_extensions" : "allowed_origins";
        if (manifest.name != hostName()) {
            add(judged, "manifest.name",
                file + " is for a host called \"" + manifest.name + "\", not " + std::string(hostName()) +
                    ".",
                again(judged));
        } else if (manifest.type != "stdio") {
            add(judged, "manifest.type",
                file + " has no \"type\": \"stdio\", without which no browser takes it.", again(judged));
        } else if (lookup_.flavour == Flavour::gecko ? manifest.hasOrigins : manifest.hasExtensions) {
            add(judged, "manifest.flavour",
                file + " has the key of another kind of browser; " + std::string(list) +
                    " alone belongs here.",
                again(judged));
        } else if (!letsUsIn(manifest)) {
            add(judged, "manifest.callers",
                file + " does not let Auricle's extension in: its id is not in " + std::string(list) + ".",
                again(judged));
        }
    }

    bool letsUsIn(const Manifest& manifest) const {
        return std::ranges::all_of(registeredCallers(lookup_.flavour), [&](const std::string& caller) {
            return std::ranges::count(manifest.callers, caller) > 0;
        });
    }

    void checkOpenness(Judged& judged) const {
        const fs::path file = judged.spot.file();
        if (!judged.isTrusted) {
            add(judged, "manifest.open_to_others",
                file.string() + " may be written by others than you: they could have any program started.",
                again(judged), Severity::warning);
        }
        if (othersMayWrite(judged.spot.folder))
            addOpen(judged, "manifest.open_to_others", judged.spot.folder);
    }

    /// Others may write it: taken from them where it is this user's to do so.
    void addOpen(Judged& judged, std::string id, const fs::path& path) const {
        const auto about = permissionsOf(path);
        add(judged, std::move(id),
            "Every user of this machine may write " + path.string() +
                ", and so have the browser start what they like.",
            "Take that permission away: chmod o-w " + path.string(), Severity::warning);
        judged.findings.back().repair =
            about && about->isOwn ? Repair{.how = Mend::keepOthersOut, .what = path} : Repair{};
    }

    void checkProgram(Judged& judged) const {
        const fs::path& program = judged.manifest->program;
        if (!program.is_absolute()) {
            add(judged, "manifest.path_relative",
                judged.spot.file().string() + " names its program by a relative path (" + program.string() +
                    "), which browsers refuse.",
                again(judged));
        } else if (const auto about = permissionsOf(program); !about || !about->isFile) {
            add(judged, "manifest.path_missing",
                "There is no program at " + program.string() + ", where " + judged.spot.file().string() +
                    " sends the browser.",
                again(judged));
        } else if (!isRunnable(program)) {
            addNoRunBit(judged, program, about->isOwn);
        } else if (const auto open = openToOthers(program)) {
            addOpen(judged, "program.open_to_others", *open);
        }
    }

    void addNoRunBit(Judged& judged, const fs::path& program, bool isOwn) const {
        add(judged, "program.no_run_bit", program.string() + " may not be started: it has lost its run bit.",
            "Give it back: chmod u+x " + program.string());
        if (isOwn && judged.isOurs) judged.findings.back().repair = {.how = Mend::letRun, .what = program};
    }

    const Lookup& lookup_;
    const Machine& machine_;
};

/// What a trial says of the host of one manifest.
class TrialReport {
  public:
    TrialReport(const Lookup& lookup, const Judged& judged, const Machine& machine)
        : lookup_(lookup), judged_(judged), machine_(machine) {}

    Findings of(const Trial& trial) const {
        Findings findings;
        if (trial.end != Trial::End::hello) {
            findings.push_back(broken(trial));
        } else {
            findings.push_back(greeted(trial));
            if (!judged_.isThisProgram) findings.push_back(otherCopy(trial));
        }
        if (trial.isLingering)
            findings.push_back(finding(
                "host.lingers", Severity::warning,
                "The host does not end when the browser closes its input; Chromium kills it after 2 s.",
                "Have the browser start this program instead: `auricle install`."));
        return findings;
    }

  private:
    std::string program() const { return judged_.manifest->program.string(); }

    Finding finding(std::string id, Severity severity, std::string sentence, std::string remedy = {}) const {
        return {.id = std::move(id),
                .severity = severity,
                .about = lookup_.title,
                .sentence = std::move(sentence),
                .remedy = std::move(remedy)};
    }

    /// Only a program that is not this one is worth replacing by this one.
    Repair byThisProgram() const {
        if (judged_.isThisProgram) return {};
        const Spot& first = lookup_.spots.front();
        return {.how = Mend::registerAnew,
                .what = judged_.spot.isUser ? judged_.spot.folder : first.folder,
                .flavour = lookup_.flavour};
    }

    Finding greeted(const Trial& trial) const {
        return finding("host.hello", Severity::fine,
                       "started as " + lookup_.title + " starts it, " + program() + " says hello (" +
                           trial.version + ")");
    }

    Finding otherCopy(const Trial& trial) const {
        const std::string which = "It starts another copy of Auricle (" + program() + ") than this one (" +
                                  machine_.program.string() + ")";
        if (trial.version == AURICLE_VERSION)
            return finding("host.other_copy", Severity::note, which + ", of the same version.",
                           "To have this one started: `auricle install`.");
        auto stale = finding("host.stale", Severity::warning,
                             which + ", of version " + trial.version + " instead of " AURICLE_VERSION ".",
                             "To have this one started: `auricle install`.");
        stale.repair = byThisProgram();
        return stale;
    }

    Finding broken(const Trial& trial) const {
        auto found = said(trial);
        found.repair = byThisProgram();
        if (judged_.isThisProgram) return found;
        found.remedy = "Have the browser start this program instead: `auricle install`.";
        return found;
    }

    Finding said(const Trial& trial) const {
        const auto trouble = [&](std::string id, const std::string& what, std::string remedy) {
            return finding(std::move(id), Severity::broken, program() + ' ' + what, std::move(remedy));
        };
        switch (trial.end) {
            case Trial::End::silent:
                return trouble("host.silent", "starts, but does not answer in time.",
                               "Try again with --wait-ms 20000; if it stays silent, install Auricle anew.");
            case Trial::End::text:
                return trouble(
                    "host.text",
                    "writes something else than messages to standard output: \"" + trial.detail + "\".",
                    "Take away whatever prints there (a wrapper script, a shell's start-up file).");
            case Trial::End::ended:
                return trouble("host.ended", "ends before it answers (" + trial.detail + ").",
                               "Install Auricle anew, with the packages it needs.");
            case Trial::End::refused:
                return trouble("host.refused", "answers, but not with a hello: " + trial.detail,
                               "Install the host and the extension in versions that belong together.");
            default:
                return trouble("host.cannot_start", "cannot be started: " + trial.detail + ".",
                               "Install Auricle anew, built for this machine.");
        }
    }

    const Lookup& lookup_;
    const Judged& judged_;
    const Machine& machine_;
};

class BrowserCheck {
  public:
    BrowserCheck(const Lookup& lookup, const Policies& policies, const Machine& machine,
                 const TryHost& tryHost)
        : lookup_(lookup), policies_(policies), machine_(machine), tryHost_(tryHost) {}

    Findings run() && {
        addPolicies();
        judgeAll();
        const auto chosen = choice();
        if (!chosen) {
            addAll(judged_);
            if (judged_.empty()) addMissing();
        } else {
            addBefore(*chosen);
            addChosen(judged_[*chosen], betterThan(*chosen));
        }
        if (!lookup_.sandboxNote.empty() && !findings_.empty())
            add("browser.sandboxed", Severity::note, lookup_.sandboxNote,
                "What it can start from inside only a try in the browser itself shows.");
        return std::move(findings_);
    }

  private:
    void add(std::string id, Severity severity, std::string sentence, std::string remedy = {}) {
        findings_.push_back({.id = std::move(id),
                             .severity = severity,
                             .about = lookup_.title,
                             .sentence = std::move(sentence),
                             .remedy = std::move(remedy)});
    }

    void addPolicies() {
        const std::string where = policies_.file.string();
        if (policies_.isBlocked)
            add("policy.blocked", Severity::broken,
                "A policy forbids the host (NativeMessagingBlocklist in " + where + ").",
                "Ask whoever looks after this machine to put org.auricle.host on NativeMessagingAllowlist.");
        else if (policies_.areUserHostsOff)
            add("policy.user_hosts_off", Severity::note,
                "A policy lets hosts of the whole system in and no others (NativeMessagingUserLevelHosts "
                "in " +
                    where + ").");
    }

    bool mayUseOwn() const { return !policies_.areUserHostsOff; }

    void judgeAll() {
        const Judgement judgement(lookup_, machine_);
        for (const Spot& spot : lookup_.spots) {
            if (spot.isUser && !mayUseOwn()) continue;
            if (auto judged = judgement.judge(spot)) judged_.push_back(std::move(*judged));
        }
        // A manifest of one's own is no way out where none is read.
        for (Judged& judged : judged_) {
            if (mayUseOwn()) continue;
            for (Finding& finding : judged.findings) finding.repair = {};
        }
    }

    /// The file that the browser goes by: the first, or in Firefox the first that it can use.
    std::optional<std::size_t> choice() const {
        for (std::size_t i = 0; i < judged_.size(); ++i) {
            if (lookup_.flavour == Flavour::chromium || isAccepted(judged_[i])) return i;
        }
        return std::nullopt;
    }

    /// Firefox passes over what it cannot read; whether the program is there it sees too late for that.
    static bool isAccepted(const Judged& judged) {
        constexpr std::array tooLate{"manifest.path_missing", "program.no_run_bit", "manifest.foreign"};
        return judged.isUsable ||
               (judged.manifest && std::ranges::any_of(judged.findings, [&](const Finding& finding) {
                    return std::ranges::count(tooLate, finding.id) > 0;
                }));
    }

    /// A good manifest of the system's behind a bad one of the person's.
    const Judged* betterThan(std::size_t chosen) const {
        if (!judged_[chosen].spot.isUser) return nullptr;
        const auto found =
            std::find_if(judged_.begin() + static_cast<std::ptrdiff_t>(chosen) + 1, judged_.end(),
                         [](const Judged& judged) { return !judged.spot.isUser && judged.isUsable; });
        return found == judged_.end() ? nullptr : &*found;
    }

    void addAll(const std::vector<Judged>& all) {
        for (const Judged& judged : all) std::ranges::copy(judged.findings, std::back_inserter(findings_));
    }

    /// What Firefox passes over on its way to a good one.
    void addBefore(std::size_t chosen) {
        for (std::size_t i = 0; i < chosen; ++i) {
            for (Finding finding : judged_[i].findings) {
                finding.severity = std::min(finding.severity, Severity::warning);
                if (judged_[i].spot.isUser && judged_[i].isOurs)
                    finding.repair = {.how = Mend::removeManifest, .what = judged_[i].spot.file()};
                findings_.push_back(std::move(finding));
            }
        }
    }

    void addMissing() {
        if (mayUseOwn()) {
            add("manifest.missing", Severity::broken, "It does not know where this program lies.",
                "Run `auricle install` (or `auricle doctor --fix`).");
            findings_.back().repair = {
                .how = Mend::registerAnew, .what = lookup_.spots.front().folder, .flavour = lookup_.flavour};
        } else {
            add("manifest.missing", Severity::broken,
                "It does not know where this program lies, and a policy keeps it from reading manifests of "
                "yours.",
                "Ask whoever looks after this machine for a manifest in " +
                    lookup_.spots.back().folder.string() + ".");
        }
    }

    void addChosen(const Judged& judged, const Judged* better) {
        Findings found = judged.findings;
        // What others may have changed is not started.
        const bool mayStart =
            judged.isUsable && judged.findings.empty() && (judged.isOurs || !judged.spot.isUser);
        // Inside its sandbox the browser starts another world's program; a trial outside proves nothing.
        if (mayStart && lookup_.sandboxNote.empty()) {
            const auto tried = TrialReport(lookup_, judged, machine_).of(tryHost_(startOf(judged)));
            std::ranges::copy(tried, std::back_inserter(found));
        } else if (judged.isUsable && judged.findings.empty()) {
            found.push_back({.id = "manifest.good",
                             .severity = Severity::fine,
                             .about = lookup_.title,
                             .sentence = "registered (" + judged.spot.file().string() + ")"});
        }
        if (better != nullptr && worst(found) >= Severity::warning) hide(judged, *better, found);
        std::ranges::move(found, std::back_inserter(findings_));
    }

    /// A bad manifest of the person's hides a good one of the system's: without it all is well.
    void hide(const Judged& judged, const Judged& better, Findings& found) const {
        const Repair removing =
            judged.isOurs ? Repair{.how = Mend::removeManifest, .what = judged.spot.file()} : Repair{};
        for (Finding& finding : found) {
            if (finding.isTrouble()) finding.repair = removing;
        }
        found.push_back({.id = "manifest.shadows",
                         .severity = Severity::warning,
                         .about = lookup_.title,
                         .sentence = judged.spot.file().string() + " hides the system's " +
                                     better.spot.file().string() + ", which is right.",
                         .remedy = "Remove " + judged.spot.file().string() + ".",
                         .repair = removing});
    }

    TrialStart startOf(const Judged& judged) const {
        return {.flavour = lookup_.flavour,
                .program = judged.manifest->program,
                .manifest = judged.spot.file(),
                .caller = registeredCallers(lookup_.flavour).front()};
    }

    const Lookup& lookup_;
    const Policies& policies_;
    const Machine& machine_;
    const TryHost& tryHost_;
    std::vector<Judged> judged_;
    Findings findings_;
};

}  // namespace

Findings checkBrowser(const Lookup& lookup, const Policies& policies, const Machine& machine,
                      const TryHost& tryHost) {
    return BrowserCheck(lookup, policies, machine, tryHost).run();
}

}  // namespace auricle::installer
