// libcurl's multi handle driven by the Asio loop: which sockets to watch, when to wake, whose transfer is
// done.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>

#include "net/libcurl.h"

namespace auricle::net {

class CurlMulti : public std::enable_shared_from_this<CurlMulti> {
  public:
    explicit CurlMulti(boost::asio::any_io_executor executor);
    ~CurlMulti();
    CurlMulti(const CurlMulti&) = delete;
    CurlMulti& operator=(const CurlMulti&) = delete;

    /// Starts the transfer of a prepared easy handle. `done` is called once on the loop, never from within
    /// add().
    void add(CURL* easy, std::function<void(CURLcode)> done);
    /// Ends a transfer now; its `done` is not called any more. Not to be called from one of its libcurl
    /// callbacks.
    void remove(CURL* easy);
    /// Goes on with a transfer whose read function has paused it. Not to be called from one of libcurl's
    /// callbacks.
    void resume(CURL* easy);
    bool isIdle() const { return transfers_.empty(); }

  private:
    struct Watch;
    static int onSocket(CURL* easy, curl_socket_t socket, int what, void* self, void*);
    static int onTimer(CURLM* multi, long timeoutMs, void* self);
    void arm(const std::shared_ptr<Watch>& watch);
    void wait(const std::shared_ptr<Watch>& watch, bool forReading);
    void act(curl_socket_t socket, int events);
    void settle();

    boost::asio::any_io_executor executor_;
    boost::asio::steady_timer timer_;
    CURLM* multi_;
    std::map<curl_socket_t, std::shared_ptr<Watch>> watches_;
    std::map<CURL*, std::function<void(CURLcode)>> transfers_;
};

}  // namespace auricle::net
