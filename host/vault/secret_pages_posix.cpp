#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

#include "vault/secret_pages.h"

namespace auricle::vault {
namespace {

std::size_t roundUp(std::size_t size, std::size_t unit) {
    return (size + unit - 1) / unit * unit;
}

// mmap promises a page's alignment only, so more is asked for and both ends are given back.
std::byte* mapAligned(std::size_t size, std::size_t alignment) noexcept {
    void* raw = mmap(nullptr, size + alignment, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (raw == MAP_FAILED) return nullptr;
    auto* begin = static_cast<std::byte*>(raw);
    const auto address = reinterpret_cast<std::uintptr_t>(raw);
    const std::size_t head = roundUp(address, alignment) - address;
    const std::size_t tail = alignment - head;
    if (head) munmap(begin, head);
    if (tail) munmap(begin + head + size, tail);
    return begin + head;
}

}  // namespace

SecretPages mapSecretPages(std::size_t size, std::size_t alignment) noexcept {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    if (size > SIZE_MAX / 2) return {};
    const std::size_t whole = roundUp(size, page);
    std::byte* data = mapAligned(whole, alignment);
    if (!data) return {};
    madvise(data, whole, MADV_DONTDUMP);
    madvise(data, whole, MADV_WIPEONFORK);
    return {data, whole, mlock(data, whole) == 0};
}

void unmapSecretPages(const SecretPages& pages) noexcept {
    munmap(pages.data, pages.size);
}

}  // namespace auricle::vault
