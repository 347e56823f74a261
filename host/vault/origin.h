// Origins and hosts as the vault compares them: canonical text, equal or not.
#pragma once

#include <string>
#include <string_view>

namespace auricle::vault {

/// True for "https://host" or "https://host:port" in canonical form (RFC 6454 section 6.2: lower case,
/// punycode, no default port, no trailing dot, no path), and for http likewise where the host is a loopback
/// one (localhost, 127.0.0.0/8, ::1).
bool isCanonicalOrigin(std::string_view origin);
/// The host of a canonical origin, without brackets where it is an IPv6 address.
std::string_view hostOf(std::string_view canonicalOrigin);
/// True for an IPv4 or (unbracketed) IPv6 address.
bool isIpAddress(std::string_view host);
/// A cookie's domain in canonical form: lower case, no leading dot, no brackets; empty if it is no host at
/// all (a trailing dot, an empty label, anything but letters, digits, '-' and '_': international names come
/// as punycode).
std::string canonicalHost(std::string_view domain);

}  // namespace auricle::vault
