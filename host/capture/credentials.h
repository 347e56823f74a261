// The vault's secrets, handed to one job's requests: a site's cookies to the site alone, a token to its
// backend alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "net/http.h"
#include "vault/refresh.h"
#include "vault/session_jar.h"
#include "vault/vault.h"

namespace auricle::capture {

/// Cookies of one site, origin and store, matched anew for every URL asked. None go to another port than the
/// site's own.
class SiteCredentials final : public net::Credentials {
  public:
    /// `useCookies` false: only what is public (sites.NAME.useCookies). `sessionCookies`: names of those that
    /// the site sets for this job alone; they are no person's, and are used all the same. `capture` is the id
    /// that the audit is told; empty where it is for none.
    SiteCredentials(vault::Vault& vault, vault::Key key, bool useCookies,
                    std::vector<std::string> sessionCookies = {}, std::string capture = {})
        : vault_(vault),
          key_(std::move(key)),
          useCookies_(useCookies),
          session_(std::move(sessionCookies)),
          capture_(std::move(capture)) {}
    vault::Secret cookies(const net::Url& url) override;
    vault::Secret cookieFile() override;
    vault::Secret authorization(const net::Url&) override { return {}; }
    void received(const net::Url& url, std::string_view setCookie) override;
    /// The generation that cookies were last given of; nothing where none were.
    std::optional<std::uint64_t> given() const { return given_; }
    /// Cookies that have failed, and for which others are being asked for, are withheld from now on.
    void withholdSpent(const vault::Refresh& refresh) { refresh_ = &refresh; }
    /// Whether any were withheld since the last call.
    bool takeWithheld() { return std::exchange(hasWithheld_, false); }
    /// The site has answered well: proves the generation that its requests were last given cookies of.
    void proved();
    /// From now on only what is public is asked for.
    void useNone();

  private:
    bool isOnOwnPort(const net::Url& url) const;
    /// False where they are not to be used, or are spent: then it is noted.
    bool mayUseVault();
    vault::Secret vaultCookies(const net::Url& url);

    vault::Vault& vault_;
    vault::Key key_;
    bool useCookies_;
    vault::SessionJar session_;
    std::string capture_;
    std::optional<std::uint64_t> given_;  ///< the generation that cookies were last given of
    const vault::Refresh* refresh_ = nullptr;
    bool hasWithheld_ = false;
};

/// The bearer token of one backend, for URLs of its own origin.
class BackendCredentials final : public net::Credentials {
  public:
    BackendCredentials(vault::Vault& vault, std::string origin, std::string capture = {})
        : vault_(vault),
          key_{.site = "", .origin = std::move(origin), .store = ""},
          capture_(std::move(capture)) {}
    vault::Secret cookies(const net::Url&) override { return {}; }
    vault::Secret authorization(const net::Url& url) override;
    void received(const net::Url&, std::string_view) override {}
    /// The backend has answered well.
    void proved();

  private:
    vault::Vault& vault_;
    vault::Key key_;
    std::string capture_;
    std::optional<std::uint64_t> given_;
};

}  // namespace auricle::capture
