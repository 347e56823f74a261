// What may fail in the ordinary course: one closed set of kinds for every room, the words of the protocol.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace auricle {

/// The kinds of PROTOCOL section 2. Clients branch on these words, never on a message.
enum class Kind : std::uint8_t {
    not_ready,
    bad_params,
    unknown_capture,
    unknown_session,
    session_expired,
    bad_seal,
    cookies_missing,
    login_required,
    bot_detected,
    rate_limited,
    forbidden,
    not_found,
    not_media,
    drm_protected,
    unsupported_site,
    download_disabled,
    not_ready_yet,
    backend_not_allowed,
    backend_unauthorized,
    upload_rejected,
    network,
    timeout,
    tls,
    disk_full,
    tool_missing,
    too_large,
    cancelled,
    internal,
};

/// The word that stands in `data.kind`.
std::string_view word(Kind kind);
/// The kind of a word, or nothing if it is none (a journal of another version).
std::optional<Kind> kindOf(std::string_view word);

/// A failure that a person may be shown. `message` is a sentence in English that says what to do next and
/// holds no secret.
struct Error {
    Kind kind = Kind::internal;
    std::string message;
    bool retryable = false;
    std::string path{};                          ///< bad_params: JSON pointer to the field
    std::optional<std::int64_t> retryAfterMs{};  ///< rate_limited, or a server that asked to wait
    std::optional<std::uint64_t> sizeBytes{};    ///< too_large: what was offered
    std::optional<std::uint64_t> limitBytes{};   ///< too_large: what would have been accepted
};

template <class T>
using Result = std::expected<T, Error>;

/// For `return fail(Kind::network, "…", true);` in a function that returns a Result.
inline std::unexpected<Error> fail(Kind kind, std::string message, bool retryable = false) {
    return std::unexpected(Error{.kind = kind, .message = std::move(message), .retryable = retryable});
}

/// True for a failure that may pass by itself, so that asking again is worth it.
inline bool mayPass(const Error& error) {
    return error.retryable;
}

}  // namespace auricle
