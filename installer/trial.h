// A trial: the host started as a browser starts it, greeted, and what came of that.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "installer/place_table.h"
#include "system/paths.h"

namespace auricle::installer {

/// How one browser starts the host.
struct TrialStart {
    Flavour flavour;
    std::filesystem::path program;   ///< as the manifest names it
    std::filesystem::path manifest;  ///< Firefox hands it on
    std::string caller;              ///< "chrome-extension://ID/" or an add-on's id
};

/// What was seen, before it is judged.
struct HostAnswer {
    std::string startFault{};  ///< why the program could not be started, as the system says it; else empty
    std::string output{};      ///< what came on standard output, bytes of frames (at most some 1 MiB)
    std::string errors{};      ///< the beginning of standard error
    bool isOver = false;       ///< it ended by itself before the answer was whole
    bool isLate = false;       ///< nothing whole came in time
    bool isLingering = false;  ///< it did not end within 2 s of the end of its input, when Chromium kills
    int status = 0;            ///< exit status, where it ended by itself
    int signal = 0;            ///< the signal that ended it, where one did
};

struct Trial {
    enum class End : std::uint8_t {
        hello,        ///< it greeted
        silent,       ///< nothing in time
        text,         ///< something else than a frame on standard output
        ended,        ///< it ended before it answered
        refused,      ///< an answer, but none to hello
        cannotStart,  ///< the system does not start it
    } end;
    std::string version{};     ///< of a host that greeted
    std::string detail{};      ///< what to show a person: the first bytes, the last line of standard error
    bool isLingering = false;  ///< as HostAnswer
};

/// Starts it as that browser would: arguments, the program's folder as the current one, nothing but standard
/// streams, and for Firefox its sentinel at descriptor 3 and SIGPIPE ignored. Greets, waits at most
/// `deadline` for the answer, ends the input and waits for the end. Whatever happens, it and its children are
/// gone afterwards. Blocks. Needs SIGPIPE to be ignored in this process. `environment`: all of it, as
/// NAME=value.
HostAnswer startAndGreet(const TrialStart& start, const std::vector<std::string>& environment,
                         std::chrono::milliseconds deadline);

/// Reads what was seen.
Trial judge(const HostAnswer& answer);

/// What a browser started from a desktop hands on: little, and a PATH that has the system's folders alone.
std::vector<std::string> browserEnvironment(const Environment& environment);
/// That PATH.
inline constexpr const char* barePath = "/usr/bin:/bin";

/// The same byte stream as `bytes`, at most 80 of them, with what is no visible ASCII shown as \xNN.
std::string shown(std::string_view bytes);

/// startAndGreet and judge, as the examination takes them; a test has its own.
using TryHost = std::function<Trial(const TrialStart&)>;

}  // namespace auricle::installer
