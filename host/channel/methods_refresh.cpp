#include <array>

#include "channel/methods.h"
#include "channel/params.h"

namespace auricle::channel {
namespace {

constexpr TextRule idRule{.maxBytes = 128};

Answer answerOf(const Result<void>& taken) {
    if (!taken) return std::unexpected(taken.error());
    return nlohmann::json::object();
}

Outcome done(Desk& desk, const JsonView& given) {
    std::optional<Error> fault;
    const auto id = Params(given, fault).text("id", idRule);
    if (fault) return Answer(std::unexpected(std::move(*fault)));
    return answerOf(desk.parts.manager.refreshDone(id));
}

Outcome failed(Desk& desk, const JsonView& given) {
    std::optional<Error> fault;
    Params params(given, fault);
    const auto id = params.text("id", idRule);
    const auto why = params.text("why", {.mayBeEmpty = true});
    if (fault) return Answer(std::unexpected(std::move(*fault)));
    return answerOf(desk.parts.manager.refreshFailed(id, why));
}

constexpr std::array methods{Method{"refresh.done", done}, Method{"refresh.failed", failed}};

}  // namespace

std::span<const Method> refreshMethods() {
    return methods;
}

}  // namespace auricle::channel
