#include <csignal>

#include "system/stream.h"

namespace auricle {

Stream openStream(const boost::asio::any_io_executor& executor, int descriptor) {
    // A handler rather than SIG_IGN: an ignored signal stays ignored across exec, a handled one does not.
    struct sigaction action {};
    action.sa_handler = [](int) {};
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGPIPE, &action, nullptr);
    return Stream(executor, descriptor);
}

}  // namespace auricle
