#include "vault/secret_text.h"

#include <algorithm>
#include <cstring>

namespace auricle::vault {

void SecretText::makeRoom(std::size_t more) {
    if (room_.size() - size_ >= more) return;
    Secret larger(std::max(room_.size() * 2, size_ + more));
    if (size_ > 0) std::memcpy(larger.bytes().data(), room_.bytes().data(), size_);
    room_ = std::move(larger);
}

SecretText& SecretText::add(std::string_view piece) {
    if (piece.empty()) return *this;
    makeRoom(piece.size());
    std::memcpy(room_.bytes().data() + size_, piece.data(), piece.size());
    size_ += piece.size();
    return *this;
}

SecretText& SecretText::addJsonString(std::string_view piece) {
    constexpr std::string_view hex = "0123456789abcdef";
    add("\"");
    for (const char c : piece) {
        const auto code = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') add("\\");
        if (code < 0x20) {
            const char escape[] = {'\\', 'u', '0', '0', hex[code >> 4], hex[code & 15]};
            add({escape, sizeof escape});
        } else {
            add({&c, 1});
        }
    }
    return add("\"");
}

Secret SecretText::take() {
    room_.shrink(size_);
    size_ = 0;
    return std::move(room_);
}

}  // namespace auricle::vault
