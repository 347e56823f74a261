#include "system/wiping_memory.h"

#ifdef AURICLE_SANITIZED

namespace auricle {

bool activateWipingMemory() noexcept {
    return false;
}

}  // namespace auricle

#else

#include <dlfcn.h>
#include <malloc.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>

// glibc calls its own free and realloc, and libstdc++ its operator delete, through symbols that the
// executable may define; the allocator itself stays glibc's, reached by these names. What the thread cache
// marks in freed bytes to find a double free is wiped with them, so a double free is found by the address
// sanitizer's build and not by glibc.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void __libc_free(void* block);
}

namespace {

// From here on a block is a mapping of its own: it grows by mremap, which moves pages and leaves no copy, and
// goes back to the system at once. Fixed, because glibc would raise its own limit up to 32 MiB as large
// blocks are freed; larger than glibc's first limit (128 KiB), because transfer buffers of half a MiB come
// and go. Memory at the heap's end is kept up to twice as much, as glibc has it too.
constexpr int kMapFromBytes = 1 << 20;
constexpr int kKeepAtEndBytes = 2 * kMapFromBytes;

// In front of every block glibc keeps its size, with flags in the low bits; malloc_usable_size reads the same
// word.
bool isMapping(const void* block) noexcept {
    std::size_t sizeAndFlags;
    std::memcpy(&sizeAndFlags, static_cast<const char*>(block) - sizeof sizeAndFlags, sizeof sizeAndFlags);
    return sizeAndFlags & 2;
}

// A block that grows once is likely to grow again: room for that makes many small steps cost little more than
// one. It is bounded, because every step wipes the room that is still left.
std::size_t withRoomToGrow(std::size_t size, std::size_t before) noexcept {
    constexpr std::size_t mostRoom = 16 * 1024;
    const std::size_t roomy = before + std::min(before / 2, mostRoom);
    return std::max(size, roomy);
}

void* moveToLarger(void* block, std::size_t size, std::size_t before) noexcept {
    void* larger = __libc_malloc(withRoomToGrow(size, before));
    if (!larger) larger = __libc_malloc(size);
    if (!larger) return nullptr;
    std::memcpy(larger, block, before);
    std::free(block);
    return larger;
}

}  // namespace

extern "C" void free(void* block) noexcept {
    if (!block) return;
    const int before = errno;
    explicit_bzero(block, malloc_usable_size(block));
    __libc_free(block);
    errno = before;
}

extern "C" void* realloc(void* block, std::size_t size) noexcept {
    if (!block) return __libc_malloc(size);
    if (size == 0) {
        std::free(block);
        return nullptr;
    }
    if (isMapping(block)) return __libc_realloc(block, size);
    const std::size_t usable = malloc_usable_size(block);
    if (size > usable) return moveToLarger(block, size, usable);
    // glibc gives the rest of a block that shrinks back to itself, unwiped.
    explicit_bzero(static_cast<char*>(block) + size, usable - size);
    return size < usable / 2 ? __libc_realloc(block, size) : block;
}

extern "C" void* reallocarray(void* block, std::size_t count, std::size_t size) noexcept {
    std::size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return nullptr;
    }
    return realloc(block, bytes);
}

namespace auricle {

bool activateWipingMemory() noexcept {
    mallopt(M_MMAP_THRESHOLD, kMapFromBytes);
    mallopt(M_TRIM_THRESHOLD, kKeepAtEndBytes);
    return dlsym(RTLD_DEFAULT, "free") == reinterpret_cast<void*>(&::free) &&
           dlsym(RTLD_DEFAULT, "realloc") == reinterpret_cast<void*>(&::realloc);
}

}  // namespace auricle

#endif
