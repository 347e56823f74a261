// The checks that single values of the configuration pass. Each gives the value as the host uses it, or what
// would be right.
#pragma once

#include <expected>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace auricle {

/// What would have been right, as the end of the sentence "… must be", and where inside the value the fault
/// is.
struct Mismatch {
    std::string right;
    std::string at{};  ///< rest of a JSON pointer: "" or "/2"
};

template <class T>
using Checked = std::expected<T, Mismatch>;

inline std::unexpected<Mismatch> expected(std::string right, std::string at = {}) {
    return std::unexpected(Mismatch{std::move(right), std::move(at)});
}

/// An origin as net::Url::origin() writes it (RFC 6454): https, or http to a loopback address; no path, no
/// user info.
Checked<std::string> checkOrigin(std::string_view text);
/// A host name without scheme and port, in lower case.
Checked<std::string> checkHost(std::string_view text);
/// HOST:PORT:HOST:PORT, as curl's --connect-to; IPv6 addresses in brackets, each part may be empty as curl
/// has it.
Checked<std::string> checkConnectTo(std::string_view text);
/// Empty, or SCHEME://HOST:PORT with http, https, socks5 or socks5h. No user info: a password has no place in
/// this file.
Checked<std::string> checkProxy(std::string_view text);
/// Empty, or a language as BCP 47 writes it: `de`, `en-GB`.
Checked<std::string> checkLanguage(std::string_view text);
/// The name of a cookie (RFC 6265 section 4.1.1: a token of RFC 9110 section 5.6.2).
Checked<std::string> checkCookieName(std::string_view text);
/// `text` as an absolute path: "~" and "~/…" below `home`, a relative one below `folder`. Empty stays empty.
Checked<std::filesystem::path> resolvePath(const std::string& text, const std::filesystem::path& folder,
                                           const std::filesystem::path& home);

/// The name of the list that a person may have meant, or empty where none is near.
std::string nearestName(std::string_view given, std::span<const std::string> names);

}  // namespace auricle
