#include "delivery/file_name.h"

#include <algorithm>
#include <array>

#include "delivery/clean_text.h"

namespace auricle::delivery {
namespace {

constexpr std::size_t longestId = 64;
constexpr std::size_t longestExtension = 8;

bool isLetterOrDigit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// Letters and digits and what `also` lists, nothing else, cut to `bytes`.
std::string plain(std::string_view text, std::string_view also, std::size_t bytes) {
    std::string kept;
    for (const char c : text)
        if (kept.size() < bytes && (isLetterOrDigit(c) || also.find(c) != std::string_view::npos)) kept += c;
    return kept;
}

void trim(std::string& text) {
    // Windows drops dots and spaces at the end; a dash in front looks like an option to programs.
    const auto first = text.find_first_not_of(". -");
    text.erase(0, std::min(first, text.size()));
    const auto last = text.find_last_not_of(". ");
    text.resize(last == std::string::npos ? 0 : last + 1);
}

std::string upper(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    return out;
}

/// A device on Windows, whatever follows the first dot.
bool isDevice(std::string_view name) {
    std::string stem = upper(name.substr(0, name.find('.')));
    while (stem.ends_with(' ')) stem.pop_back();
    constexpr std::array<std::string_view, 6> devices{"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"};
    if (std::ranges::find(devices, stem) != devices.end()) return true;
    if (!stem.starts_with("COM") && !stem.starts_with("LPT")) return false;
    const std::string_view number = std::string_view(stem).substr(3);
    return (number.size() == 1 && number[0] >= '0' && number[0] <= '9') || number == "\u00b9" ||
           number == "\u00b2" || number == "\u00b3";
}

std::string cleanTitle(std::string_view title, std::size_t bytes) {
    std::string clean = cleanLine(title);
    std::ranges::replace_if(
        clean, [](char c) { return std::string_view("/\\:*?\"<>|").find(c) != std::string_view::npos; }, '-');
    trim(clean);
    clean = cutTo(clean, bytes);
    trim(clean);
    return clean.empty() ? "Recording" : clean;
}

std::unexpected<Error> refused(std::string why) {
    return std::unexpected(Error{.kind = Kind::bad_params,
                                 .message = "This subfolder cannot be used: " + std::move(why) + ".",
                                 .path = "/deliver/subfolder"});
}

}  // namespace

std::string fileName(std::string_view title, std::string_view id, std::string_view extension, unsigned copy) {
    const std::string safeId = plain(id, "-_", longestId);
    std::string ending = plain(extension, "", longestExtension);
    ending = "." + (ending.empty() ? "audio" : ending);
    if (copy > 1) ending = " (" + std::to_string(copy) + ")" + ending;
    if (!safeId.empty()) ending = " [" + safeId + "]" + ending;
    // One byte is left for the underscore that keeps a device's name from being one.
    const std::string name = cleanTitle(title, longestFileName - ending.size() - 1) + ending;
    return isDevice(name) ? "_" + name : name;
}

Result<void> judgeSubfolder(std::string_view subfolder) {
    if (subfolder.empty()) return {};
    if (subfolder.size() > 1024) return refused("it is longer than 1024 bytes");
    if (cleanLine(subfolder) != subfolder)
        return refused("it holds control characters, invisible ones or needless spaces");
    if (subfolder.find('\\') != std::string_view::npos) return refused("it holds a backslash");
    for (std::string_view rest = subfolder;;) {
        const auto end = rest.find('/');
        const auto part = rest.substr(0, end);
        if (part.empty()) return refused("it begins or ends with '/', or has two of them together");
        if (part.front() == '.') return refused("a component begins with a dot");
        if (part.size() > longestFileName) return refused("a component is longer than 200 bytes");
        if (isDevice(part)) return refused("a component is a name that Windows reserves");
        if (end == std::string_view::npos) return {};
        rest.remove_prefix(end + 1);
    }
}

}  // namespace auricle::delivery
