#include "system/descriptor_posix.h"

#include <fcntl.h>
#include <unistd.h>

namespace auricle {

void Descriptor::close() noexcept {
    if (isOpen()) ::close(release());
}

bool Pipe::open() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return false;
    read = Descriptor(ends[0]);
    write = Descriptor(ends[1]);
    return true;
}

}  // namespace auricle
