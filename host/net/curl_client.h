// The HTTP client of the program: libcurl's multi interface on the event loop, one coroutine for each
// request.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "net/http.h"

namespace auricle::net {

struct NetworkOptions {
    std::filesystem::path caFile{};        ///< PEM, beside the system's authorities; empty: none
    std::vector<std::string> connectTo{};  ///< HOST:PORT:HOST:PORT
    std::string proxy{};                   ///< empty: none, whatever the environment says
    std::uint64_t maxBytesPerSecond = 0;   ///< of all downloads together; 0: no limit
};

/// Nothing of libcurl is set up before the first request. All calls on the loop of `executor`, whose loop
/// must not run on more than one thread. Redirects are followed by the client itself, never by libcurl: the
/// URL of every hop is judged, and credentials are asked for anew (SAFETY "Secrets").
class CurlClient final : public HttpClient {
  public:
    CurlClient(boost::asio::any_io_executor executor, NetworkOptions options);
    ~CurlClient() override;

    boost::asio::awaitable<Result<Response>> send(Request request) override;
    boost::asio::awaitable<Result<Response>> send(Request request, BodySink& sink) override;
    /// Closes the connections that secrets have gone over, whose HPACK tables and buffers remember them;
    /// those in use close when they are done.
    void forgetConnections();
    /// The same, and what is under way with a secret ends now (network, retryable): afterwards no memory of
    /// this client holds one. Not to be called from a sink.
    void forgetSecrets();

  private:
    class Pool;
    boost::asio::awaitable<Result<Response>> follow(Request request, BodySink* sink);

    std::shared_ptr<Pool> pool_;
};

}  // namespace auricle::net
