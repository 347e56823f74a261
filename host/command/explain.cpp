#include "command/explain.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <span>

#include "command/line.h"

namespace auricle::command {
namespace {

constexpr std::uint64_t maxFrameBytes = 1u << 20;  // what a browser takes from a host
constexpr const char* checkUp =
    "Run `auricle doctor`: it starts the host as this browser does and says more.";
constexpr const char* registerAgain = "Run `auricle install`, then reload the extension.";

/// A message by the words in it that do not change, and what it means. Texts: Chromium 156, Firefox ESR 153.
struct Known {
    std::string_view words;
    std::string_view cause;
    std::array<std::string_view, 3> steps;
};

constexpr Known chromium[] = {
    {"Specified native messaging host not found",
     "The browser found no manifest of the host, or one that it cannot use: not valid JSON, another name in "
     "it, a relative path, or a path where no program is. With --user-data-dir it looks in that folder, not "
     "in ~/.config.",
     {registerAgain, checkUp}},
    {"Access to the specified native messaging host is forbidden",
     "The manifest does not name this extension: allowed_origins must hold chrome-extension://ID/ with the "
     "extension's own id. An extension that was loaded unpacked, or came from another store, has another id.",
     {"Find the id on chrome://extensions, then run `auricle install --extension-id ID`.", checkUp}},
    {"disabled by the system administrator",
     "A policy forbids the host: NativeMessagingBlocklist, or NativeMessagingUserLevelHosts for manifests of "
     "your own.",
     {"Look at chrome://policy; whoever looks after this machine can put org.auricle.host on "
      "NativeMessagingAllowlist.",
      checkUp}},
    {"Failed to start native messaging host",
     "The manifest is right, but the program that it names cannot be started: it has no run bit, is built "
     "for another machine, or a security profile (AppArmor) forbids the browser to start it.",
     {checkUp,
      "Keep the program out of ~/.config, for instance in ~/.local/bin, and run `auricle install` "
      "there."}},
    {"Found manifest, but not the binary",
     "The manifest names a path where no program is: it was moved or removed.",
     {registerAgain, checkUp}},
    {"Can't find manifest for native messaging host",
     "The browser found no manifest of the host.",
     {registerAgain, checkUp}},
    {"Can't find native messaging host",
     "The browser found no manifest of the host.",
     {registerAgain, checkUp}},
    {"Failed to load manifest for native messaging host",
     "The manifest is not valid: broken JSON, a missing key, or another name in it.",
     {registerAgain, checkUp}},
    {"Native messaging host path must be absolute",
     "The manifest names its program by a relative path.",
     {registerAgain, checkUp}},
    {"Invalid native messaging host name specified",
     "The extension asked for a host by a name that no host can have (small letters, digits, _ and dots). "
     "Auricle's is org.auricle.host.",
     {"Correct the name in the extension."}},
    {"Native host has exited",
     "The host ended while the extension was still connected. It ends by itself when it may not serve its "
     "caller, or when a library is missing; a crash ends it as well.",
     {checkUp, "Start the browser from a terminal: the host's last words stand there."}},
    {"Error when communicating with the native messaging host",
     "What the host wrote is no message, or one of more than 1 MiB. Most often something prints to standard "
     "output before the host does: a wrapper script, a shell's start-up file.",
     {checkUp,
      "Start the browser from a terminal: \"tried sending a message that is N bytes long\" names the first "
      "four bytes; `auricle explain N` shows them."}},
    {"Error when writing to Native Messaging host",
     "The host had ended, or had closed its input, when the browser wrote to it.",
     {checkUp}},
    {"Message exceeded maximum allowed size of 64MiB",
     "The extension sent more than 64 MiB in one message. Auricle takes 8 MiB (limits.request_bytes).",
     {"Send less at once."}},
    {"Access to native messaging requires nativeMessaging permission",
     "The extension's manifest.json does not ask for the permission \"nativeMessaging\".",
     {"Add it to \"permissions\" and reload the extension."}},
    {"The message port closed before a response was received",
     "Nobody in the extension answered a message within it; the host had no part in this.",
     {"Reload the extension. If it comes again, look at the console of its worker."}},
};

constexpr Known firefox[] = {
    {"No such native application",
     "Firefox has no host of that name for this extension: no manifest, one that it cannot use, or one that "
     "does not name the extension's id in allowed_extensions. It says all of these with the same words; the "
     "Browser Console (Ctrl+Shift+J) has the reason.",
     {registerAgain, checkUp}},
    {"does not have permission to use native manifest",
     "The manifest does not name this extension: allowed_extensions must hold its id.",
     {"Find the id on about:debugging, then run `auricle install --extension-id ID`.", checkUp}},
    {"has type property", "The manifest has no \"type\": \"stdio\".", {registerAgain, checkUp}},
    {"has name property",
     "The manifest holds another name than its file is called by.",
     {registerAgain, checkUp}},
    {"has relative path value",
     "The manifest names its program by a relative path.",
     {registerAgain, checkUp}},
    {"Error parsing native manifest", "The manifest is not valid JSON.", {registerAgain, checkUp}},
    {"is not executable",
     "The manifest names a file that is not there or has no run bit.",
     {registerAgain, checkUp}},
    {"Native messaging portal is not available",
     "This Firefox runs in a snap or Flatpak, and there is no portal by which it could start a program "
     "outside.",
     {"Install xdg-desktop-portal, or take Firefox from another source."}},
    {"Attempt to postMessage on disconnected port",
     "The host had ended before the extension wrote to it.",
     {checkUp}},
    {"Write too big",
     "The extension sent more in one message than Firefox hands on.",
     {"Send less at once; Auricle takes 8 MiB."}},
};

constexpr Known host[] = {
    {"is not registered to use this program",
     "The host was started for an extension that it does not know: the manifest that names it is not one of "
     "this program's, or others may write it.",
     {"Run `auricle install --extension-id ID` with the extension's id.", checkUp}},
    {"error while loading shared libraries",
     "A library that the host needs is not on this machine, or not inside the browser's sandbox.",
     {"Install the package that has the library named behind these words, or Auricle anew.", checkUp}},
    {"GLIBC_",
     "The program was built for a newer system than this one.",
     {"Install Auricle from a package for this system, or build it here (scripts/build)."}},
    {"Exec format error",
     "The program was built for another kind of processor.",
     {"Install Auricle for this machine.", checkUp}},
};

const Known* find(std::string_view message) {
    for (const std::span<const Known> table :
         {std::span<const Known>(chromium), std::span<const Known>(firefox), std::span<const Known>(host)}) {
        const auto found = std::ranges::find_if(
            table, [&](const Known& known) { return message.find(known.words) != message.npos; });
        if (found != table.end()) return &*found;
    }
    return nullptr;
}

std::optional<std::uint64_t> numberAt(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (fault != std::errc{} || end == text.data()) return std::nullopt;
    return number;
}

/// The length that the message tells of: behind the words of either browser, or alone.
std::optional<std::uint64_t> lengthIn(std::string_view message) {
    for (const std::string_view before :
         {"tried to send a message of ", "tried sending a message that is "}) {
        const auto at = message.find(before);
        if (at != message.npos) return numberAt(message.substr(at + before.size()));
    }
    const bool isNumber =
        !message.empty() && std::ranges::all_of(message, [](char c) { return c >= '0' && c <= '9'; });
    return isNumber ? numberAt(message) : std::nullopt;
}

/// The four bytes that a browser took for a length (native order, which is little-endian wherever it runs),
/// where all of them are characters of text.
std::optional<std::string> strayText(std::uint64_t length) {
    std::string text;
    for (int i = 0; i < 4; ++i) {
        const auto c = static_cast<char>(length >> (8 * i) & 0xff);
        const bool isLine = c == '\n' || c == '\r' || c == '\t' || c == '\x1b';
        if (!isLine && (c < ' ' || c > '~')) return std::nullopt;
        text += c == '\n'     ? "\\n"
                : c == '\r'   ? "\\r"
                : c == '\t'   ? "\\t"
                : c == '\x1b' ? "\\e"
                              : std::string(1, c);
    }
    return text;
}

Explanation explainLength(std::uint64_t length) {
    if (length <= 0xffffffffu) {
        if (const auto text = strayText(length))
            return {
                "This is no length, but the beginning of text on standard output, where only messages may "
                "be: its first four bytes are \"" +
                    *text + "\".",
                {"Find what prints that: a wrapper script around the host, a shell's start-up file, a "
                 "library's greeting.",
                 checkUp}};
    }
    if (length > maxFrameBytes)
        return {
            "The host sent a message of " + std::to_string(length) +
                " bytes; browsers take 1048576 and end the connection at more. These are no characters, so "
                "either the message is really so long or its bytes are out of step.",
            {"Auricle never sends one so long: see that it is Auricle which the manifest names.", checkUp}};
    return {"A message of " + std::to_string(length) + " bytes is within what browsers take (1048576).",
            {checkUp}};
}

std::string trimmed(std::string_view text) {
    constexpr std::string_view around = " \t\r\n\"";
    const auto first = text.find_first_not_of(around);
    if (first == text.npos) return {};
    return std::string(text.substr(first, text.find_last_not_of(around) - first + 1));
}

}  // namespace

std::optional<Explanation> explain(std::string_view message) {
    const std::string text = trimmed(message);
    if (const auto length = lengthIn(text)) return explainLength(*length);
    const Known* known = find(text);
    if (known == nullptr) return std::nullopt;
    Explanation explanation{.cause = std::string(known->cause), .steps = {}};
    for (const auto step : known->steps) {
        if (!step.empty()) explanation.steps.emplace_back(step);
    }
    return explanation;
}

int runExplain(const std::vector<std::string>& words) {
    std::string message;
    for (const auto& word : words) message += (message.empty() ? "" : " ") + word;
    if (trimmed(message).empty()) {
        std::fputs("auricle: there is no message to explain. Give it in quotation marks.\n", stderr);
        return statusUsage;
    }
    const auto explanation = explain(message);
    if (!explanation) {
        std::fputs(
            "auricle: this message is not known. Run `auricle doctor`: it looks at everything and says "
            "what to do.\n",
            stderr);
        return statusFailed;
    }
    std::printf("%s\n", explanation->cause.c_str());
    for (const auto& step : explanation->steps) std::printf("  -> %s\n", step.c_str());
    return statusWell;
}

}  // namespace auricle::command
