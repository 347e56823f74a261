#include "system/config_values.h"

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <charconv>
#include <numeric>

namespace auricle {
namespace {

struct Authority {
    std::string host;  ///< lower case, with brackets where it is an IPv6 address
    std::optional<std::uint16_t> port;
};

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool isHostCharacter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

bool isHostName(std::string_view host) {
    return !host.empty() && host.size() <= 253 && host.front() != '.' && host.back() != '.' &&
           host.find("..") == host.npos && std::ranges::all_of(host, isHostCharacter);
}

bool isBracketedAddress(std::string_view host) {
    if (host.size() < 4 || host.front() != '[' || host.back() != ']') return false;
    boost::system::error_code error;
    boost::asio::ip::make_address_v6(std::string(host.substr(1, host.size() - 2)), error);
    return !error;
}

std::optional<std::string> readHost(std::string_view text) {
    std::string host(text);
    std::ranges::transform(host, host.begin(), lower);
    if (!isHostName(host) && !isBracketedAddress(host)) return std::nullopt;
    return host;
}

std::optional<std::uint16_t> readPort(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
    return port;
}

std::optional<Authority> readAuthority(std::string_view text) {
    const auto colon = text.rfind(':');
    const bool hasPort = colon != text.npos && text.find(']', colon) == text.npos;
    auto host = readHost(hasPort ? text.substr(0, colon) : text);
    if (!host) return std::nullopt;
    if (!hasPort) return Authority{std::move(*host), std::nullopt};
    const auto port = readPort(text.substr(colon + 1));
    if (!port) return std::nullopt;
    return Authority{std::move(*host), port};
}

bool isLoopback(std::string_view host) {
    if (host == "localhost" || host == "[::1]") return true;
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address_v4(std::string(host), error);
    return !error && address.is_loopback();
}

/// Cuts `text` behind its first part of HOST:PORT:HOST:PORT; a colon within brackets does not end a part.
std::string_view cutPart(std::string_view& text) {
    const auto from = text.starts_with('[') ? text.find(']') : 0;
    const auto colon = from == text.npos ? text.npos : text.find(':', from);
    const auto part = text.substr(0, colon);
    text.remove_prefix(colon == text.npos ? text.size() : colon + 1);
    return part;
}

std::size_t editDistance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = diagonal + (lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1);
            diagonal = std::exchange(row[j], std::min({replaced, row[j] + 1, row[j - 1] + 1}));
        }
    }
    return row.back();
}

}  // namespace

Checked<std::string> checkOrigin(std::string_view text) {
    constexpr std::string_view right =
        "an origin such as \"https://study.example.edu\" (https, or http to a loopback address; no path)";
    std::string_view rest = text;
    const bool isHttps = rest.starts_with("https://");
    if (!isHttps && !rest.starts_with("http://")) return expected(std::string(right));
    rest.remove_prefix(isHttps ? 8 : 7);
    if (rest.ends_with('/')) rest.remove_suffix(1);
    const auto authority = readAuthority(rest);
    if (!authority || (!isHttps && !isLoopback(authority->host))) return expected(std::string(right));
    std::string origin = (isHttps ? "https://" : "http://") + authority->host;
    if (authority->port && *authority->port != (isHttps ? 443 : 80))
        origin += ':' + std::to_string(*authority->port);
    return origin;
}

Checked<std::string> checkHost(std::string_view text) {
    auto host = readHost(text);
    if (!host || host->front() == '[')
        return expected("a host name such as \"lectures.example.edu\" (no scheme, no port)");
    return std::move(*host);
}

Checked<std::string> checkConnectTo(std::string_view text) {
    constexpr std::string_view right =
        "HOST:PORT:HOST:PORT, such as \"uni.hosted.panopto.com:443:127.0.0.1:8443\"";
    std::string_view rest = text;
    if (std::ranges::count(text, ':') < 3) return expected(std::string(right));
    for (int part = 0; part < 4; ++part) {
        const auto field = cutPart(rest);
        const bool isPort = part % 2 == 1;
        if (!field.empty() && !(isPort ? readPort(field).has_value() : readHost(field).has_value()))
            return expected(std::string(right));
    }
    if (!rest.empty()) return expected(std::string(right));
    return std::string(text);
}

Checked<std::string> checkProxy(std::string_view text) {
    if (text.empty()) return std::string{};
    for (const std::string_view scheme : {"http://", "https://", "socks5://", "socks5h://"}) {
        if (!text.starts_with(scheme)) continue;
        auto rest = text.substr(scheme.size());
        if (rest.ends_with('/')) rest.remove_suffix(1);
        const auto authority = readAuthority(rest);
        if (!authority || !authority->port) break;
        return std::string(scheme) + authority->host + ':' + std::to_string(*authority->port);
    }
    return expected(
        "empty or a proxy such as \"http://proxy.example.edu:3128\" (http, https, socks5 or socks5h, with a "
        "port, without a password)");
}

Checked<std::string> checkLanguage(std::string_view text) {
    constexpr std::size_t longest = 35;
    bool isTag =
        text.size() <= longest && !text.starts_with('-') && !text.ends_with('-') &&
        text.find("--") == text.npos && std::ranges::all_of(text, [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
        });
    if (!isTag) return expected("a language such as \"de\" or \"en-GB\", or empty");
    return std::string(text);
}

Checked<std::string> checkCookieName(std::string_view text) {
    constexpr std::size_t longest = 128;
    constexpr std::string_view separators = "()<>@,;:\\\"/[]?={}";
    bool isToken = !text.empty() && text.size() <= longest && std::ranges::all_of(text, [&](char c) {
        return c > ' ' && c < 0x7F && separators.find(c) == separators.npos;
    });
    if (!isToken) return expected("the name of a cookie, such as \"session\"");
    return std::string(text);
}

Checked<std::filesystem::path> resolvePath(const std::string& text, const std::filesystem::path& folder,
                                           const std::filesystem::path& home) {
    if (text.empty()) return std::filesystem::path{};
    if (text.find('\0') != text.npos) return expected("a path without a zero character");
    std::filesystem::path path = text;
    if (text == "~" || text.starts_with("~/")) {
        path = text.size() <= 2 ? home : home / text.substr(2);
    } else if (text.front() == '~') {
        return expected(
            "a path that is absolute, relative, or begins with \"~/\" (another person's \"~name\" is not "
            "looked up)");
    } else if (path.is_relative()) {
        path = folder / path;
    }
    return path.lexically_normal();
}

std::string nearestName(std::string_view given, std::span<const std::string> names) {
    std::string nearest;
    std::size_t least = given.size() / 2 + 1;
    const auto tail = [](std::string_view name) { return name.substr(name.rfind('.') + 1); };
    for (const std::string& name : names) {
        // A key written without its section, or in the wrong one, is as near as one typing error.
        const auto distance = std::min(editDistance(given, name), editDistance(tail(given), tail(name)) + 1);
        if (distance >= least) continue;
        least = distance;
        nearest = name;
    }
    return nearest;
}

}  // namespace auricle
