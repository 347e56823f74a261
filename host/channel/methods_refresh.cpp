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

Outcome trigger(Desk& desk, const JsonView& given) {
    std::optional<Error> fault;
    Params params(given, fault);
    const auto site = params.text("site", {.maxBytes = 64});
    auto origin = params.optionalText("origin");
    const auto reason = params.word("reason", {"missing_cookies", "session_expired", "bot_detection",
                                               "forbidden", "stale", "manual_trigger"});
    if (fault) return Answer(std::unexpected(std::move(*fault)));
    const auto id = desk.parts.manager.refreshTrigger(site, std::move(origin), *vault::reasonOf(reason));
    if (!id) return Answer(std::unexpected(id.error()));
    return Answer(nlohmann::json{{"success", true},
                                 {"message", "Cookie refresh job triggered successfully"},
                                 {"reason", reason},
                                 {"id", *id}});
}

Outcome status(Desk& desk, const JsonView& given) {
    std::optional<Error> fault;
    const Params params(given, fault);
    if (fault) return Answer(std::unexpected(std::move(*fault)));
    const auto counts = desk.parts.manager.refreshStatus();
    nlohmann::json status{{"waiting", counts.waiting}, {"active", counts.active},
                          {"delayed", counts.delayed}, {"completed", counts.completed},
                          {"failed", counts.failed},   {"total", counts.total()}};
    return Answer(
        nlohmann::json{{"success", true}, {"queue", "cookie-refresh"}, {"status", std::move(status)}});
}

constexpr std::array methods{Method{"refresh.trigger", trigger}, Method{"refresh.status", status},
                             Method{"refresh.done", done}, Method{"refresh.failed", failed}};

}  // namespace

std::span<const Method> refreshMethods() {
    return methods;
}

}  // namespace auricle::channel
