// The vault's secrets, handed to one job's requests: a site's cookies to the site alone, a token to its
// backend alone.
#pragma once

#include <memory>
#include <string>

#include "net/http.h"
#include "vault/vault.h"

namespace auricle::capture {

/// Cookies of one site, origin and store, matched anew for every URL asked. None go to another port than the
/// site's own.
class SiteCredentials final : public net::Credentials {
  public:
    /// `useCookies` false: only what is public (sites.NAME.useCookies).
    SiteCredentials(vault::Vault& vault, vault::Key key, bool useCookies)
        : vault_(vault), key_(std::move(key)), useCookies_(useCookies) {}
    vault::Secret cookies(const net::Url& url) override;
    vault::Secret authorization(const net::Url&) override { return {}; }
    void received(const net::Url& url, std::string_view setCookie) override;

  private:
    bool isOnOwnPort(const net::Url& url) const;

    vault::Vault& vault_;
    vault::Key key_;
    bool useCookies_;
};

/// What requests at that site bring along: its cookies, or at MUBI the token that they hold.
std::unique_ptr<net::Credentials> siteCredentials(vault::Vault& vault, vault::Key key, bool useCookies);

/// The bearer token of one backend, for URLs of its own origin.
class BackendCredentials final : public net::Credentials {
  public:
    BackendCredentials(vault::Vault& vault, std::string origin) : vault_(vault), origin_(std::move(origin)) {}
    vault::Secret cookies(const net::Url&) override { return {}; }
    vault::Secret authorization(const net::Url& url) override;
    void received(const net::Url&, std::string_view) override {}

  private:
    vault::Vault& vault_;
    std::string origin_;
};

}  // namespace auricle::capture
