// MUBI's session as its cookies hold it. The token in it is the bearer that MUBI's own page sends.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "vault/secret.h"

namespace auricle::vault {

struct MubiSession {
    /// Which cookie the token was found in.
    enum class Form : std::uint8_t {
        lt,       ///< `lt`, the token in plain text: what the site uses
        session,  ///< `_mubi_session`, base64 of JSON with `token`, `user_id` and `id`
        token     ///< no cookie: a person handed it in
    };
    Form form = Form::lt;
    Secret token;      ///< visible ASCII
    Secret userId;     ///< as JSON text, a number or a string; empty where the cookie does not say it
    Secret sessionId;  ///< likewise
    std::optional<std::int64_t> expiresAtMs{};  ///< Unix time, ms, where the token says it itself
};

/// In words for a person: "the cookie lt".
std::string_view describe(MubiSession::Form form);

/// The session in a Cookie header (`a=1; b=2`): of `lt` if it is there, else of a `_mubi_session` that has a
/// token in it (the site gives one of another form, without any, to everybody). Nothing where nobody is
/// signed in.
std::optional<MubiSession> mubiSessionOf(const Secret& cookieHeader);

/// The value of one cookie of such a header; empty where there is none.
std::string_view cookieIn(const Secret& cookieHeader, std::string_view name);

/// The value of the header `dt-custom-data`: base64 of JSON with `userId`, `sessionId` and `merchant`.
/// `account` is the site's number of the person, which stands in where the session does not say it; empty
/// where neither knows it.
Secret mubiCustomData(const MubiSession& session, std::string_view account);

}  // namespace auricle::vault
