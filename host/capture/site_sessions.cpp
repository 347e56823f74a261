#include "capture/site_sessions.h"

#include <algorithm>
#include <vector>

#include "capture/bad_param.h"
#include "capture/mubi_credentials.h"

namespace auricle::capture {

namespace asio = boost::asio;

namespace {

/// Of the cookies that are there for a site, and perhaps an origin: the latest first.
std::vector<vault::Key> keysOf(std::vector<vault::EntryStatus> entries, const std::string& site,
                               const std::optional<std::string>& origin) {
    std::erase_if(entries, [&](const vault::EntryStatus& entry) {
        return entry.slot != "active" || entry.key.site != site || (origin && entry.key.origin != *origin);
    });
    std::ranges::sort(entries, std::greater{}, &vault::EntryStatus::putAtMs);
    std::vector<vault::Key> keys;
    for (auto& entry : entries) keys.push_back(std::move(entry.key));
    return keys;
}

/// Unix time, ms: of the first cookie of the sign-in that ends.
std::optional<std::int64_t> cookieExpiry(const vault::Vault& vault, const vault::Key& key) {
    auto entry = vault.status(key);
    return entry ? entry->expiresAtMs : std::nullopt;
}

}  // namespace

SiteSessions::SiteSessions(asio::any_io_executor loop, const Services& services)
    : services_(services), monitor_(std::move(loop), monitorParts()) {}

SessionMonitor::Use SiteSessions::use(vault::Key key) {
    if (!services_.sites.find(key.site)->hasHeartbeat()) return {};
    return monitor_.use(std::move(key));
}

void SiteSessions::came(const vault::PutOutcome& outcome) {
    const auto* site = outcome.isBearer ? nullptr : services_.sites.find(outcome.key.site);
    if (site && site->hasHeartbeat()) monitor_.look(outcome.key);
}

SessionMonitor::Parts SiteSessions::monitorParts() {
    SessionMonitor::Parts parts;
    parts.ask = [this](vault::Key key, std::stop_token stop) { return ask(std::move(key), stop); };
    parts.generation = [this](const vault::Key& key) { return services_.vault.generation(key); };
    parts.renew = [this](vault::Key key, std::string reason, std::optional<std::uint64_t> known,
                         std::stop_token stop) {
        return renew(std::move(key), std::move(reason), known, stop);
    };
    parts.tell = [this](const vault::Key& key, const Result<sites::Login>& login) { tell(key, login); };
    parts.timing = services_.timing;
    parts.now = services_.now;
    parts.every = std::chrono::milliseconds(services_.config.mubi.heartbeatMs);
    return parts;
}

asio::awaitable<Result<sites::Login>> SiteSessions::ask(vault::Key key, std::stop_token stop) {
    auto useCookies = services_.config.sites.at(key.site).useCookies;
    auto credentials = siteCredentials(services_.vault, key, useCookies);
    sites::Visit with{services_.http, *credentials, services_.timing, stop};
    auto login = co_await services_.sites.find(key.site)->checkLogin(key.origin, with);
    if (!login) co_return login;
    credentials->proved();
    for (auto expiry : {cookieExpiry(services_.vault, key), tokenExpiry(services_.vault, key)}) {
        if (expiry) login->expiresAtMs = std::min(login->expiresAtMs.value_or(*expiry), *expiry);
    }
    co_return login;
}

asio::awaitable<Result<void>> SiteSessions::renew(vault::Key key, std::string reason,
                                                  std::optional<std::uint64_t> known, std::stop_token stop) {
    // One that still holds is worth a question, and no person's time.
    std::chrono::milliseconds patience(reason == "stale" ? services_.config.refresh.deadlineMs
                                                         : services_.config.captures.signInMs);
    vault::Wish wish{.key = std::move(key),
                     .reason = vault::reasonOf(reason).value_or(vault::Reason::session_expired),
                     .known = known,
                     .patience = patience};
    co_return co_await services_.refresh.want(std::move(wish), stop);
}

void SiteSessions::tell(const vault::Key& key, const Result<sites::Login>& login) const {
    if (!login) {
        services_.log.info("the session at {} was asked after: {}", key.origin, login.error().message);
        return;
    }
    auto madeOf = siteCredentials(services_.vault, key, true)->madeOf();
    services_.log.info("the session at {} is good{}{}", key.origin, madeOf.empty() ? "" : ", of ", madeOf);
}

asio::awaitable<Result<LoginState>> SiteSessions::check(LoginCheckRequest request, std::stop_token stop) {
    auto url = net::Url::parse(request.origin);
    if (!url) co_return badParam("/origin", url.error().message);
    if (!services_.sites.find(request.site)) {
        co_return fail(Kind::unsupported_site,
                       "This site is not one that Auricle may use here. See `auricle config`.");
    }
    vault::Key key{.site = request.site, .origin = url->origin(), .store = request.store};
    auto login = co_await ask(std::move(key), stop);
    auto checkedAt = services_.now().time_since_epoch();
    LoginState state{.isLoggedIn = login.has_value(),
                     .login = {},
                     .checkedAtMs = std::chrono::duration_cast<std::chrono::milliseconds>(checkedAt).count()};
    if (login) {
        state.login = std::move(*login);
        co_return state;
    }
    bool isAnswer = login.error().kind == Kind::login_required || login.error().kind == Kind::cookies_missing;
    if (!isAnswer) co_return std::unexpected(std::move(login.error()));
    co_return state;
}

Result<std::string> SiteSessions::trigger(const std::string& site, std::optional<std::string> origin,
                                          vault::Reason reason) {
    if (!services_.sites.find(site)) return badParam("/site", "There is no site of this name.");
    if (origin) {
        auto url = net::Url::parse(*origin);
        if (!url) return badParam("/origin", url.error().message);
        origin = url->origin();
    }
    auto keys = keysOf(services_.vault.status(), site, origin);
    if (keys.empty() && origin) keys.push_back({.site = site, .origin = *origin, .store = ""});
    const bool isOneOrigin =
        std::ranges::adjacent_find(keys, std::not_equal_to{}, &vault::Key::origin) == keys.end();
    if (keys.empty() || !isOneOrigin) {
        return badParam("/origin", "Say whose cookies, such as https://uni.hosted.panopto.com.");
    }
    auto triggered = services_.refresh.trigger(keys.front(), reason);
    if (!triggered) return std::unexpected(std::move(triggered.error()));
    return std::to_string(*triggered);
}

}  // namespace auricle::capture
