// Memory for what must never leave by accident: cookie values, tokens, keys. Knows no other room.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <span>
#include <string_view>

namespace auricle::vault {

/// Bytes in locked anonymous pages (not dumped, wiped on fork), wiped when released. Can be moved, not
/// copied, and has no way into a stream or a formatter: whoever needs the bytes says so with reveal(). One
/// zero byte always follows the content, so that C interfaces can be handed c_str(). Throws std::bad_alloc
/// when the system gives no memory; where pages cannot be locked (a small RLIMIT_MEMLOCK) it goes on without
/// the lock and secretLocking() says so.
class Secret {
  public:
    Secret() noexcept = default;
    /// `size` zero bytes, to be filled through bytes().
    explicit Secret(std::size_t size);
    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret&& other) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret();

    static Secret copyOf(std::string_view text);
    static Secret copyOf(std::span<const std::byte> bytes);
    /// A second one with the same content, where that is really meant.
    Secret duplicate() const;

    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    /// The content, for the one call that needs it. Never keep it, never put it into a std::string.
    std::string_view reveal() const noexcept;
    const char* c_str() const noexcept;
    std::span<std::byte> bytes() noexcept;
    std::span<const std::byte> bytes() const noexcept;
    /// Cuts the content to `size` bytes (no more than it has) and wipes the rest.
    void shrink(std::size_t size) noexcept;
    /// Compares in a time that depends on the sizes alone.
    bool sameAs(const Secret& other) const noexcept;
    /// Wipes and releases now.
    void clear() noexcept;

  private:
    std::byte* data_ = nullptr;
    std::size_t size_ = 0;
};

/// No secret is ever printed.
std::ostream& operator<<(std::ostream&, const Secret&) = delete;

/// How much secret memory there is, and whether all of it could be locked (bytes).
struct SecretLocking {
    std::size_t mappedBytes;
    bool allLocked;
};
SecretLocking secretLocking() noexcept;

/// Overwrites memory in a way the compiler may not leave out.
void wipe(void* data, std::size_t size) noexcept;

}  // namespace auricle::vault
