#include <array>

#include "channel/methods.h"
#include "channel/params.h"
#include "system/rfc3339.h"

namespace auricle::channel {
namespace {

nlohmann::json toJson(const capture::LoginState& state) {
    nlohmann::json result{{"loggedIn", state.isLoggedIn}, {"checkedAt", rfc3339(state.checkedAtMs)}};
    if (!state.login.account.empty()) result["account"] = state.login.account;
    if (state.login.expiresAtMs) result["expiresAt"] = rfc3339(*state.login.expiresAtMs);
    return result;
}

Later tell(boost::asio::awaitable<Result<capture::LoginState>> checking) {
    const auto state = co_await std::move(checking);
    if (!state) co_return std::unexpected(state.error());
    co_return toJson(*state);
}

Outcome check(Desk& desk, const JsonView& given) {
    std::optional<Error> fault;
    Params params(given, fault);
    capture::LoginCheckRequest request;
    request.site = params.text("site", {.maxBytes = 32});
    request.origin = params.text("origin", {.maxBytes = 1024});
    request.store = params.optionalText("store", {.maxBytes = 256, .mayBeEmpty = true}).value_or("");
    if (fault) return Answer(std::unexpected(std::move(*fault)));
    return tell(desk.parts.manager.checkLogin(std::move(request)));
}

constexpr std::array methods{Method{"login.check", check}};

}  // namespace

std::span<const Method> loginMethods() {
    return methods;
}

}  // namespace auricle::channel
