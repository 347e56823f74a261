#include "system/error.h"

#include <array>

namespace auricle {
namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(Kind::internal) + 1> words{
    "not_ready",
    "bad_params",
    "unknown_capture",
    "unknown_session",
    "session_expired",
    "bad_seal",
    "cookies_missing",
    "login_required",
    "bot_detected",
    "rate_limited",
    "forbidden",
    "not_found",
    "not_media",
    "drm_protected",
    "unsupported_site",
    "download_disabled",
    "not_ready_yet",
    "backend_not_allowed",
    "backend_unauthorized",
    "upload_rejected",
    "network",
    "timeout",
    "tls",
    "disk_full",
    "tool_missing",
    "too_large",
    "cancelled",
    "internal",
};

}  // namespace

std::string_view word(Kind kind) {
    return words[static_cast<std::size_t>(kind)];
}

std::optional<Kind> kindOf(std::string_view text) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == text) return static_cast<Kind>(i);
    }
    return std::nullopt;
}

}  // namespace auricle
