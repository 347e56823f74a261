#include "tests/unit/vault/memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <random>
#include <sstream>

namespace auricle::test {
namespace {

constexpr char kMask = 0x55;

// The piece being looked at lies in pages of its own, which are left out.
class Window {
  public:
    static constexpr std::size_t size = 1 << 20;
    Window()
        : data_(static_cast<char*>(
              mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {}
    ~Window() { munmap(data_, size); }
    Window(const Window&) = delete;
    Window& operator=(const Window&) = delete;
    char* data() const { return data_; }
    bool holds(std::uintptr_t address) const {
        const auto begin = reinterpret_cast<std::uintptr_t>(data_);
        return address >= begin && address < begin + size;
    }

  private:
    char* data_;
};

}  // namespace

Canary::Canary(std::size_t size) {
    std::random_device random;
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    for (std::size_t i = 0; i < size; ++i)
        masked_ += static_cast<char>(letters[random() % letters.size()] ^ kMask);
}

Canary Canary::of(std::string_view bytes) {
    Canary canary(0);
    for (const char c : bytes) canary.masked_ += static_cast<char>(c ^ kMask);
    return canary;
}

void Canary::writeTo(char* out) const {
    for (const char c : masked_) *out++ = static_cast<char>(c ^ kMask);
}

bool Canary::is(std::string_view text) const {
    return std::ranges::equal(text, masked_, {}, {}, [](char c) { return static_cast<char>(c ^ kMask); });
}

std::size_t Canary::copiesInMemory() const {
    const Window window;
    const auto copiesIn = [&](std::string_view piece, std::uintptr_t address) {
        const char first = static_cast<char>(masked_[0] ^ kMask);
        std::size_t copies = 0;
        for (std::size_t i = 0; (i = piece.find(first, i)) != std::string_view::npos; ++i) {
            if (!window.holds(address + i) && is(piece.substr(i, masked_.size()))) ++copies;
        }
        return copies;
    };
    std::ifstream maps("/proc/self/maps");
    std::stringstream lines;
    lines << maps.rdbuf();
    const int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    std::size_t copies = 0;
    for (std::string line; std::getline(lines, line);) {
        std::uintptr_t begin = 0, end = 0;
        char access[5] = {};
        std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, access);
        if (access[1] != 'w') continue;
        for (std::uintptr_t at = begin; at < end; at += Window::size - masked_.size() + 1) {
            const ssize_t got =
                pread(memory, window.data(), std::min(Window::size, end - at), static_cast<off_t>(at));
            if (got > 0) copies += copiesIn({window.data(), static_cast<std::size_t>(got)}, at);
        }
    }
    close(memory);
    return copies;
}

}  // namespace auricle::test
