#include "sites/yt_dlp_words.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <vector>

#include "sites/plain_text.h"

namespace auricle::sites {
namespace {

using namespace std::string_view_literals;

/// Lower case, and an ASCII apostrophe for the typographic one (U+2019), which YouTube writes and whoever
/// quotes it does not.
std::string folded(std::string_view text) {
    constexpr std::string_view apostrophe = "\xE2\x80\x99";
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const bool isApostrophe = text.starts_with(apostrophe);
        const char c = isApostrophe ? '\'' : text.front();
        out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        text.remove_prefix(isApostrophe ? apostrophe.size() : 1);
    }
    return out;
}

template <class OnLine>
void eachLine(std::string_view text, OnLine onLine) {
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        onLine(line);
        text.remove_prefix(std::min(text.size(), line.size() + 1));
    }
}

/// All that was said, and of it the lines that are errors: a warning may speak of what did no harm.
struct Said {
    std::string all, errors;

    bool anywhere(std::string_view words) const { return all.find(words) != all.npos; }
    bool asError(std::string_view words) const { return errors.find(words) != errors.npos; }
};

Said heard(std::string_view errors) {
    Said said{.all = folded(errors), .errors = {}};
    eachLine(said.all, [&](std::string_view line) {
        if (line.starts_with("error:")) said.errors += std::string(line) + '\n';
    });
    return said;
}

/// What an error says in so many words, whatever else is said.
struct Sentence {
    std::string_view words;  ///< folded
    Kind kind;
    std::string_view message;
    bool isRetryable = false;
    std::int64_t retryAfterMs = 0;
};

constexpr std::int64_t minuteMs = 60'000;

constexpr std::string_view privately =
    "This video is private. Sign in at YouTube with an account that may watch it, then capture it again.";
constexpr std::string_view forMembers =
    "This video is for members of its channel. Sign in at YouTube with an account that is one, then capture "
    "it again.";
constexpr std::string_view ofAge =
    "YouTube shows this video only to an account whose age it knows to be enough. Sign in with one and watch "
    "it in the browser, then capture it again.";
constexpr std::string_view notABot =
    "YouTube wants to know that no robot is asking. Open the video in the browser, signed in, do what the "
    "page asks for until it plays, then try again.";
constexpr std::string_view unavailable =
    "YouTube says that this video is not available (any more). Check that it plays in the browser.";
constexpr std::string_view laterOn = "This video has not begun yet. Capture it when it has been shown whole.";
constexpr std::string_view drm = "This video is protected by DRM, which Auricle does not work around.";
constexpr std::string_view tooOften =
    "YouTube has had too many requests from this account or address and asks to wait; it goes on by itself.";
constexpr std::string_view notHere = "YouTube does not show this video in your country.";

/// What no other session would change.
constexpr std::array aboutTheVideo{
    Sentence{"certificate_verify_failed", Kind::tls,
             "YouTube's certificate could not be verified. Check the computer's clock, and network.caFile in "
             "the configuration where your network has an authority of its own."},
    Sentence{"no space left on device", Kind::disk_full, "There is no room on the disk for the sound file."},
    Sentence{"rate-limited by youtube", Kind::rate_limited, tooOften, false, 60 * minuteMs},
    Sentence{"http error 429", Kind::rate_limited, tooOften, false, 10 * minuteMs},
    Sentence{"drm protected", Kind::drm_protected, drm},
    Sentence{"live event will begin", Kind::not_ready_yet, laterOn},
    Sentence{"premieres in", Kind::not_ready_yet, laterOn},
    Sentence{"premiere will begin", Kind::not_ready_yet, laterOn},
    Sentence{"in your country", Kind::forbidden, notHere},
    Sentence{"video unavailable. this video is private", Kind::forbidden, privately},
    Sentence{"video unavailable", Kind::not_found, unavailable},
    Sentence{"has been removed", Kind::not_found, unavailable},
    Sentence{"no longer available", Kind::not_found, unavailable},
    Sentence{"video is not available", Kind::not_found, unavailable},
};

/// What may be otherwise in another session. The first that fits is meant: nearly all of them say "sign in".
constexpr std::array aboutTheSession{
    Sentence{"confirm you're not a bot", Kind::bot_detected, notABot},
    Sentence{"captcha challenge", Kind::bot_detected, notABot},
    Sentence{"members-only content", Kind::forbidden, forMembers},
    Sentence{"available to this channel's members", Kind::forbidden, forMembers},
    Sentence{"confirm your age", Kind::forbidden, ofAge},
    Sentence{"age-restricted", Kind::forbidden, ofAge},
    Sentence{"inappropriate for some users", Kind::forbidden, ofAge},
    Sentence{"private video", Kind::forbidden, privately},
    Sentence{"video is private", Kind::forbidden, privately},
    Sentence{"login details are needed", Kind::login_required,
             "YouTube shows this only to who is signed in. Sign in at YouTube in the browser."},
    Sentence{"sign in", Kind::login_required,
             "YouTube shows this only to who is signed in. Sign in at YouTube in the browser."},
};

/// What a network says of itself through Python.
constexpr std::array aboutTheNetwork{
    "timed out"sv,          "urlopen error"sv,   "connection reset"sv,           "connection refused"sv,
    "connection aborted"sv, "name resolution"sv, "network is unreachable"sv,     "remote end closed"sv,
    "incompleteread"sv,     "bytes read"sv,      "unable to connect to proxy"sv, "http error 5"sv,
    "eof occurred"sv};

std::optional<Error> sentenceIn(const Said& said, std::span<const Sentence> sentences) {
    const auto found = std::ranges::find_if(
        sentences, [&](const Sentence& sentence) { return said.asError(sentence.words); });
    if (found == sentences.end()) return std::nullopt;
    Error error{.kind = found->kind, .message = std::string(found->message), .retryable = found->isRetryable};
    if (found->retryAfterMs) error.retryAfterMs = found->retryAfterMs;
    return error;
}

constexpr std::string_view noLongerValid = "cookies are no longer valid";

/// YouTube's player hides its addresses behind a riddle in JavaScript.
bool couldNotSolve(const Said& said) {
    constexpr std::array riddles{"challenge solving failed"sv, "signature solving failed"sv,
                                 "nsig extraction failed"sv, "signature extraction failed"sv};
    return std::ranges::any_of(riddles, [&](auto words) { return said.anywhere(words); });
}

constexpr std::string_view howToGetANewerOne =
    "Install a newer one (Debian: the backports of your release; or the program that yt-dlp's own site "
    "offers), and name it in tools.ytDlp of the configuration if it lies elsewhere.";

/// What yt-dlp itself lacks, if that is why nothing came.
std::optional<Error> aboutTheTool(const Said& said, const YtDlpCircumstances& of) {
    if (said.anywhere("no supported javascript runtime"))
        return Error{.kind = Kind::tool_missing,
                     .message = "This yt-dlp (" + of.version +
                                ") needs a JavaScript runtime to get at YouTube's sound, and found none. "
                                "Install deno (2 or newer) or node (20 or newer), then try again."};
    if (of.isOld || said.anywhere("older than 90 days"))
        return Error{.kind = Kind::tool_missing,
                     .message = "This yt-dlp (" + of.version + ") is too old for YouTube as it is now. " +
                                std::string(howToGetANewerOne)};
    if (couldNotSolve(said))
        return Error{.kind = Kind::tool_missing,
                     .message = "This yt-dlp (" + of.version +
                                ") could not solve what YouTube hides its sound behind. It needs deno (2 or "
                                "newer) or node (20 or newer), its own scripts for them (the package "
                                "yt-dlp-ejs), or has to be a newer one."};
    return std::nullopt;
}

std::string_view lastErrorLine(std::string_view errors) {
    std::string_view last;
    eachLine(errors, [&](std::string_view line) {
        if (line.starts_with("ERROR:")) last = line.substr(std::string_view("ERROR:").size());
    });
    return last;
}

Error unknown(std::string_view errors) {
    constexpr std::size_t mostWords = 300;  // bytes of yt-dlp's own that an error carries
    auto words = plainText(lastErrorLine(errors), mostWords);
    while (words.ends_with('.')) words.pop_back();
    return {.kind = Kind::internal,
            .message = "yt-dlp could not get the sound (" + (words.empty() ? "no word why" : words) +
                       "). Check that the video plays in the browser, and that yt-dlp is a new one."};
}

/// The values in a Netscape file: what stands behind each line's last tab.
std::vector<std::string_view> valuesIn(const vault::Secret& cookies) {
    constexpr std::size_t tooShortToTell = 6;  // such words stand everywhere
    std::vector<std::string_view> values;
    eachLine(cookies.reveal(), [&](std::string_view line) {
        const auto tab = line.rfind('\t');
        if (tab == line.npos || line.size() - tab - 1 < tooShortToTell) return;
        values.push_back(line.substr(tab + 1));
    });
    return values;
}

/// Addresses of media carry a signature in their query.
std::string withoutQueries(std::string_view line) {
    std::string out;
    while (!line.empty()) {
        const auto word = line.substr(0, line.find_first_of(" \"'<>"));
        const bool isAddress = word.find("://") != word.npos;
        out += isAddress ? word.substr(0, word.find('?')) : word;
        if (word.size() < line.size()) out += line[word.size()];
        line.remove_prefix(std::min(line.size(), word.size() + 1));
    }
    return out;
}

std::string without(std::string text, std::string_view what) {
    constexpr std::string_view mark = "[cookie]";
    for (auto at = text.find(what); at != text.npos; at = text.find(what, at + mark.size()))
        text.replace(at, what.size(), mark);
    return text;
}

}  // namespace

Error ytDlpFault(std::string_view errors, const YtDlpCircumstances& of) {
    const Said said = heard(errors);
    if (auto error = sentenceIn(said, aboutTheVideo)) return *error;
    if (saysCookiesWereRotated(errors))
        return {.kind = Kind::login_required,
                .message =
                    "YouTube's session is over: the browser has renewed its cookies since. Open "
                    "YouTube in the browser, signed in."};
    if (auto error = sentenceIn(said, aboutTheSession)) return *error;
    const bool isRefused = said.asError("http error 403");
    const bool isWithoutFormat = said.asError("requested format is not available");
    const bool isNetwork =
        std::ranges::any_of(aboutTheNetwork, [&](auto words) { return said.asError(words); });
    if (isNetwork && !isRefused)
        return {.kind = Kind::network,
                .message = "YouTube could not be reached, or the connection broke off. Check your network.",
                .retryable = true};
    if (auto error = aboutTheTool(said, of)) return *error;
    if (isRefused)
        return {.kind = Kind::forbidden,
                .message =
                    "YouTube refuses to give the sound of this video (status 403). Check that it plays "
                    "in the browser, and that yt-dlp is a new one.",
                .retryable = true};
    if (isWithoutFormat)
        return {.kind = Kind::not_media,
                .message =
                    "YouTube offers no sound of this video that could be taken. Check that it plays in "
                    "the browser."};
    return unknown(errors);
}

bool saysCookiesWereRotated(std::string_view errors) {
    return heard(errors).anywhere(noLongerValid);
}

std::string scrubbed(std::string_view errors, const vault::Secret& cookies) {
    constexpr std::array aboutTheFile{"cookie file"sv, "cookies file"sv, "netscape"sv, "\t"sv, "\\t"sv};
    const auto values = valuesIn(cookies);
    std::string clean;
    eachLine(errors, [&](std::string_view line) {
        const auto plain = folded(line);
        const bool isAboutTheFile = std::ranges::any_of(
            aboutTheFile, [&](std::string_view what) { return plain.find(what) != plain.npos; });
        if (isAboutTheFile) return;
        auto kept = withoutQueries(line);
        for (auto value : values) kept = without(std::move(kept), value);
        clean += kept + '\n';
    });
    return clean;
}

}  // namespace auricle::sites
