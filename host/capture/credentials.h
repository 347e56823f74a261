// The vault's secrets, handed to one job's requests: a site's cookies to the site alone, a token to its
// backend alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "net/http.h"
#include "vault/vault.h"

namespace auricle::capture {

/// Cookies of one site, origin and store, matched anew for every URL asked. None go to another port than the
/// site's own.
class SiteCredentials final : public net::Credentials {
  public:
    /// `useCookies` false: only what is public (sites.NAME.useCookies). `capture` is the id that the audit is
    /// told; empty where it is for none.
    SiteCredentials(vault::Vault& vault, vault::Key key, bool useCookies, std::string capture = {})
        : vault_(vault), key_(std::move(key)), useCookies_(useCookies), capture_(std::move(capture)) {}
    vault::Secret cookies(const net::Url& url) override;
    vault::Secret cookieFile() override;
    vault::Secret authorization(const net::Url&) override { return {}; }
    void received(const net::Url& url, std::string_view setCookie) override;
    /// The site has answered well: proves the generation that its requests were last given cookies of.
    void proved();
    /// From now on only what is public is asked for.
    void useNone();

  private:
    bool isOnOwnPort(const net::Url& url) const;

    vault::Vault& vault_;
    vault::Key key_;
    bool useCookies_;
    std::string capture_;
    std::optional<std::uint64_t> given_;  ///< the generation that cookies were last given of
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
