#include "command/fetch.h"

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>

#include "command/bearer.h"
#include "command/cookie_file.h"
#include "command/fetch_report.h"
#include "command/host.h"
#include "command/line.h"

namespace auricle::command {

namespace asio = boost::asio;

namespace {

/// One run of the command.
class Fetch {
  public:
    Fetch(asio::io_context& loop, const Paths& paths, Config config, const FetchOptions& options)
        : loop_(loop),
          host_(loop, paths, std::move(config)),
          options_(options),
          report_(stdout, ::isatty(STDOUT_FILENO) == 1),
          signals_(loop, SIGINT, SIGTERM) {}

    int run() {
        if (auto put = putCookies(); !put) return complain(put.error());
        if (auto put = putBearer(); !put) return complain(put.error());
        listenForSignals();
        if (options_.wantsPlanOnly) {
            asio::co_spawn(loop_, plan(), asio::detached);
        } else if (auto started = start(); !started) {
            return complain(started.error());
        }
        loop_.run();
        host_.joinWorker();
        return status_;
    }

  private:
    static int complain(const Error& error) {
        std::fprintf(stderr, "auricle: %s\n", error.message.c_str());
        return statusFailed;
    }

    void listenForSignals() {
        signals_.async_wait([this](auto fault, int) {
            if (!fault) asio::co_spawn(loop_, park(), asio::detached);
        });
    }

    capture::StartRequest request() const {
        capture::StartRequest request;
        request.page = options_.url;
        request.key = "fetch " + options_.url;
        if (!options_.title.empty()) request.title = options_.title;
        request.mayBeAnything = true;
        request.target = delivery::Target{};
        return request;
    }

    Result<void> putCookies() {
        if (!options_.cookies) return {};
        auto url = net::Url::parse(options_.url);
        if (!url) return std::unexpected(url.error());
        auto page = host_.sites().recognise(*url);
        if (!page || page->site == "direct") {
            return fail(
                Kind::unsupported_site,
                "Cookies are of use for the pages of sites that Auricle knows. Leave --cookies out, or "
                "name the page itself.");
        }
        auto cookies = readCookieFile(*options_.cookies);
        if (!cookies) return std::unexpected(cookies.error());
        vault::OpenedCookies opened{
            .site = page->site, .origin = page->origin, .store = {}, .cookies = std::move(*cookies)};
        auto put = host_.vault().put(std::move(opened));
        if (!put) return std::unexpected(put.error());
        return {};
    }

    Result<void> putBearer() {
        if (!options_.readsBearer) return {};
        auto url = net::Url::parse(options_.url);
        if (!url) return std::unexpected(url.error());
        auto page = host_.sites().recognise(*url);
        auto origin = page ? host_.sites().find(page->site)->bearerOrigin() : std::string_view();
        if (origin.empty()) {
            return fail(
                Kind::unsupported_site,
                "A token is of use for the pages of MUBI alone. Leave --bearer-from-stdin out, or name a "
                "film's page.");
        }
        auto token = readBearer(STDIN_FILENO, "auricle fetch URL");
        if (!token) return std::unexpected(token.error());
        vault::OpenedBearer opened{
            .origin = std::string(origin), .token = std::move(*token), .expiresAtMs = {}};
        auto put = host_.vault().put(std::move(opened));
        if (!put) return std::unexpected(put.error());
        return {};
    }

    Result<void> start() {
        auto& manager = host_.manager();
        manager.listen(
            {.changed = [this](const capture::Capture& capture) { changed(capture); },
             .progress = [this](const capture::Progress& progress) { report_.progressed(progress); },
             .refreshWanted = {},
             .warning =
                 [](auto, std::string_view message) {
                     std::fprintf(stderr, "auricle: %.*s\n", static_cast<int>(message.size()),
                                  message.data());
                 }});
        auto started = manager.start(request());
        if (!started) return std::unexpected(started.error());
        id_ = started->id;
        // What was done before is there already.
        if (started->state == capture::State::done) changed(*started);
        return {};
    }

    void changed(const capture::Capture& capture) {
        report_.changed(capture);
        bool isParked = capture.state == capture::State::parked && !capture.error;
        if (!isOver(capture.state) && !isParked) return;
        report_.ended(capture);
        status_ = capture.state == capture::State::done ? statusWell : statusFailed;
        if (capture.error) complain(*capture.error);
        signals_.cancel();
    }

    asio::awaitable<void> plan() {
        auto planned = co_await host_.manager().plan(request(), stop_.get_token());
        status_ = planned ? statusWell : complain(planned.error());
        if (planned) report_.planned(*planned);
        signals_.cancel();
    }

    /// Once: what is live ends here and is kept, all else is parked. Twice: all is parked.
    asio::awaitable<void> park() {
        stop_.request_stop();
        listenForSignals();
        if (!id_.empty() && !std::exchange(wasAsked_, true) && host_.manager().isLive(id_)) {
            auto finished = co_await host_.manager().pause(id_);
            co_return;
        }
        co_await host_.manager().parkAll();
    }

    asio::io_context& loop_;
    Host host_;
    const FetchOptions& options_;
    FetchReport report_;
    asio::signal_set signals_;
    std::stop_source stop_;
    std::string id_;  ///< of the capture; empty before it is started
    bool wasAsked_ = false;
    int status_ = statusFailed;
};

}  // namespace

int runFetch(const FetchOptions& options) {
    auto paths = findPaths();
    auto loaded = loadConfig(paths);
    if (!loaded) {
        std::fprintf(stderr, "auricle: %s\n", loaded.error().message.c_str());
        return statusFailed;
    }
    auto config = std::move(loaded->config);
    if (options.folder) config.delivery.folder = std::filesystem::absolute(*options.folder);
    asio::io_context loop(1);
    return Fetch(loop, paths, std::move(config), options).run();
}

}  // namespace auricle::command
