#include "vault/refresh.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace auricle::vault {

namespace asio = boost::asio;

namespace {

Error inVain(const Key& key, bool isBearer) {
    if (isBearer) {
        return {
            .kind = Kind::backend_unauthorized,
            .message = "Your study backend " + key.origin +
                       " does not accept the token. Enter a new one in Auricle's settings, then try again."};
    }
    return {.kind = Kind::login_required,
            .message =
                "Your session at " + key.origin + " is over. Sign in there in the browser, then try again.",
            .retryable = false};
}

}  // namespace

Refresh::UnderWay& Refresh::begin(const Key& key, bool isBearer, std::string reason) {
    auto& refresh = underWay_[key];
    refresh.wanted = {.id = "r" + std::to_string(++lastId_),
                      .isBearer = isBearer,
                      .key = key,
                      .reason = std::move(reason),
                      .attempt = ++attempts_[key]};
    return refresh;
}

Refresh::UnderWay* Refresh::find(std::string_view id) {
    for (auto& [key, refresh] : underWay_) {
        if (refresh.wanted.id == id) return &refresh;
    }
    return nullptr;
}

asio::awaitable<Result<void>> Refresh::want(Key key, bool isBearer, std::string reason, const Vault& vault,
                                            std::optional<std::uint64_t> known,
                                            std::chrono::milliseconds patience, std::stop_token stop) {
    auto isNewer = [&] {
        auto now = vault.generation(key);
        return now && now != known;
    };
    if (isNewer()) co_return Result<void>{};
    if (!ask_) co_return std::unexpected(inVain(key, isBearer));
    asio::steady_timer timer(co_await asio::this_coro::executor, patience);
    bool isFirst = !underWay_.contains(key);
    auto& refresh = isFirst ? begin(key, isBearer, std::move(reason)) : underWay_.at(key);
    refresh.waiters.insert(&timer);
    if (isFirst) ask_(refresh.wanted);
    bool isOverdue = false;
    {
        std::stop_callback onStop(stop, [&timer] { timer.cancel(); });
        while (!isNewer() && !isOverdue && !stop.stop_requested() && !(isBearer && refresh.isRefused)) {
            auto [fault] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
            isOverdue = !fault;
        }
    }
    refresh.waiters.erase(&timer);
    bool isRefreshed = isNewer();
    if (refresh.waiters.empty()) underWay_.erase(key);
    if (isRefreshed) co_return Result<void>{};
    if (stop.stop_requested()) co_return fail(Kind::cancelled, "It was stopped.");
    co_return std::unexpected(inVain(key, isBearer));
}

void Refresh::put(const PutOutcome& outcome) {
    if (!outcome.isChanged) return;
    attempts_.erase(outcome.key);
    auto found = underWay_.find(outcome.key);
    if (found != underWay_.end()) found->second.wake();
}

Result<void> Refresh::done(std::string_view id) {
    if (find(id)) return {};
    return std::unexpected(
        Error{.kind = Kind::bad_params, .message = "No refresh of this id is under way.", .path = "/id"});
}

Result<void> Refresh::failed(std::string_view id, std::string_view) {
    auto* refresh = find(id);
    if (!refresh)
        return std::unexpected(
            Error{.kind = Kind::bad_params, .message = "No refresh of this id is under way.", .path = "/id"});
    refresh->isRefused = true;
    refresh->wake();
    return {};
}

}  // namespace auricle::vault
