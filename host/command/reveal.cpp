#include "command/reveal.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "system/child.h"
#include "system/paths.h"
#include "system/tools.h"

namespace auricle::command {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

constexpr const char* opener = "xdg-open";

std::optional<fs::path> findOpener() {
    const char* path = std::getenv("PATH");
    for (const auto& folder : toolFolders(path ? path : "", findPaths().home)) {
        std::error_code ignored;
        if (fs::is_regular_file(folder / opener, ignored)) return folder / opener;
    }
    return std::nullopt;
}

/// A file manager has to find the desktop that the person sits at.
std::vector<std::string> desktopEnvironment() {
    auto environment = plainEnvironment();
    for (const char* name :
         {"DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS", "XDG_CURRENT_DESKTOP"}) {
        if (const char* value = std::getenv(name)) environment.push_back(std::string(name) + "=" + value);
    }
    return environment;
}

asio::awaitable<void> runAndForget(ChildCommand command) {
    auto outcome = co_await run(std::move(command));
    if (!outcome) std::fprintf(stderr, "auricle: %s\n", outcome.error().message.c_str());
}

}  // namespace

Result<void> reveal(asio::io_context& loop, const std::string& file) {
    std::error_code ignored;
    if (!fs::exists(file, ignored))
        return fail(Kind::not_found,
                    "The file is not there any more: " + file + ". It was moved or deleted.");
    auto program = findOpener();
    if (!program)
        return fail(
            Kind::tool_missing,
            "There is no xdg-open on this computer to show the folder with. The file is " + file + ".");
    ChildCommand command{.program = *program,
                         .arguments = {fs::path(file).parent_path().string()},
                         .environment = desktopEnvironment()};
    asio::co_spawn(loop, runAndForget(std::move(command)), asio::detached);
    return {};
}

}  // namespace auricle::command
