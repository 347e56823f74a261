#include <algorithm>
#include <array>

#include "channel/frame.h"
#include "channel/methods.h"
#include "channel/params.h"

namespace auricle::channel {
namespace {

constexpr TextRule idRule{.maxBytes = 128};
constexpr TextRule urlRule{.maxBytes = 8192};
constexpr std::int64_t defaultPage = 50, longestPage = 500;
/// Room for the reply around a list.
constexpr std::size_t listBytes = maxReplyBytes - 1024;

nlohmann::json shown(const capture::Capture& capture) {
    return {{"capture", capture::toJson(capture)}};
}

Answer answerOf(const Result<capture::Capture>& capture) {
    if (!capture) return std::unexpected(capture.error());
    return shown(*capture);
}

/// A name relative to the configured folder that cannot lead out of it. The delivery opens it beneath that
/// folder all the same.
bool isRelativeName(std::string_view name) {
    if (name.find('\\') != std::string_view::npos || name.find(':') != std::string_view::npos) return false;
    for (;;) {
        const std::size_t slash = name.find('/');
        const auto part = name.substr(0, slash);
        if (part.empty() || part == "." || part == "..") return false;
        if (slash == std::string_view::npos) return true;
        name.remove_prefix(slash + 1);
    }
}

delivery::Target readTarget(Params params) {
    delivery::Target target;
    if (params.word("to", {"backend", "folder"}) == "backend") {
        target.to = delivery::Target::To::backend;
        target.origin = params.text("origin");
        target.courseId = params.optionalText("courseId", {.mayBeEmpty = true}).value_or("");
        target.api = params.optionalWord("api", {"auto", "tus", "presigned", "multipart"}).value_or("auto");
    } else if (auto subfolder = params.optionalText("subfolder", {.mayBeEmpty = true});
               subfolder && !subfolder->empty()) {
        if (!isRelativeName(*subfolder))
            params.refuse("subfolder", "the name of a folder within the one that is set");
        target.subfolder = std::move(*subfolder);
    }
    return target;
}

capture::StartRequest readStart(Params params) {
    capture::StartRequest request;
    request.page = params.text("page", urlRule);
    request.key = params.optionalText("key", {.maxBytes = 256});
    request.title = params.optionalText("title", {.maxBytes = 4096, .mayBeEmpty = true});
    request.store = params.optionalText("store", {.maxBytes = 256, .mayBeEmpty = true}).value_or("");
    request.quality = params.optionalWord("quality", {"audio-only"});
    if (auto media = params.optionalObject("media")) {
        request.mediaUrl = media->optionalText("url", urlRule);
        request.mediaDelivery = media->optionalObjectText("delivery");
    }
    if (auto deliver = params.optionalObject("deliver")) request.target = readTarget(std::move(*deliver));
    return request;
}

Outcome start(Desk& desk, const JsonView& given) {
    std::optional<Error> fault;
    const auto request = readStart(Params(given, fault));
    if (fault) return Answer(std::unexpected(std::move(*fault)));
    return answerOf(desk.parts.manager.start(request));
}

nlohmann::json toJson(const capture::Listing& listing) {
    auto captures = nlohmann::json::array();
    for (const auto& each : listing.captures) captures.push_back(capture::toJson(each));
    nlohmann::json result{{"captures", std::move(captures)}};
    if (listing.next) result["next"] = *listing.next;
    return result;
}

bool fits(const nlohmann::json& result) {
    return result.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).size() <= listBytes;
}

/// A page that is too large is asked for again at half its length, so that its `next` is the manager's own.
Answer page(capture::Manager& manager, const std::optional<std::string>& after, std::size_t limit) {
    for (;;) {
        const auto listing = manager.list(after, limit);
        if (!listing) return std::unexpected(listing.error());
        auto result = toJson(*listing);
        if (limit == 1 || fits(result)) return result;
        limit = std::max<std::size_t>(1, std::min(limit, listing->captures.size()) / 2);
    }
}

Outcome list(Desk& desk, const JsonView& given) {
    std::optional<Error> fault;
    Params params(given, fault);
    const auto after = params.optionalText("after", {.maxBytes = 256});
    const auto limit = params.optionalInteger("limit", 1, std::numeric_limits<std::int64_t>::max());
    if (fault) return Answer(std::unexpected(std::move(*fault)));
    return page(desk.parts.manager, after,
                static_cast<std::size_t>(std::min(limit.value_or(defaultPage), longestPage)));
}

Result<std::string> readId(const JsonView& given) {
    std::optional<Error> fault;
    auto id = Params(given, fault).text("id", idRule);
    if (fault) return std::unexpected(std::move(*fault));
    return id;
}

Outcome get(Desk& desk, const JsonView& given) {
    const auto id = readId(given);
    if (!id) return Answer(std::unexpected(id.error()));
    return answerOf(desk.parts.manager.get(*id));
}

Outcome retry(Desk& desk, const JsonView& given) {
    const auto id = readId(given);
    if (!id) return Answer(std::unexpected(id.error()));
    return answerOf(desk.parts.manager.retry(*id));
}

Later showStopped(boost::asio::awaitable<Result<capture::Capture>> stopping) {
    co_return answerOf(co_await std::move(stopping));
}

Later confirmRemoved(boost::asio::awaitable<Result<capture::Capture>> removing) {
    const auto removed = co_await std::move(removing);
    if (!removed) co_return std::unexpected(removed.error());
    co_return nlohmann::json::object();
}

Outcome pause(Desk& desk, const JsonView& given) {
    auto id = readId(given);
    if (!id) return Answer(std::unexpected(id.error()));
    return showStopped(desk.parts.manager.pause(std::move(*id)));
}

Outcome cancel(Desk& desk, const JsonView& given) {
    auto id = readId(given);
    if (!id) return Answer(std::unexpected(id.error()));
    return showStopped(desk.parts.manager.cancel(std::move(*id)));
}

Outcome remove(Desk& desk, const JsonView& given) {
    auto id = readId(given);
    if (!id) return Answer(std::unexpected(id.error()));
    return confirmRemoved(desk.parts.manager.remove(std::move(*id)));
}

Outcome reveal(Desk& desk, const JsonView& given) {
    const auto id = readId(given);
    if (!id) return Answer(std::unexpected(id.error()));
    const auto file = desk.parts.manager.fileOf(*id);
    if (!file) return Answer(std::unexpected(file.error()));
    const auto revealed = desk.parts.reveal(*file);
    if (!revealed) return Answer(std::unexpected(revealed.error()));
    return Answer(nlohmann::json::object());
}

constexpr std::array methods{Method{"capture.start", start},   Method{"capture.list", list},
                             Method{"capture.get", get},       Method{"capture.pause", pause},
                             Method{"capture.cancel", cancel}, Method{"capture.retry", retry},
                             Method{"capture.remove", remove}, Method{"capture.reveal", reveal}};

}  // namespace

std::span<const Method> captureMethods() {
    return methods;
}

}  // namespace auricle::channel
