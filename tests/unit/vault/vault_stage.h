// A vault on a stage: its clocks stand still until a test moves them, and what is put is told as JSON.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "vault/vault.h"

namespace auricle::vault::test {

inline const std::string uni = "https://uni.hosted.panopto.com";
inline constexpr Place page{"uni.hosted.panopto.com", "/Panopto/Pages/Viewer.aspx", true};

class VaultTest : public testing::Test {
  protected:
    std::int64_t nowMs() const {
        return std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
    }
    double nowSeconds() const { return static_cast<double>(nowMs()) / 1000; }
    static nlohmann::json cookie(std::string name, std::string value) {
        return {{"name", name},     {"value", value},    {"domain", "uni.hosted.panopto.com"},
                {"hostOnly", true}, {"path", "/"},       {"secure", true},
                {"httpOnly", true}, {"sameSite", "lax"}, {"session", true},
                {"storeId", "0"}};
    }
    static nlohmann::json cookiePut(nlohmann::json cookies) {
        return {{"kind", "cookies"},
                {"site", "panopto"},
                {"origin", uni},
                {"store", "0"},
                {"cookies", std::move(cookies)}};
    }
    Result<PutOutcome> put(const nlohmann::json& value) { return vault.put(Secret::copyOf(value.dump())); }
    Result<PutOutcome> putLogin(std::string value) {
        return put(cookiePut({cookie(".ASPXAUTH", std::move(value))}));
    }
    std::string header(Place place = page) { return std::string(vault.cookieHeader(key, place).reveal()); }
    EntryStatus status() { return vault.status().at(0); }
    /// An answer to a request that had cookies of this generation; the active one where none is named.
    void receive(Place place, std::string_view setCookie, std::optional<std::uint64_t> generation = {}) {
        const auto used = generation ? generation : vault.generation(key);
        vault.received(key, place, setCookie, used.value_or(0));
    }

    const Key key{"panopto", uni, "0"};
    const std::chrono::system_clock::time_point began{std::chrono::seconds(1'794'000'000)};
    std::chrono::system_clock::time_point now{std::chrono::seconds(1'795'000'000)};
    std::chrono::milliseconds jumped{0};  ///< what the wall clock is wrong by
    Vault vault{{{.site = "panopto", .login = {{".ASPXAUTH"}}, .helpful = {"csrfToken"}},
                 {.site = "mubi", .login = {{"lt"}}}},
                {.monotonic = [this] { return std::chrono::steady_clock::time_point(now - began); },
                 .wall = [this] { return now + jumped; }}};
};

}  // namespace auricle::vault::test
