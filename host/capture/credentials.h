// The vault's secrets, handed to one job's requests: a site's session to the site alone, a token to its
// backend alone.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/http.h"
#include "vault/refresh.h"
#include "vault/session_jar.h"
#include "vault/vault.h"

namespace auricle::capture {

/// A site's session in one job's requests, in whichever form the site takes it; tells the vault how it fares.
class SessionCredentials : public net::Credentials {
  public:
    /// `useCookies` false: only what is public (sites.NAME.useCookies). `capture` is the id that the audit is
    /// told; empty where it is for none.
    SessionCredentials(vault::Vault& vault, vault::Key key, bool useCookies, std::string capture)
        : vault_(vault), key_(std::move(key)), useCookies_(useCookies), capture_(std::move(capture)) {}
    /// The generation that secrets were last given of; nothing where none were.
    std::optional<std::uint64_t> given() const { return given_; }
    /// Those that have failed, and for which others are being asked for, are withheld from now on.
    void withholdSpent(const vault::Refresh& refresh) { refresh_ = &refresh; }
    /// Whether any were withheld since the last call.
    bool takeWithheld() { return std::exchange(hasWithheld_, false); }
    /// The site has answered well: proves the generation that its requests were last given secrets of.
    void proved();
    /// From now on only what is public is asked for.
    void useNone();

  protected:
    /// False where no secret is to be used, or those that there are are spent: then it is noted.
    bool mayUse();
    /// Requests get secrets of the generation in force: the audit is told once.
    void noteUse();

    vault::Vault& vault_;
    vault::Key key_;
    bool useCookies_;
    std::string capture_;
    std::optional<std::uint64_t> given_;  ///< the generation that secrets were last given of

  private:
    const vault::Refresh* refresh_ = nullptr;
    bool hasWithheld_ = false;
};

/// Cookies of one site, origin and store, matched anew for every URL asked. None go to another port than the
/// site's own.
class SiteCredentials final : public SessionCredentials {
  public:
    /// `sessionCookies`: names of those that the site sets for this job alone; they are no person's, and are
    /// used all the same.
    SiteCredentials(vault::Vault& vault, vault::Key key, bool useCookies,
                    std::vector<std::string> sessionCookies = {}, std::string capture = {})
        : SessionCredentials(vault, std::move(key), useCookies, std::move(capture)),
          session_(std::move(sessionCookies)) {}
    vault::Secret cookies(const net::Url& url) override;
    vault::Secret cookieFile() override;
    vault::Secret authorization(const net::Url&) override { return {}; }
    void received(const net::Url& url, std::string_view setCookie) override;

  private:
    bool isOnOwnPort(const net::Url& url) const;
    vault::Secret vaultCookies(const net::Url& url);

    vault::SessionJar session_;
};

/// What requests at that site bring along: its cookies, or at MUBI the token that they hold.
std::unique_ptr<SessionCredentials> siteCredentials(vault::Vault& vault, vault::Key key, bool useCookies,
                                                    std::vector<std::string> sessionCookies = {},
                                                    std::string capture = {});

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
    void proved();

  private:
    vault::Vault& vault_;
    vault::Key key_;
    std::string capture_;
    std::optional<std::uint64_t> given_;
};

}  // namespace auricle::capture
