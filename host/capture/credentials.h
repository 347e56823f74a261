// The vault's secrets, handed to one job's requests: a site's cookies to the site alone, a token to its
// backend alone.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "net/http.h"
#include "vault/vault.h"

namespace auricle::capture {

/// Those of one job, which tell the vault how they fare.
class JobCredentials : public net::Credentials {
  public:
    /// The one who was asked has answered well: proves the generation that requests were last given secrets
    /// of.
    virtual void proved() = 0;
};

/// Cookies of one site, origin and store, matched anew for every URL asked. None go to another port than the
/// site's own.
class SiteCredentials final : public JobCredentials {
  public:
    /// `useCookies` false: only what is public (sites.NAME.useCookies). `capture` is the id that the audit is
    /// told; empty where it is for none.
    SiteCredentials(vault::Vault& vault, vault::Key key, bool useCookies, std::string capture = {})
        : vault_(vault), key_(std::move(key)), useCookies_(useCookies), capture_(std::move(capture)) {}
    vault::Secret cookies(const net::Url& url) override;
    vault::Secret authorization(const net::Url&) override { return {}; }
    void received(const net::Url& url, std::string_view setCookie) override;
    void proved() override;

  private:
    bool isOnOwnPort(const net::Url& url) const;

    vault::Vault& vault_;
    vault::Key key_;
    bool useCookies_;
    std::string capture_;
    std::optional<std::uint64_t> given_;  ///< the generation that cookies were last given of
};

/// What requests at that site bring along: its cookies, or at MUBI the token that they hold.
/// `capture` is the id that the audit is told; empty where it is for none.
std::unique_ptr<JobCredentials> siteCredentials(vault::Vault& vault, vault::Key key, bool useCookies,
                                                std::string capture = {});

/// Tells the audit of a use, once for each generation (which `given` remembers) and capture.
void noteUse(vault::Vault& vault, const vault::Key& key, std::optional<std::uint64_t>& given,
             const std::string& capture);

/// The bearer token of one backend, for URLs of its own origin.
class BackendCredentials final : public JobCredentials {
  public:
    BackendCredentials(vault::Vault& vault, std::string origin, std::string capture = {})
        : vault_(vault),
          key_{.site = "", .origin = std::move(origin), .store = ""},
          capture_(std::move(capture)) {}
    vault::Secret cookies(const net::Url&) override { return {}; }
    vault::Secret authorization(const net::Url& url) override;
    void received(const net::Url&, std::string_view) override {}
    void proved() override;

  private:
    vault::Vault& vault_;
    vault::Key key_;
    std::string capture_;
    std::optional<std::uint64_t> given_;
};

}  // namespace auricle::capture
