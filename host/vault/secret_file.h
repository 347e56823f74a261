// A secret as a file without a name that lies in memory alone, for a program that takes its secrets from a
// file and from nowhere else.
#pragma once

#include <cstddef>
#include <optional>

#include "vault/secret.h"

namespace auricle::vault {

/// Whoever is handed the descriptor (ChildCommand::handedOn) opens it as /proc/self/fd/N, and may write it
/// anew. Locked where the system allows it, not dumped. What is in it then is overwritten when this goes.
class SecretFile {
  public:
    /// Nothing, with errno set, where the system gives none.
    static std::optional<SecretFile> of(const Secret& content) noexcept;
    SecretFile(SecretFile&& other) noexcept;
    SecretFile& operator=(SecretFile&& other) noexcept;
    SecretFile(const SecretFile&) = delete;
    SecretFile& operator=(const SecretFile&) = delete;
    ~SecretFile();

    int descriptor() const noexcept { return descriptor_; }

  private:
    explicit SecretFile(int descriptor) noexcept : descriptor_(descriptor) {}
    bool fill(const Secret& content) noexcept;
    void swap(SecretFile& other) noexcept;

    int descriptor_ = -1;
    void* mapped_ = nullptr;  ///< keeps the pages locked; not touched, as another may have cut the file
    std::size_t mappedBytes_ = 0;
};

}  // namespace auricle::vault
