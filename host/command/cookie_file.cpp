#include "command/cookie_file.h"

#include <fcntl.h>

#include "system/files.h"
#include "vault/netscape.h"

namespace auricle::command {

namespace {

constexpr std::uint64_t maxBytes = 4u << 20;

Result<vault::Secret> readSecret(const std::filesystem::path& path) {
    auto file = openFile(path, O_RDONLY);
    if (!file) return std::unexpected(file.error());
    auto bytes = sizeOf(file->get());
    if (!bytes) return std::unexpected(bytes.error());
    if (*bytes > maxBytes)
        return fail(Kind::too_large,
                    "The cookie file is larger than 4 MiB. Export the cookies of that one site.");
    vault::Secret text(static_cast<std::size_t>(*bytes));
    auto read = readAt(file->get(), 0, text.bytes());
    if (!read) return std::unexpected(read.error());
    text.shrink(*read);
    return text;
}

}  // namespace

Result<std::vector<vault::OfferedCookie>> readCookieFile(const std::filesystem::path& path) {
    auto text = readSecret(path);
    if (!text) return std::unexpected(text.error());
    return vault::readNetscape(*text);
}

}  // namespace auricle::command
