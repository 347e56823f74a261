#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "media/byte_source.h"

namespace auricle::media {

std::uint64_t FileSource::size() const {
    struct stat status {};
    return ::fstat(descriptor_, &status) == 0 && status.st_size > 0
               ? static_cast<std::uint64_t>(status.st_size)
               : 0;
}

Result<std::size_t> FileSource::readAt(std::uint64_t offset, std::span<std::byte> into) const {
    std::size_t done = 0;
    while (done < into.size()) {
        auto got =
            ::pread(descriptor_, into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            return fail(Kind::internal, "The downloaded file cannot be read: " +
                                            std::generic_category().message(errno) + ".");
        }
        if (got == 0) break;
        done += static_cast<std::size_t>(got);
    }
    return done;
}

}  // namespace auricle::media
