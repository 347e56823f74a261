#include "vault/origin.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <charconv>

namespace auricle::vault {
namespace {

namespace ip = boost::asio::ip;

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

bool isLabel(std::string_view label) {
    return !label.empty() && label.size() <= 63 && std::ranges::all_of(label, [](char c) {
        return (c >= 'a' && c <= 'z') || isDigit(c) || c == '-' || c == '_';
    });
}

bool isCanonicalIpv6(std::string_view host) {
    boost::system::error_code error;
    const ip::address_v6 address = ip::make_address_v6(std::string(host), error);
    return !error && address.scope_id() == 0 && address.to_string() == host;
}

bool isIpv4(std::string_view host) {
    boost::system::error_code error;
    ip::make_address_v4(std::string(host), error);
    return !error;
}

bool isName(std::string_view host) {
    if (host.empty() || host.size() > 253) return false;
    std::string_view rest = host, label;
    for (bool isLast = false; !isLast;) {
        const std::size_t dot = rest.find('.');
        isLast = dot == std::string_view::npos;
        label = rest.substr(0, dot);
        if (!isLabel(label)) return false;
        if (!isLast) rest.remove_prefix(dot + 1);
    }
    // A last label of digits makes it an IPv4 address, or nothing (URL Standard, "ends in a number").
    return !std::ranges::all_of(label, isDigit) || isIpv4(host);
}

bool isLoopback(std::string_view host) {
    return host == "localhost" || host == "::1" || (host.starts_with("127.") && isIpv4(host));
}

bool isPort(std::string_view text, unsigned standard) {
    unsigned port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc{} && end == text.data() + text.size() && text.front() != '0' && port <= 65535 &&
           port != standard;
}

struct Split {
    std::string_view host, port;
    bool hasPort;
};

Split splitAuthority(std::string_view authority) {
    if (authority.starts_with('[')) {
        const std::size_t close = authority.find(']');
        if (close == std::string_view::npos) return {};
        const std::string_view rest = authority.substr(close + 1);
        if (!rest.empty() && !rest.starts_with(':')) return {};
        return {authority.substr(1, close - 1), rest.empty() ? rest : rest.substr(1), !rest.empty()};
    }
    const std::size_t colon = authority.find(':');
    if (colon == std::string_view::npos) return {authority, {}, false};
    return {authority.substr(0, colon), authority.substr(colon + 1), true};
}

std::string_view authorityOf(std::string_view origin) {
    const std::size_t slashes = origin.find("://");
    return slashes == std::string_view::npos ? std::string_view{} : origin.substr(slashes + 3);
}

}  // namespace

bool isCanonicalOrigin(std::string_view origin) {
    const bool isHttps = origin.starts_with("https://");
    if (!isHttps && !origin.starts_with("http://")) return false;
    const std::string_view authority = authorityOf(origin);
    const auto [host, port, hasPort] = splitAuthority(authority);
    const bool isHost = authority.starts_with('[') ? isCanonicalIpv6(host) : isName(host);
    if (!isHost || (hasPort && (port.empty() || !isPort(port, isHttps ? 443 : 80)))) return false;
    return isHttps || isLoopback(host);
}

std::string_view hostOf(std::string_view canonicalOrigin) {
    return splitAuthority(authorityOf(canonicalOrigin)).host;
}

bool isIpAddress(std::string_view host) {
    return isIpv4(host) || isCanonicalIpv6(host);
}

std::string canonicalHost(std::string_view domain) {
    if (domain.starts_with('.')) domain.remove_prefix(1);
    if (domain.size() > 2 && domain.front() == '[' && domain.back() == ']')
        domain = domain.substr(1, domain.size() - 2);
    std::string host(domain);
    std::ranges::transform(host, host.begin(), lower);
    return isName(host) || isCanonicalIpv6(host) ? host : std::string();
}

}  // namespace auricle::vault
