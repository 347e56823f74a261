#include "command/bearer.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

namespace auricle::command {
namespace {

constexpr std::size_t maxTokenBytes = 16u << 10;

}  // namespace

Result<vault::Secret> readBearer(int descriptor, std::string_view command) {
    vault::Secret token(maxTokenBytes + 1);
    std::size_t size = 0;
    while (size < token.size()) {
        const auto got = ::read(descriptor, token.bytes().data() + size, token.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        size += static_cast<std::size_t>(got);
    }
    if (size > maxTokenBytes)
        return fail(Kind::bad_params, "What stands on standard input is too long for a token (16 KiB).");
    token.shrink(size);
    while (!token.empty() && (token.reveal().back() == '\n' || token.reveal().back() == '\r'))
        token.shrink(token.size() - 1);
    const bool isToken =
        !token.empty() && std::ranges::all_of(token.reveal(), [](char c) { return c > ' ' && c < '\x7f'; });
    if (!isToken)
        return fail(Kind::bad_params,
                    "There is no token on standard input: it is one line of visible characters, as in `" +
                        std::string(command) + " --bearer-from-stdin < FILE`.");
    return token;
}

}  // namespace auricle::command
