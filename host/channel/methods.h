// The closed table of methods: all that a client can ask for, a file for each noun.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "channel/json_text.h"
#include "channel/server.h"
#include "system/error.h"

namespace auricle::channel {

inline constexpr int protocolNumber = 1;

/// What methods work on.
struct Desk {
    Parts& parts;
    std::optional<Tools> tools;  ///< once they were looked for
};

using Answer = Result<nlohmann::json>;
using Later = boost::asio::awaitable<Answer>;
/// Nearly all answer at once and so in the order of their requests; Later is for what waits for a transfer to
/// stop.
using Outcome = std::variant<Answer, Later>;

struct Method {
    std::string_view name;
    /// `params` views the frame and is gone when this returns.
    Outcome (*carryOut)(Desk& desk, const JsonView& params);
};

std::span<const Method> helloMethods();
std::span<const Method> sessionMethods();
std::span<const Method> vaultMethods();
std::span<const Method> captureMethods();
std::span<const Method> recordingMethods();
std::span<const Method> siteMethods();
std::span<const Method> loginMethods();
std::span<const Method> refreshMethods();
std::span<const Method> statsMethods();

/// Nothing for a name that is not in the table.
const Method* findMethod(std::string_view name);

nlohmann::json toJson(const Tools& tools);
/// As vault.audit and `auricle audit` tell it.
nlohmann::json toJson(const vault::AuditRecord& record);
/// RFC 3339, or null for what has no such time.
nlohmann::json timeOrNull(std::optional<std::int64_t> unixMs);

}  // namespace auricle::channel
