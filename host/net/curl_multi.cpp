#include "net/curl_multi.h"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <new>

namespace auricle::net {

namespace asio = boost::asio;

/// One socket of libcurl's. The descriptor stays libcurl's to close: it is released, never closed, here.
struct CurlMulti::Watch {
    Watch(const asio::any_io_executor& executor, curl_socket_t which)
        : descriptor(executor, which), socket(which) {}
    ~Watch() {
        if (descriptor.is_open()) descriptor.release();
    }
    asio::posix::stream_descriptor descriptor;
    curl_socket_t socket;
    int wanted = CURL_POLL_NONE;
    bool isReading = false, isWriting = false, isGone = false;
};

CurlMulti::CurlMulti(asio::any_io_executor executor)
    : executor_(std::move(executor)), timer_(executor_), multi_(libcurl().multi_init()) {
    if (!multi_) throw std::bad_alloc();
    libcurl().multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlMulti::onSocket);
    libcurl().multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    libcurl().multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlMulti::onTimer);
    libcurl().multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    libcurl().multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS, 8L);
}

CurlMulti::~CurlMulti() {
    for (auto& [easy, done] : transfers_) libcurl().multi_remove_handle(multi_, easy);
    // The callbacks would reach into a half-destroyed object: no socket is watched any more from here on.
    libcurl().multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, nullptr);
    libcurl().multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, nullptr);
    for (auto& [socket, watch] : watches_) {
        watch->isGone = true;
        watch->descriptor.release();
    }
    libcurl().multi_cleanup(multi_);
}

void CurlMulti::add(CURL* easy, std::function<void(CURLcode)> done) {
    transfers_.emplace(easy, std::move(done));
    libcurl().multi_add_handle(multi_, easy);
}

void CurlMulti::remove(CURL* easy) {
    if (transfers_.erase(easy) > 0) libcurl().multi_remove_handle(multi_, easy);
}

void CurlMulti::resume(CURL* easy) {
    if (transfers_.contains(easy)) libcurl().easy_pause(easy, CURLPAUSE_CONT);
}

int CurlMulti::onSocket(CURL*, curl_socket_t socket, int what, void* self, void*) {
    auto& multi = *static_cast<CurlMulti*>(self);
    auto found = multi.watches_.find(socket);
    if (what == CURL_POLL_REMOVE) {
        if (found == multi.watches_.end()) return 0;
        found->second->isGone = true;
        found->second->descriptor.release();
        multi.watches_.erase(found);
        return 0;
    }
    if (found == multi.watches_.end()) {
        found = multi.watches_.emplace(socket, std::make_shared<Watch>(multi.executor_, socket)).first;
    }
    found->second->wanted = what;
    multi.arm(found->second);
    return 0;
}

void CurlMulti::arm(const std::shared_ptr<Watch>& watch) {
    if ((watch->wanted & CURL_POLL_IN) && !watch->isReading) wait(watch, true);
    if ((watch->wanted & CURL_POLL_OUT) && !watch->isWriting) wait(watch, false);
}

void CurlMulti::wait(const std::shared_ptr<Watch>& watch, bool forReading) {
    auto& isWaiting = forReading ? watch->isReading : watch->isWriting;
    isWaiting = true;
    auto direction =
        forReading ? asio::posix::descriptor_base::wait_read : asio::posix::descriptor_base::wait_write;
    watch->descriptor.async_wait(
        direction, [weak = weak_from_this(), watch, forReading](boost::system::error_code fault) {
            (forReading ? watch->isReading : watch->isWriting) = false;
            auto self = weak.lock();
            if (!self || watch->isGone || fault == asio::error::operation_aborted) return;
            int wantedBit = forReading ? CURL_POLL_IN : CURL_POLL_OUT;
            if (!(watch->wanted & wantedBit)) return;
            // Ready for writing, libcurl looks itself what else is: a server that refuses a body answers and
            // closes, and its answer has to be read before the next write fails.
            self->act(watch->socket, fault ? CURL_CSELECT_ERR : forReading ? CURL_CSELECT_IN : 0);
            if (!watch->isGone) self->arm(watch);
        });
}

int CurlMulti::onTimer(CURLM*, long timeoutMs, void* self) {
    auto& multi = *static_cast<CurlMulti*>(self);
    if (timeoutMs < 0) {
        multi.timer_.cancel();
        return 0;
    }
    multi.timer_.expires_after(std::chrono::milliseconds(timeoutMs));
    multi.timer_.async_wait([weak = multi.weak_from_this()](boost::system::error_code fault) {
        auto me = weak.lock();
        if (me && !fault) me->act(CURL_SOCKET_TIMEOUT, 0);
    });
    return 0;
}

void CurlMulti::act(curl_socket_t socket, int events) {
    auto keepAlive = shared_from_this();
    int running = 0;
    libcurl().multi_socket_action(multi_, socket, events, &running);
    settle();
}

void CurlMulti::settle() {
    int left = 0;
    while (CURLMsg* message = libcurl().multi_info_read(multi_, &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        CURL* easy = message->easy_handle;
        CURLcode code = message->data.result;
        auto found = transfers_.find(easy);
        if (found == transfers_.end()) continue;
        auto done = std::move(found->second);
        transfers_.erase(found);
        libcurl().multi_remove_handle(multi_, easy);
        done(code);
    }
}

}  // namespace auricle::net
