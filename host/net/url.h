// A URL that the host may ask for: parsed, canonical, and already judged by the rules that hold for every
// request.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "system/error.h"

namespace auricle::net {

/// https (or http to a loopback address), canonical lower-case host (IDNs in their xn-- form, as browsers
/// give them), no user info, no trailing dot, no fragment. Two equal URLs have equal text(). RFC 3986; SAFETY
/// "Secrets".
class Url {
  public:
    /// Fails with bad_params; the message says what is wrong and never repeats a query.
    static Result<Url> parse(std::string_view text);
    /// A reference as a Location header or a playlist has it, against this URL (RFC 3986 section 5). The same
    /// rules hold.
    Result<Url> resolve(std::string_view reference) const;

    const std::string& scheme() const { return scheme_; }
    const std::string& host() const { return host_; }  ///< without brackets where it is an IPv6 address
    std::uint16_t port() const { return port_; }
    const std::string& path() const { return path_; }    ///< begins with '/', percent-encoded as given
    const std::string& query() const { return query_; }  ///< without '?', percent-encoded as given
    bool isHttps() const { return scheme_ == "https"; }
    /// True for localhost, 127.0.0.0/8 and ::1.
    bool isLoopback() const;
    /// `https://host`, with the port where it is not the scheme's own (RFC 6454).
    std::string origin() const;
    std::string text() const;
    /// Without the query: what may stand in a log or a message, since a query can hold a session.
    std::string safeText() const;
    /// The first value of a query parameter (names compared without case, percent-decoded), or nothing.
    std::optional<std::string> parameter(std::string_view name) const;

    bool operator==(const Url&) const = default;

  private:
    std::string scheme_, host_, path_, query_;
    std::uint16_t port_ = 0;
};

/// `application/x-www-form-urlencoded` for one value.
std::string percentEncode(std::string_view text);

}  // namespace auricle::net
