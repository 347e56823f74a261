#include "vault/web_token.h"

#include <string_view>

#include "vault/secret_base64.h"
#include "vault/secret_json.h"

namespace auricle::vault {
namespace {

constexpr double latestSeconds = 253'402'300'799;  // the last second of the year 9999

std::optional<std::int64_t> expiryIn(const Secret& claims) {
    SecretJson json(claims);
    if (!json.beginObject()) return std::nullopt;
    std::optional<std::int64_t> expiryMs;
    for (;;) {
        const auto more = json.nextMember();
        if (!more) return std::nullopt;
        if (!*more) return json.end() ? expiryMs : std::nullopt;
        const auto type = json.peek();
        const bool isExpiry = json.key() == "exp" && type && *type == SecretJson::Type::number;
        if (!isExpiry) {
            if (!json.skip()) return std::nullopt;
            continue;
        }
        const auto seconds = json.number();
        if (!seconds) return std::nullopt;
        if (*seconds > 0 && *seconds <= latestSeconds) expiryMs = static_cast<std::int64_t>(*seconds * 1000);
    }
}

}  // namespace

std::optional<std::int64_t> expiryOfWebToken(const Secret& token) {
    auto text = token.reveal();
    const auto first = text.find('.');
    if (first == text.npos) return std::nullopt;
    const auto second = text.find('.', first + 1);
    if (second == text.npos || text.find('.', second + 1) != text.npos) return std::nullopt;
    const auto claims = fromBase64(text.substr(first + 1, second - first - 1));
    return claims ? expiryIn(*claims) : std::nullopt;
}

}  // namespace auricle::vault
