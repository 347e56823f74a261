#include "command/serve.h"

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <exception>

#include "channel/server.h"
#include "command/host.h"
#include "command/misconfigured.h"
#include "system/deadline.h"
#include "system/hardening.h"

namespace auricle::command {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds longestEnd{490};  // PROTOCOL section 1: gone within 500 ms

/// Serves until the browser is gone. What did not stop in time is dropped with the loop.
int serveOn(asio::io_context& loop, channel::Parts parts, int frames) {
    parts.ending = [behind = std::move(parts.ending)] {
        leaveWithin(longestEnd);
        if (behind) behind();
    };
    channel::Server server(std::move(parts));
    int status = 0;
    asio::co_spawn(loop, server.run(STDIN_FILENO, frames), [&](std::exception_ptr fault) {
        if (fault) status = 1;
        loop.stop();
    });
    loop.run();
    return status;
}

}  // namespace

int serve(const channel::Caller&) {
    auto frames = moveStandardOutputAway();
    if (!frames) {
        std::fprintf(stderr, "auricle: %s\n", frames.error().message.c_str());
        return 1;
    }
    auto paths = findPaths();
    auto loaded = loadConfig(paths);
    asio::io_context loop(1);
    if (!loaded) std::fprintf(stderr, "auricle: %s\n", loaded.error().message.c_str());
    Host host(loop, paths, loaded ? std::move(loaded->config) : Config{});
    auto parts = host.parts();
    if (loaded) return serveOn(loop, std::move(parts), *frames);
    // A rule of an administrator's may stand in the file that cannot be read: nothing is captured until it
    // can.
    Misconfigured refusing(host.manager(), loaded.error());
    auto refuseToRead = [why = loaded.error()](auto...) -> asio::awaitable<Result<delivery::RecordingPiece>> {
        co_return std::unexpected(why);
    };
    return serveOn(loop,
                   {.manager = refusing,
                    .vault = parts.vault,
                    .seals = parts.seals,
                    .facts = parts.facts,
                    .probeTools = parts.probeTools,
                    .readAudit = parts.readAudit,
                    .totals = parts.totals,
                    .reveal = parts.reveal,
                    .readRecording = refuseToRead},
                   *frames);
}

}  // namespace auricle::command
