// MUBI's session, handed to one job's requests: as a bearer token, to its API alone.
#pragma once

#include <optional>
#include <string>

#include "capture/credentials.h"
#include "vault/mubi_session.h"
#include "vault/vault.h"

namespace auricle::capture {

/// Document 002's headers, made anew for every request out of what the vault holds: of a token that a person
/// handed in, else of the cookies. No cookie itself goes anywhere, and nothing at all to another origin than
/// the API's: no stream's host and no licence server gets any of it.
class MubiCredentials final : public SessionCredentials {
  public:
    /// As siteCredentials().
    MubiCredentials(vault::Vault& vault, vault::Key key, bool useCookies, std::string capture);

    vault::Secret cookies(const net::Url&) override { return {}; }
    vault::Secret authorization(const net::Url& url) override;
    std::vector<net::SecretHeader> headers(const net::Url& url, std::string_view account) override;
    std::string madeOf() override;
    void received(const net::Url& url, std::string_view setCookie) override;

  private:
    std::optional<vault::MubiSession> session();

    std::string anonymous_;  ///< stands in where the browser has no number of its own
};

/// When a session ends whose token says so itself: Unix time, ms.
std::optional<std::int64_t> tokenExpiry(vault::Vault& vault, const vault::Key& key);

}  // namespace auricle::capture
