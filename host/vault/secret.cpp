#include "vault/secret.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <mutex>
#include <new>

#include "vault/secret_pages.h"

namespace auricle::vault {
namespace {

constexpr std::size_t kSlabBytes = 16 * 1024;
constexpr std::size_t kSmallest = 32;
constexpr std::size_t kLargest = 2048;  // what is larger gets a mapping of its own
constexpr std::size_t kClasses = std::countr_zero(kLargest) - std::countr_zero(kSmallest) + 1;

// Stands at the begin of every mapping; mappings begin at multiples of kSlabBytes, so that a secret's address
// gives its slab.
struct Slab {
    SecretPages pages;
    Slab* next;
    Slab* previous;
    std::uint32_t slotBytes;  // 0: one large secret
    std::uint32_t slots;
    std::uint32_t used;
    std::array<std::uint64_t, kSlabBytes / kSmallest / 64> taken;
};

constexpr std::size_t kHeaderBytes = 128;
static_assert(sizeof(Slab) <= kHeaderBytes);

Slab* slabOf(std::byte* data) {
    return reinterpret_cast<Slab*>(reinterpret_cast<std::uintptr_t>(data) & ~std::uintptr_t{kSlabBytes - 1});
}

std::byte* firstSlot(Slab* slab) {
    return reinterpret_cast<std::byte*>(slab) + kHeaderBytes;
}

// What belongs to one secret, its trailing zero byte included.
std::size_t capacity(const Slab& slab) {
    return slab.slotBytes ? slab.slotBytes : slab.pages.size - kHeaderBytes;
}

std::byte* takeSlot(Slab* slab) {
    for (std::size_t word = 0; word < slab->taken.size(); ++word) {
        if (slab->taken[word] == ~std::uint64_t{0}) continue;
        const auto bit = static_cast<std::size_t>(std::countr_one(slab->taken[word]));
        slab->taken[word] |= std::uint64_t{1} << bit;
        ++slab->used;
        return firstSlot(slab) + (word * 64 + bit) * slab->slotBytes;
    }
    return nullptr;
}

void giveSlotBack(Slab* slab, const std::byte* data) {
    const auto index = static_cast<std::size_t>(data - firstSlot(slab)) / slab->slotBytes;
    slab->taken[index / 64] &= ~(std::uint64_t{1} << (index % 64));
    --slab->used;
}

// Hands out zeroed slots. Memory given back is wiped before, so every free slot holds zeros.
class Arena {
  public:
    std::byte* take(std::size_t size);
    void giveBack(std::byte* data) noexcept;
    SecretLocking locking() noexcept;

  private:
    std::byte* takeLarge(std::size_t size);
    Slab* map(std::size_t bytes, std::uint32_t slotBytes);
    void unmap(Slab* slab) noexcept;
    void link(Slab* slab) noexcept;
    void unlink(Slab* slab) noexcept;
    Slab*& list(std::size_t slotBytes) {
        return withRoom_[static_cast<std::size_t>(std::countr_zero(slotBytes) - std::countr_zero(kSmallest))];
    }

    std::mutex mutex_;
    std::array<Slab*, kClasses> withRoom_{};  // slabs with a free slot; a full one is in no list
    std::size_t mappedBytes_ = 0;
    std::size_t unlockedBytes_ = 0;
};

std::byte* Arena::take(std::size_t size) {
    if (size >= SIZE_MAX / 2) throw std::bad_alloc();
    const std::size_t slotBytes = std::bit_ceil(std::max(size + 1, kSmallest));
    const std::lock_guard lock(mutex_);
    if (slotBytes > kLargest) return takeLarge(size);
    Slab* slab = list(slotBytes);
    if (!slab) {
        slab = map(kSlabBytes, static_cast<std::uint32_t>(slotBytes));
        link(slab);
    }
    std::byte* slot = takeSlot(slab);
    if (slab->used == slab->slots) unlink(slab);
    return slot;
}

std::byte* Arena::takeLarge(std::size_t size) {
    return firstSlot(map(kHeaderBytes + size + 1, 0));
}

void Arena::giveBack(std::byte* data) noexcept {
    Slab* slab = slabOf(data);
    const std::lock_guard lock(mutex_);
    // In the child of a fork the kernel has handed out empty pages: there is neither a secret nor a slab any
    // more.
    if (!slab->pages.data) return;
    wipe(data, capacity(*slab));
    if (!slab->slotBytes) return unmap(slab);
    const bool wasFull = slab->used == slab->slots;
    giveSlotBack(slab, data);
    if (wasFull) link(slab);
    const bool isOnlyOne = !slab->next && !slab->previous;
    if (slab->used || isOnlyOne) return;
    unlink(slab);
    unmap(slab);
}

Slab* Arena::map(std::size_t bytes, std::uint32_t slotBytes) {
    const SecretPages pages = mapSecretPages(bytes, kSlabBytes);
    if (!pages.data) throw std::bad_alloc();
    const auto slots = slotBytes ? static_cast<std::uint32_t>((pages.size - kHeaderBytes) / slotBytes) : 1u;
    mappedBytes_ += pages.size;
    if (!pages.isLocked) unlockedBytes_ += pages.size;
    return new (pages.data) Slab{pages, nullptr, nullptr, slotBytes, slots, 0, {}};
}

void Arena::unmap(Slab* slab) noexcept {
    const SecretPages pages = slab->pages;
    mappedBytes_ -= pages.size;
    if (!pages.isLocked) unlockedBytes_ -= pages.size;
    unmapSecretPages(pages);
}

void Arena::link(Slab* slab) noexcept {
    Slab*& head = list(slab->slotBytes);
    slab->previous = nullptr;
    slab->next = head;
    if (head) head->previous = slab;
    head = slab;
}

void Arena::unlink(Slab* slab) noexcept {
    if (slab->next) slab->next->previous = slab->previous;
    (slab->previous ? slab->previous->next : list(slab->slotBytes)) = slab->next;
    slab->next = slab->previous = nullptr;
}

SecretLocking Arena::locking() noexcept {
    const std::lock_guard lock(mutex_);
    return {mappedBytes_, unlockedBytes_ == 0};
}

// Never destroyed: a secret with static storage may be released after everything else.
Arena& arena() {
    static Arena& one = *new Arena;
    return one;
}

}  // namespace

void wipe(void* data, std::size_t size) noexcept {
    if (size == 0) return;
    std::memset(data, 0, size);
    // The compiler must believe that somebody reads the zeros, or it leaves the memset out.
    asm volatile("" : : "r"(data) : "memory");
}

Secret::Secret(std::size_t size) : data_(size ? arena().take(size) : nullptr), size_(size) {}

Secret::Secret(Secret&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this == &other) return *this;
    clear();
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
    return *this;
}

Secret::~Secret() {
    clear();
}

Secret Secret::copyOf(std::string_view text) {
    return copyOf(std::as_bytes(std::span(text)));
}

Secret Secret::copyOf(std::span<const std::byte> bytes) {
    Secret copy(bytes.size());
    std::ranges::copy(bytes, copy.data_);
    return copy;
}

Secret Secret::duplicate() const {
    return copyOf(bytes());
}

std::string_view Secret::reveal() const noexcept {
    return {c_str(), size_};
}

const char* Secret::c_str() const noexcept {
    return data_ ? reinterpret_cast<const char*>(data_) : "";
}

std::span<std::byte> Secret::bytes() noexcept {
    return {data_, size_};
}

std::span<const std::byte> Secret::bytes() const noexcept {
    return {data_, size_};
}

void Secret::shrink(std::size_t size) noexcept {
    if (size >= size_) return;
    wipe(data_ + size, size_ - size);
    size_ = size;
    if (size_ == 0) clear();
}

bool Secret::sameAs(const Secret& other) const noexcept {
    if (size_ != other.size_) return false;
    // volatile keeps the compiler from leaving the loop at the first difference.
    volatile unsigned char difference = 0;
    for (std::size_t i = 0; i < size_; ++i) {
        difference = difference | std::to_integer<unsigned char>(data_[i] ^ other.data_[i]);
    }
    return difference == 0;
}

void Secret::clear() noexcept {
    if (data_) arena().giveBack(data_);
    data_ = nullptr;
    size_ = 0;
}

SecretLocking secretLocking() noexcept {
    return arena().locking();
}

}  // namespace auricle::vault
