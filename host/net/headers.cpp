#include <algorithm>
#include <cctype>

#include "net/http.h"

namespace auricle::net {

std::optional<std::string_view> Headers::find(std::string_view name) const {
    auto sameName = [name](const Header& header) {
        return std::ranges::equal(header.name, name, [](unsigned char a, unsigned char b) {
            return std::tolower(a) == std::tolower(b);
        });
    };
    auto found = std::ranges::find_if(list_, sameName);
    if (found == list_.end()) return std::nullopt;
    return found->value;
}

}  // namespace auricle::net
