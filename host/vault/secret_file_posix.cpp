#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "vault/secret_file.h"

namespace auricle::vault {
namespace {

void overwrite(int descriptor) noexcept {
    struct stat status {};
    if (::fstat(descriptor, &status) != 0) return;
    constexpr std::array<std::byte, 4096> zeros{};
    for (off_t at = 0; at < status.st_size;) {
        const auto left = static_cast<std::size_t>(status.st_size - at);
        const auto written = ::pwrite(descriptor, zeros.data(), std::min(zeros.size(), left), at);
        if (written <= 0) return;
        at += written;
    }
}

}  // namespace

std::optional<SecretFile> SecretFile::of(const Secret& content) noexcept {
    SecretFile file(::memfd_create("auricle", MFD_CLOEXEC));
    if (file.descriptor_ < 0 || !file.fill(content)) return std::nullopt;
    return file;
}

/// Through a mapping, as there the pages can be locked before anything is in them.
bool SecretFile::fill(const Secret& content) noexcept {
    if (content.empty()) return true;
    if (::ftruncate(descriptor_, static_cast<off_t>(content.size())) != 0) return false;
    void* mapped = ::mmap(nullptr, content.size(), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
    if (mapped == MAP_FAILED) return false;
    mapped_ = mapped;
    mappedBytes_ = content.size();
    ::madvise(mapped_, mappedBytes_, MADV_DONTDUMP);
    ::madvise(mapped_, mappedBytes_, MADV_DONTFORK);
    ::mlock(mapped_, mappedBytes_);
    std::memcpy(mapped_, content.bytes().data(), content.size());
    return true;
}

SecretFile::SecretFile(SecretFile&& other) noexcept {
    swap(other);
}

SecretFile& SecretFile::operator=(SecretFile&& other) noexcept {
    swap(other);
    return *this;
}

void SecretFile::swap(SecretFile& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(mapped_, other.mapped_);
    std::swap(mappedBytes_, other.mappedBytes_);
}

SecretFile::~SecretFile() {
    if (mapped_ != nullptr) ::munmap(mapped_, mappedBytes_);
    if (descriptor_ < 0) return;
    overwrite(descriptor_);
    ::close(descriptor_);
}

}  // namespace auricle::vault
