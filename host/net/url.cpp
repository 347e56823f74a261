#include "net/url.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "net/libcurl.h"

namespace auricle::net {
namespace {

constexpr std::size_t maxUrlBytes = 16 * 1024;

struct HandleDeleter {
    void operator()(CURLU* handle) const { libcurl().url_cleanup(handle); }
};
using Handle = std::unique_ptr<CURLU, HandleDeleter>;

std::optional<std::string> part(CURLU* handle, CURLUPart which, unsigned flags = 0) {
    char* text = nullptr;
    if (libcurl().url_get(handle, which, &text, flags) != CURLUE_OK) return std::nullopt;
    std::string copy(text);
    libcurl().free(text);
    return copy;
}

std::unexpected<Error> refused(std::string why) {
    return fail(Kind::bad_params, "This address cannot be used: " + std::move(why) + ".");
}

void lower(std::string& text) {
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : char(c); });
}

bool isHostCharacter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

bool isLoopbackHost(std::string_view host) {
    if (host == "localhost" || host == "::1") return true;
    if (!host.starts_with("127.")) return false;
    return std::ranges::all_of(host, [](char c) { return (c >= '0' && c <= '9') || c == '.'; }) &&
           std::ranges::count(host, '.') == 3;
}

bool hasControlOrSpace(std::string_view text) {
    return std::ranges::any_of(text, [](unsigned char c) { return c <= 0x20 || c == 0x7f; });
}

/// Takes a parsed handle apart and applies the rules. `parts` receives scheme, host, port, path, query in
/// this order.
struct Parts {
    std::string scheme, host, path, query;
    std::uint16_t port;
};

Result<Parts> judge(CURLU* handle) {
    Parts parts;
    parts.scheme = part(handle, CURLUPART_SCHEME).value_or("");
    lower(parts.scheme);
    if (parts.scheme != "https" && parts.scheme != "http") return refused("it is neither https nor http");
    if (part(handle, CURLUPART_USER) || part(handle, CURLUPART_PASSWORD))
        return refused("it holds a user name or a password");
    auto host = part(handle, CURLUPART_HOST);
    if (!host || host->empty()) return refused("it names no host");
    lower(*host);
    if (host->front() == '[') {
        *host = host->substr(1, host->size() - 2);
        if (part(handle, CURLUPART_ZONEID)) return refused("its IPv6 address names a zone");
    } else if (!std::ranges::all_of(*host, isHostCharacter)) {
        return refused(
            "its host has characters that no host name has in ASCII (international names are written xn--…)");
    }
    if (host->ends_with('.')) return refused("its host ends with a dot");
    parts.host = std::move(*host);
    if (parts.scheme == "http" && !isLoopbackHost(parts.host)) {
        return refused("it is plain http, which is used to this machine itself alone; use https");
    }
    auto port = part(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    parts.port = static_cast<std::uint16_t>(port ? std::stoul(*port) : 443);
    if (parts.port == 0) return refused("its port is 0");
    parts.path = part(handle, CURLUPART_PATH).value_or("/");
    parts.query = part(handle, CURLUPART_QUERY).value_or("");
    if (hasControlOrSpace(parts.path) || hasControlOrSpace(parts.query))
        return refused("it holds a space or a control character");
    return parts;
}

int hexValue(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::string percentDecode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+') {
            out += ' ';
        } else if (text[i] == '%' && i + 2 < text.size() && hexValue(text[i + 1]) >= 0 &&
                   hexValue(text[i + 2]) >= 0) {
            out += static_cast<char>(hexValue(text[i + 1]) * 16 + hexValue(text[i + 2]));
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

bool equalsIgnoringCase(std::string_view a, std::string_view b) {
    return std::ranges::equal(
        a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
    if (text.size() > maxUrlBytes) return refused("it is longer than 16 KiB");
    if (text.find('\0') != std::string_view::npos) return refused("it holds a NUL character");
    Handle handle(libcurl().url());
    if (!handle) throw std::bad_alloc();
    if (libcurl().url_set(handle.get(), CURLUPART_URL, std::string(text).c_str(), CURLU_NON_SUPPORT_SCHEME) !=
        CURLUE_OK) {
        return refused("it is not a URL");
    }
    auto parts = judge(handle.get());
    if (!parts) return std::unexpected(parts.error());
    Url url;
    url.scheme_ = std::move(parts->scheme);
    url.host_ = std::move(parts->host);
    url.port_ = parts->port;
    url.path_ = std::move(parts->path);
    url.query_ = std::move(parts->query);
    return url;
}

Result<Url> Url::resolve(std::string_view reference) const {
    if (reference.size() > maxUrlBytes) return refused("it is longer than 16 KiB");
    if (reference.find('\0') != std::string_view::npos) return refused("it holds a NUL character");
    Handle handle(libcurl().url());
    if (!handle) throw std::bad_alloc();
    if (libcurl().url_set(handle.get(), CURLUPART_URL, text().c_str(), 0) != CURLUE_OK ||
        libcurl().url_set(handle.get(), CURLUPART_URL, std::string(reference).c_str(),
                          CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
        return refused("it is not a URL");
    }
    auto whole = part(handle.get(), CURLUPART_URL);
    if (!whole) return refused("it is not a URL");
    return parse(*whole);
}

bool Url::isLoopback() const {
    return isLoopbackHost(host_);
}

std::string Url::origin() const {
    std::string text = scheme_ + "://" + (host_.find(':') == std::string::npos ? host_ : "[" + host_ + "]");
    if (port_ != (isHttps() ? 443 : 80)) text += ":" + std::to_string(port_);
    return text;
}

std::string Url::text() const {
    return query_.empty() ? safeText() : safeText() + "?" + query_;
}

std::string Url::safeText() const {
    return origin() + path_;
}

std::optional<std::string> Url::parameter(std::string_view name) const {
    std::string_view rest = query_;
    while (!rest.empty()) {
        auto end = std::min(rest.find('&'), rest.size());
        auto pair = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        auto equals = std::min(pair.find('='), pair.size());
        if (equalsIgnoringCase(percentDecode(pair.substr(0, equals)), name)) {
            return percentDecode(pair.substr(std::min(equals + 1, pair.size())));
        }
    }
    return std::nullopt;
}

std::string percentEncode(std::string_view text) {
    constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    for (unsigned char c : text) {
        bool isPlain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
        if (isPlain) {
            out += static_cast<char>(c);
        } else {
            out += '%';
            out += digits[c >> 4];
            out += digits[c & 15];
        }
    }
    return out;
}

}  // namespace auricle::net
