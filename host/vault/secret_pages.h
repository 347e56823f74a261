// Pages of the system that secrets lie in: anonymous, locked, left out of dumps and of forks.
#pragma once

#include <cstddef>

namespace auricle::vault {

struct SecretPages {
    std::byte* data = nullptr;  ///< null when the system gave none
    std::size_t size = 0;       ///< bytes, whole pages
    bool isLocked = false;      ///< false where RLIMIT_MEMLOCK is too small: the pages are good all the same
};

/// Zeroed pages for at least `size` bytes, beginning at a multiple of `alignment` (a power of two, at least a
/// page).
SecretPages mapSecretPages(std::size_t size, std::size_t alignment) noexcept;
/// Gives pages back whose content is already wiped.
void unmapSecretPages(const SecretPages& pages) noexcept;

}  // namespace auricle::vault
