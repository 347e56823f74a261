// What the other rooms know of HTTP: a request, a response, and a client that sends one and gives the other.
// net/curl_client is the client of the program; tests hand in their own.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "net/url.h"
#include "system/error.h"
#include "vault/secret.h"

namespace auricle::net {

struct Header {
    std::string name, value;
};

class Headers {
  public:
    void add(std::string name, std::string value) { list_.push_back({std::move(name), std::move(value)}); }
    /// The first value of that name (names compare without case), or nothing.
    std::optional<std::string_view> find(std::string_view name) const;
    const std::vector<Header>& all() const { return list_; }

  private:
    std::vector<Header> list_;
};

/// A header whose value is a secret.
struct SecretHeader {
    std::string name;
    vault::Secret value;
};

/// The secrets for the requests of one job. Asked anew for every hop, with the URL of that hop; the answer is
/// used for that one hop and dropped. Implemented above net (capture/credentials), which is how net gets
/// secrets without knowing a vault.
class Credentials {
  public:
    virtual ~Credentials() = default;
    /// The value of the Cookie header for this URL, or empty.
    virtual vault::Secret cookies(const Url& url) = 0;
    /// All cookies of the session as a Netscape file, for a program that makes the site's requests itself; or
    /// empty.
    virtual vault::Secret cookieFile() { return {}; }
    /// The value of the Authorization header for this URL, or empty. Given only for the origin that the
    /// secret belongs to.
    virtual vault::Secret authorization(const Url& url) = 0;
    /// Further headers with secrets in them for this URL, under the same rule. `account`: Request::account.
    virtual std::vector<SecretHeader> headers(const Url&, std::string_view /*account*/) { return {}; }
    /// What a secret that has several forms was made of, in words that hold none of it ("the cookie lt");
    /// empty where there is none.
    virtual std::string madeOf() { return {}; }
    /// A Set-Cookie header that came with a response of this URL.
    virtual void received(const Url& url, std::string_view setCookie) = 0;
};

struct ResponseHead {
    int status = 0;
    Headers headers;
    Url url;                     ///< the URL that answered, after redirects
    bool isMultiplexed = false;  ///< HTTP/2: many requests share one connection
};

/// Where a body goes that is too large to be held. Called on the loop, in order. An error returned here ends
/// the transfer at once and is what send() returns.
class BodySink {
  public:
    virtual ~BodySink() = default;
    /// Once, when all headers of the final response are there, before the first byte of the body.
    virtual Result<void> begin(const ResponseHead& head) = 0;
    virtual Result<void> data(std::span<const std::byte> bytes) = 0;
};

/// A body that is sent from somewhere else than memory. Called on the loop.
class BodySource {
  public:
    virtual ~BodySource() = default;
    /// Bytes; nothing: not known before the end, and sent in chunks (RFC 9112 section 7.1), over HTTP/1.1
    /// alone.
    virtual std::optional<std::uint64_t> size() const = 0;
    /// Fills at most `into.size()` bytes; 0 at the end.
    virtual Result<std::size_t> read(std::span<std::byte> into) = 0;
    /// False: read() has nothing to give by now, and this is not the end. The body pauses then.
    virtual bool isReady() { return true; }
    /// `resume` is to be called on the loop whenever isReady() may have become true, and not from within any
    /// of these. An empty one: nobody wants to know any more.
    virtual void onReady(std::function<void()> /*resume*/) {}
};

/// A cookie whose value goes along in a header as well: how a site tells its own page's requests from forged
/// ones.
struct CookieEcho {
    std::string cookie, header;
};

struct Request {
    std::string method = "GET";
    Url url;
    /// No Cookie, Authorization or Host here: those come from `credentials` and the URL.
    std::vector<Header> headers{};
    std::string body{};
    BodySource* source = nullptr;  ///< instead of `body`; must outlive the request
    Credentials* credentials = nullptr;
    std::optional<CookieEcho> echo{};  ///< only where that cookie goes to that URL
    std::string account{};  ///< the site's own id of who is signed in, for secret headers that name it
    /// 0: a redirect is the answer and is given back as it is. Otherwise every hop is asked of `judge` first;
    /// GET and HEAD are repeated, POST becomes GET on 301, 302 and 303 (RFC 9110 section 15.4).
    int maxRedirects = 5;
    /// Asked before a hop is followed, beside the rules that always hold (https stays https, SAFETY
    /// "Secrets").
    std::function<Result<void>(const Url& from, const Url& to)> judge{};
    std::uint64_t maxBodyBytes = 8u << 20;  ///< more than this in a Response's body is too_large
    std::uint32_t connectTimeoutMs = 20'000;
    std::uint32_t totalTimeoutMs = 0;  ///< 0: none, the stall rule alone
    std::uint32_t stallMs = 30'000;    ///< under 1 KiB/s for so long is a timeout
    bool http1 = false;                ///< uploads: libcurl 7.88 spins on flow-controlled HTTP/2 bodies
    /// Large bodies: asks first whether the server wants it (RFC 9110 section 10.1.1), and sends it after a
    /// second without an answer.
    bool expectsContinue = false;
    std::function<void(std::uint64_t sentBytes)> onSent{};
    /// Stopping it ends the transfer now, with Kind::cancelled.
    std::stop_token stop{};
};

struct Response {
    ResponseHead head;
    std::string body;         ///< empty where a sink took it
    std::vector<Url> hops{};  ///< every URL asked, in order, the last one answered
};

/// Any status is a Response: what it means is for the caller to judge. One of 300 and more that came before
/// the whole body was sent is one too, even where the connection then broke off. Errors are network, timeout,
/// tls, too_large, cancelled, forbidden (a redirect that may not be followed), and whatever a sink or source
/// returned.
class HttpClient {
  public:
    virtual ~HttpClient() = default;
    virtual boost::asio::awaitable<Result<Response>> send(Request request) = 0;
    /// The body of the final response goes to the sink (whatever its status; begin() sees it and may refuse).
    virtual boost::asio::awaitable<Result<Response>> send(Request request, BodySink& sink) = 0;
};

}  // namespace auricle::net
