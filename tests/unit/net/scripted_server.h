// A plain HTTP/1.1 server on loopback that answers as a test says, byte for byte, and remembers what it was
// asked.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <string>
#include <vector>

#include "net/url.h"

namespace auricle::test {

struct RawAnswer {
    std::string bytes{};  ///< status line, headers and body as they are sent
    /// keep: the next request may come over the same connection.
    enum class Then { close, reset, hold, keep } then = Then::close;
};

class ScriptedServer {
  public:
    using Script = std::function<RawAnswer(const std::string& request)>;

    ScriptedServer(boost::asio::io_context& loop, Script script)
        : acceptor_(loop, {boost::asio::ip::make_address("127.0.0.1"), 0}), script_(std::move(script)) {
        boost::asio::co_spawn(loop, serve(), boost::asio::detached);
    }
    std::string origin() const {
        return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
    }
    net::Url url(const std::string& path) const { return *net::Url::parse(origin() + path); }
    const std::vector<std::string>& requests() const { return requests_; }
    unsigned connections() const { return connections_; }
    void stop() {
        acceptor_.close();
        held_.clear();
    }

  private:
    using Socket = boost::asio::ip::tcp::socket;

    boost::asio::awaitable<void> serve() {
        for (;;) {
            boost::system::error_code fault;
            Socket socket = co_await acceptor_.async_accept(
                boost::asio::redirect_error(boost::asio::use_awaitable, fault));
            if (fault) co_return;
            ++connections_;
            boost::asio::co_spawn(acceptor_.get_executor(),
                                  answer(std::make_shared<Socket>(std::move(socket))), boost::asio::detached);
        }
    }

    boost::asio::awaitable<void> answer(std::shared_ptr<Socket> socket) {
        boost::system::error_code fault;
        auto token = boost::asio::redirect_error(boost::asio::use_awaitable, fault);
        RawAnswer answer{.then = RawAnswer::Then::keep};
        while (answer.then == RawAnswer::Then::keep) {
            std::string request;
            co_await boost::asio::async_read_until(*socket, boost::asio::dynamic_buffer(request), "\r\n\r\n",
                                                   token);
            if (fault) co_return;
            requests_.push_back(request);
            answer = script_(request);
            co_await boost::asio::async_write(*socket, boost::asio::buffer(answer.bytes), token);
        }
        if (answer.then == RawAnswer::Then::hold) {
            held_.push_back(socket);
        } else if (answer.then == RawAnswer::Then::reset) {
            socket->set_option(boost::asio::socket_base::linger(true, 0), fault);
            socket->close(fault);
        } else {
            socket->shutdown(Socket::shutdown_both, fault);
        }
    }

    boost::asio::ip::tcp::acceptor acceptor_;
    Script script_;
    std::vector<std::string> requests_;
    unsigned connections_ = 0;
    std::vector<std::shared_ptr<Socket>> held_;
};

/// Runs one coroutine on the loop to its end and gives what it returned.
template <class T>
T runOn(boost::asio::io_context& loop, boost::asio::awaitable<T> work) {
    std::optional<T> outcome;
    boost::asio::co_spawn(
        loop, [&]() -> boost::asio::awaitable<void> { outcome.emplace(co_await std::move(work)); },
        [&](std::exception_ptr fault) {
            loop.stop();
            if (fault) std::rethrow_exception(fault);
        });
    loop.restart();
    loop.run();
    return std::move(*outcome);
}

}  // namespace auricle::test
