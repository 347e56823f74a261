#include "net/curl_transfer.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <cstring>
#include <new>

namespace auricle::net {

namespace asio = boost::asio;

namespace {

constexpr std::uint64_t mostDroppedBytes =
    256 * 1024;  // a redirect's body is of no use, and a hostile one endless
constexpr std::size_t mostHeaderBytes = 256 * 1024;

template <class T>
void set(CURL* easy, CURLoption option, T value) {
    // An option that this libcurl does not know would leave a rule of SAFETY unset: better no transfer at
    // all.
    if (libcurl().easy_setopt(easy, option, value) != CURLE_OK) throw std::bad_alloc();
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() &&
           (text.back() == ' ' || text.back() == '\t' || text.back() == '\r' || text.back() == '\n')) {
        text.remove_suffix(1);
    }
    return text;
}

/// The value of one cookie of a Cookie header (`a=1; b=2`), or empty.
vault::Secret cookieValue(const vault::Secret& header, std::string_view name) {
    auto rest = header.reveal();
    while (!rest.empty()) {
        auto pair = rest.substr(0, rest.find(';'));
        rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
        pair = trimmed(pair);
        if (pair.starts_with(name) && pair.substr(name.size()).starts_with('='))
            return vault::Secret::copyOf(pair.substr(name.size() + 1));
    }
    return {};
}

}  // namespace

HopSecrets HopSecrets::of(const Request& request, const Url& url) {
    if (!request.credentials) return {};
    return {.cookies = request.credentials->cookies(url),
            .authorization = request.credentials->authorization(url),
            .headers = request.credentials->headers(url, request.account)};
}

CurlTransfer::CurlTransfer(std::shared_ptr<CurlMulti> multi, const NetworkOptions& options,
                           const Request& request, Hop hop, const HopSecrets& secrets, BodySink* sink)
    : multi_(std::move(multi)),
      options_(options),
      request_(request),
      hop_(std::move(hop)),
      sink_(sink),
      easy_(libcurl().easy_init()) {
    if (!easy_) throw std::bad_alloc();
    head_.url = hop_.url;
    setUp(secrets);
}

CurlTransfer::~CurlTransfer() {
    release();
}

void CurlTransfer::release() {
    if (!easy_) return;
    if (request_.source) request_.source->onReady({});
    multi_->remove(easy_);
    libcurl().easy_cleanup(std::exchange(easy_, nullptr));
    headers_.reset();
    multi_.reset();
}

void CurlTransfer::drop() {
    leaveConnection();
    release();
    if (finished_) finished_->cancel();
}

void CurlTransfer::setUp(const HopSecrets& secrets) {
    set(easy_, CURLOPT_URL, hop_.url.text().c_str());
    set(easy_, CURLOPT_PROTOCOLS_STR, hop_.url.isHttps() ? "https" : "http");
    set(easy_, CURLOPT_FOLLOWLOCATION, 0L);
    set(easy_, CURLOPT_NOSIGNAL, 1L);
    set(easy_, CURLOPT_ERRORBUFFER, message_);
    set(easy_, CURLOPT_HTTP_VERSION,
        static_cast<long>(request_.http1 ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS));
    set(easy_, CURLOPT_PIPEWAIT, 1L);
    set(easy_, CURLOPT_USERAGENT, "Auricle/" AURICLE_VERSION);
    set(easy_, CURLOPT_PROXY, options_.proxy.c_str());
    set(easy_, CURLOPT_NOPROXY, "");
    set(easy_, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set(easy_, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    set(easy_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request_.connectTimeoutMs));
    set(easy_, CURLOPT_TIMEOUT_MS, static_cast<long>(request_.totalTimeoutMs));
    set(easy_, CURLOPT_LOW_SPEED_LIMIT, 1024L);
    set(easy_, CURLOPT_LOW_SPEED_TIME, static_cast<long>((request_.stallMs + 999) / 1000));
    set(easy_, CURLOPT_BUFFERSIZE, 128L * 1024);
    set(easy_, CURLOPT_HEADERFUNCTION, &CurlTransfer::onHeader);
    set(easy_, CURLOPT_HEADERDATA, this);
    set(easy_, CURLOPT_WRITEFUNCTION, &CurlTransfer::onBody);
    set(easy_, CURLOPT_WRITEDATA, this);
    setUpTrust();
    setUpBody();
    for (const auto& route : options_.connectTo) {
        auto* longer = libcurl().slist_append(connectTo_.get(), route.c_str());
        if (!longer) throw std::bad_alloc();
        connectTo_.release();
        connectTo_.reset(longer);
    }
    if (connectTo_) set(easy_, CURLOPT_CONNECT_TO, connectTo_.get());
    addHeader("Accept-Encoding: identity");
    addHeader(request_.expectsContinue ? "Expect: 100-continue" : "Expect:");
    for (const auto& header : request_.headers) addHeader(header.name + ": " + header.value);
    if (!secrets.cookies.empty()) set(easy_, CURLOPT_COOKIE, secrets.cookies.c_str());
    if (request_.echo)
        addHeader(request_.echo->header.c_str(), cookieValue(secrets.cookies, request_.echo->cookie));
    addHeader("Authorization", secrets.authorization);
    for (const auto& header : secrets.headers) addHeader(header.name.c_str(), header.value);
    set(easy_, CURLOPT_HTTPHEADER, headers_.get());
}

void CurlTransfer::setUpTrust() {
    set(easy_, CURLOPT_SSL_VERIFYPEER, 1L);
    set(easy_, CURLOPT_SSL_VERIFYHOST, 2L);
    set(easy_, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    // libcurl's own folder of authorities stays in force beside this file: an extra one is added, none is
    // taken away.
    if (!options_.caFile.empty()) set(easy_, CURLOPT_CAINFO, options_.caFile.c_str());
}

void CurlTransfer::setUpBody() {
    if (hop_.method == "HEAD") {
        set(easy_, CURLOPT_NOBODY, 1L);
        return;
    }
    if (hop_.sendsBody && request_.source) {
        set(easy_, CURLOPT_UPLOAD, 1L);
        // Without a size libcurl sends chunks.
        if (const auto size = request_.source->size())
            set(easy_, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(*size));
        request_.source->onReady([this] { resumeBody(); });
        set(easy_, CURLOPT_READFUNCTION, &CurlTransfer::onRead);
        set(easy_, CURLOPT_READDATA, this);
        set(easy_, CURLOPT_UPLOAD_BUFFERSIZE, 256L * 1024);
    } else if (hop_.sendsBody && (!request_.body.empty() || hop_.method == "POST")) {
        set(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
        set(easy_, CURLOPT_POSTFIELDS, request_.body.data());
    }
    if (request_.onSent) {
        set(easy_, CURLOPT_NOPROGRESS, 0L);
        set(easy_, CURLOPT_XFERINFOFUNCTION, &CurlTransfer::onProgress);
        set(easy_, CURLOPT_XFERINFODATA, this);
    }
    set(easy_, CURLOPT_CUSTOMREQUEST, hop_.method.c_str());
}

void CurlTransfer::addHeader(const std::string& line) {
    auto* longer = libcurl().slist_append(headers_.get(), line.c_str());
    if (!longer) throw std::bad_alloc();
    headers_.release();
    headers_.reset(longer);
}

void CurlTransfer::addHeader(const char* name, const vault::Secret& value) {
    if (value.empty()) return;
    auto prefix = std::string(name) + ": ";
    vault::Secret line(prefix.size() + value.size());
    auto bytes = line.bytes();
    std::memcpy(bytes.data(), prefix.data(), prefix.size());
    std::memcpy(bytes.data() + prefix.size(), value.c_str(), value.size());
    auto* longer = libcurl().slist_append(headers_.get(), line.c_str());
    if (!longer) throw std::bad_alloc();
    headers_.release();
    headers_.reset(longer);
}

void CurlTransfer::limitRate(std::uint64_t bytesPerSecond) {
    if (!easy_) return;
    libcurl().easy_setopt(easy_, CURLOPT_MAX_RECV_SPEED_LARGE, static_cast<curl_off_t>(bytesPerSecond));
}

asio::awaitable<Result<void>> CurlTransfer::run() {
    if (request_.stop.stop_requested()) co_return fail(Kind::cancelled, "It was stopped.");
    asio::steady_timer finished(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
    multi_->add(easy_, [this, &finished](CURLcode code) {
        code_ = code;
        finished.cancel();
    });
    finished_ = &finished;
    {
        std::stop_callback onStop(request_.stop, [&finished] { finished.cancel(); });
        while (!code_ && easy_ && !request_.stop.stop_requested()) {
            co_await finished.async_wait(asio::as_tuple(asio::use_awaitable));
        }
    }
    finished_ = nullptr;
    if (!easy_) {
        co_return fail(Kind::network,
                       "The sign-in that a request to " + hop_.url.host() +
                           " went with was forgotten while it was under way. It can be tried again.",
                       true);
    }
    if (!code_) {
        leaveConnection();
        multi_->remove(easy_);
        co_return fail(Kind::cancelled, "It was stopped.");
    }
    co_return conclude(*code_);
}

/// libcurl 7.88 drops an HTTP/2 stream without a word to the server, which would send on: the connection's
/// end tells it. One that other transfers share stays open.
void CurlTransfer::leaveConnection() {
    libcurl().easy_setopt(easy_, CURLOPT_FORBID_REUSE, 1L);
}

Result<void> CurlTransfer::conclude(CURLcode code) {
    if (refusal_) return std::unexpected(std::move(*refusal_));
    if (code != CURLE_OK && !isAnsweredEarly()) return std::unexpected(explain(code));
    if (sink_ && !isFollowedRedirect()) return beginBody();
    return {};
}

/// A server that refuses a body may answer and close while it is still being sent: what it said counts more
/// than that it closed.
bool CurlTransfer::isAnsweredEarly() const {
    return hop_.sendsBody && request_.source && !sink_ && hasWholeHead_ && head_.status >= 300;
}

bool CurlTransfer::isFollowedRedirect() const {
    bool isRedirect = head_.status == 301 || head_.status == 302 || head_.status == 303 ||
                      head_.status == 307 || head_.status == 308;
    return hop_.followsRedirects && isRedirect && head_.headers.find("location");
}

std::size_t CurlTransfer::onHeader(char* text, std::size_t, std::size_t bytes, void* self) {
    auto& me = *static_cast<CurlTransfer*>(self);
    std::string_view line(text, bytes);
    if (line.starts_with("HTTP/")) {
        // A status line begins a response anew: 1xx responses come before the one that counts (RFC 9110
        // section 15.2).
        me.head_.headers = {};
        me.hasWholeHead_ = false;
        auto code = line.substr(std::min(line.find(' ') + 1, line.size()));
        std::from_chars(code.data(), code.data() + code.size(), me.head_.status);
        me.head_.isMultiplexed = line.starts_with("HTTP/2");
        return bytes;
    }
    if (trimmed(line).empty()) me.hasWholeHead_ = true;
    auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return bytes;
    std::size_t held = 0;
    for (const auto& header : me.head_.headers.all()) held += header.name.size() + header.value.size();
    if (held + bytes > mostHeaderBytes) {
        me.refusal_ = Error{
            .kind = Kind::network,
            .message = "The server's answer has more headers than any real one; it was not read further."};
        return 0;
    }
    auto name = line.substr(0, colon);
    auto value = trimmed(line.substr(colon + 1));
    constexpr std::string_view setCookie = "set-cookie";
    bool isSetCookie = name.size() == setCookie.size() &&
                       libcurl().strnequal(name.data(), setCookie.data(), setCookie.size());
    if (isSetCookie) {
        // Goes where secrets live and is not kept with the other headers.
        if (me.request_.credentials) me.request_.credentials->received(me.hop_.url, value);
        return bytes;
    }
    me.head_.headers.add(std::string(name), std::string(value));
    return bytes;
}

std::size_t CurlTransfer::onBody(char* data, std::size_t, std::size_t bytes, void* self) {
    auto& me = *static_cast<CurlTransfer*>(self);
    auto taken = me.takeBody({reinterpret_cast<const std::byte*>(data), bytes});
    if (taken) return bytes;
    me.refusal_ = std::move(taken.error());
    me.leaveConnection();
    return CURL_WRITEFUNC_ERROR;
}

Result<void> CurlTransfer::beginBody() {
    if (hasBegun_) return {};
    hasBegun_ = true;
    return sink_->begin(head_);
}

Result<void> CurlTransfer::takeBody(std::span<const std::byte> bytes) {
    if (isFollowedRedirect()) {
        droppedBytes_ += bytes.size();
        if (droppedBytes_ > mostDroppedBytes) {
            return fail(Kind::network, "The server answered with a redirect that does not end.");
        }
        return {};
    }
    if (sink_) {
        if (auto begun = beginBody(); !begun) return begun;
        return sink_->data(bytes);
    }
    if (body_.size() + bytes.size() > request_.maxBodyBytes) {
        return std::unexpected(
            Error{.kind = Kind::too_large,
                  .message = "The answer of " + hop_.url.host() + " is larger than expected.",
                  .sizeBytes = body_.size() + bytes.size(),
                  .limitBytes = request_.maxBodyBytes});
    }
    body_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
}

std::size_t CurlTransfer::onRead(char* into, std::size_t, std::size_t bytes, void* self) {
    auto& me = *static_cast<CurlTransfer*>(self);
    if (!me.request_.source->isReady()) {
        me.isBodyPaused_ = true;
        return CURL_READFUNC_PAUSE;
    }
    auto read = me.request_.source->read({reinterpret_cast<std::byte*>(into), bytes});
    if (read) return *read;
    me.refusal_ = std::move(read.error());
    return CURL_READFUNC_ABORT;
}

void CurlTransfer::resumeBody() {
    if (easy_ && std::exchange(isBodyPaused_, false)) multi_->resume(easy_);
}

int CurlTransfer::onProgress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t sentBytes) {
    auto& me = *static_cast<CurlTransfer*>(self);
    me.request_.onSent(static_cast<std::uint64_t>(sentBytes));
    return 0;
}

Error CurlTransfer::explain(CURLcode code) const {
    const auto& host = hop_.url.host();
    switch (code) {
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_RESOLVE_PROXY:
            return {.kind = Kind::network,
                    .message = "The name " + host +
                               " could not be found. Check the internet connection and try again.",
                    .retryable = true};
        case CURLE_COULDNT_CONNECT:
            return {.kind = Kind::network,
                    .message = host + " could not be reached. Check the internet connection and try again.",
                    .retryable = true};
        case CURLE_OPERATION_TIMEDOUT:
            return {.kind = Kind::timeout,
                    .message = host +
                               " did not answer in time, or hardly sent anything. Try again when the "
                               "connection is better.",
                    .retryable = true};
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_ISSUER_ERROR:
        case CURLE_SSL_CERTPROBLEM:
            return {
                .kind = Kind::tls,
                .message = "The certificate of " + host +
                           " could not be verified, so nothing was sent. If your network puts its own "
                           "certificate in between, "
                           "ask its administrator for the authority's file and name it as network.caFile."};
        case CURLE_SSL_CACERT_BADFILE:
            return {.kind = Kind::tls,
                    .message =
                        "The file named by network.caFile could not be read as PEM certificates. Correct the "
                        "configuration."};
        case CURLE_SSL_CONNECT_ERROR:
            return {.kind = Kind::tls,
                    .message = "No secure connection to " + host +
                               " could be made. Try again; if it stays so, the server or something in "
                               "between is at fault.",
                    .retryable = true};
        case CURLE_OUT_OF_MEMORY:
            return {.kind = Kind::internal,
                    .message = "There was not enough memory for a request. Close something and try again."};
        default:
            return {.kind = Kind::network,
                    .message = "The connection to " + host + " broke off (" + libcurl().easy_strerror(code) +
                               "). It can be tried again.",
                    .retryable = true};
    }
}

}  // namespace auricle::net
