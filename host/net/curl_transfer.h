// One hop: one request to one URL and its response, as libcurl carries it out. Follows nothing.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>

#include "net/curl_client.h"
#include "net/curl_multi.h"
#include "net/libcurl.h"

namespace auricle::net {

/// What a hop needs beside the request it belongs to.
struct Hop {
    const Url& url;
    std::string method;
    bool sendsBody;         ///< false once a redirect turned a POST into a GET
    bool followsRedirects;  ///< a redirect's body is then dropped and never reaches the sink
};

/// The secrets of one hop, for as long as it takes to hand them to libcurl.
struct HopSecrets {
    vault::Secret cookies, authorization;
    std::vector<SecretHeader> headers{};

    static HopSecrets of(const Request& request, const Url& url);
    bool isEmpty() const { return cookies.empty() && authorization.empty() && headers.empty(); }
};

class CurlTransfer {
  public:
    CurlTransfer(std::shared_ptr<CurlMulti> multi, const NetworkOptions& options, const Request& request,
                 Hop hop, const HopSecrets& secrets, BodySink* sink);
    ~CurlTransfer();
    CurlTransfer(const CurlTransfer&) = delete;
    CurlTransfer& operator=(const CurlTransfer&) = delete;

    boost::asio::awaitable<Result<void>> run();
    ResponseHead& head() { return head_; }
    std::string& body() { return body_; }
    void limitRate(std::uint64_t bytesPerSecond);
    /// Ends the transfer where it is and wipes what libcurl keeps of it, before this returns; run() then
    /// fails with network, retryable. Not to be called from one of libcurl's callbacks.
    void drop();

  private:
    struct ListDeleter {
        void operator()(curl_slist* list) const { libcurl().slist_free_all(list); }
    };
    using List = std::unique_ptr<curl_slist, ListDeleter>;

    static std::size_t onHeader(char* text, std::size_t one, std::size_t bytes, void* self);
    static std::size_t onBody(char* data, std::size_t one, std::size_t bytes, void* self);
    static std::size_t onRead(char* into, std::size_t one, std::size_t bytes, void* self);
    static int onProgress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t sentBytes);
    void setUp(const HopSecrets& secrets);
    void setUpBody();
    void resumeBody();
    void setUpTrust();
    void addHeader(const std::string& line);
    void addHeader(const char* name, const vault::Secret& value);
    Result<void> takeBody(std::span<const std::byte> bytes);
    Result<void> beginBody();
    bool isFollowedRedirect() const;
    bool isAnsweredEarly() const;
    void leaveConnection();
    void release();
    Result<void> conclude(CURLcode code);
    Error explain(CURLcode code) const;

    std::shared_ptr<CurlMulti> multi_;
    const NetworkOptions& options_;
    const Request& request_;
    Hop hop_;
    BodySink* sink_;
    CURL* easy_;                                     ///< null: dropped
    boost::asio::steady_timer* finished_ = nullptr;  ///< that run() waits for
    List headers_, connectTo_;
    ResponseHead head_;
    std::string body_;
    std::uint64_t droppedBytes_ = 0;
    std::optional<CURLcode> code_;
    std::optional<Error> refusal_;
    bool hasBegun_ = false, hasWholeHead_ = false;
    bool isBodyPaused_ = false;  ///< the source had nothing to give
    char message_[CURL_ERROR_SIZE] = {};
};

}  // namespace auricle::net
