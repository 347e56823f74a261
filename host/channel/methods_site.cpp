#include <algorithm>
#include <array>
#include <charconv>

#include "channel/methods.h"
#include "channel/params.h"

namespace auricle::channel {
namespace {

/// As many of the longest rows fit into a reply.
constexpr std::int64_t defaultRows = 100, mostRows = 250;

/// The cursor is the number of recordings that came before. Nothing where it is none of ours.
std::optional<std::uint64_t> firstOf(const std::string& after) {
    std::uint64_t first = 0;
    auto [end, fault] = std::from_chars(after.data(), after.data() + after.size(), first);
    bool isNumber = fault == std::errc{} && end == after.data() + after.size();
    return isNumber ? std::optional(first) : std::nullopt;
}

nlohmann::json toJson(const capture::SiteListing::Row& row) {
    nlohmann::json item{{"page", row.item.page},
                        {"title", row.item.title},
                        {"durationMs", nullptr},
                        {"downloadable", row.item.isDownloadable},
                        {"captured", nullptr}};
    if (row.item.durationMs > 0) item["durationMs"] = row.item.durationMs;
    if (row.captured) item["captured"] = *row.captured;
    return item;
}

nlohmann::json toJson(const capture::SiteListing& listing) {
    auto items = nlohmann::json::array();
    for (const auto& row : listing.items) items.push_back(toJson(row));
    nlohmann::json result{{"items", std::move(items)}, {"total", listing.total}};
    if (listing.next) result["next"] = std::to_string(*listing.next);
    return result;
}

Later show(boost::asio::awaitable<Result<capture::SiteListing>> listing) {
    const auto found = co_await std::move(listing);
    if (!found) co_return std::unexpected(found.error());
    co_return toJson(*found);
}

Outcome list(Desk& desk, const JsonView& given) {
    std::optional<Error> fault;
    Params params(given, fault);
    capture::SiteListRequest request;
    request.page = params.text("page", {.maxBytes = 8192});
    request.store = params.optionalText("store", {.maxBytes = 256, .mayBeEmpty = true}).value_or("");
    const auto after = params.optionalText("after", {.maxBytes = 32});
    const auto first = after ? firstOf(*after) : std::optional<std::uint64_t>(0);
    if (!first) params.refuse("after", "the `next` of an earlier part of this list");
    const auto limit = params.optionalInteger("limit", 1, std::numeric_limits<std::int64_t>::max());
    if (fault) return Answer(std::unexpected(std::move(*fault)));
    request.range = {.first = *first,
                     .most = static_cast<std::size_t>(std::min(limit.value_or(defaultRows), mostRows))};
    return show(desk.parts.manager.listSite(std::move(request)));
}

constexpr std::array methods{Method{"site.list", list}};

}  // namespace

std::span<const Method> siteMethods() {
    return methods;
}

}  // namespace auricle::channel
