#include "net/multipart_ranges.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace auricle::net {
namespace {

constexpr std::size_t mostHeaderBytes = 8 * 1024;

std::unexpected<Error> malformed() {
    return fail(Kind::network, "The server's answer to several ranges is not well-formed.", true);
}

bool isSameText(std::string_view one, std::string_view other) {
    return std::ranges::equal(
        one, other, [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

std::string_view trimmed(std::string_view text) {
    auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

std::optional<std::string> MultipartRanges::boundaryOf(std::string_view contentType) {
    constexpr std::string_view type = "multipart/byteranges", name = "boundary=";
    constexpr std::size_t longest = 70;
    auto end = contentType.find(';');
    if (end == std::string_view::npos || !isSameText(trimmed(contentType.substr(0, end)), type))
        return std::nullopt;
    auto parameter = trimmed(contentType.substr(end + 1));
    if (parameter.size() <= name.size() || !isSameText(parameter.substr(0, name.size()), name))
        return std::nullopt;
    auto value = parameter.substr(name.size());
    if (value.front() == '"') {
        auto quote = value.find('"', 1);
        if (quote == std::string_view::npos) return std::nullopt;
        value = value.substr(1, quote - 1);
    } else {
        value = trimmed(value.substr(0, value.find(';')));
    }
    if (value.empty() || value.size() > longest) return std::nullopt;
    return std::string(value);
}

bool MultipartRanges::isAtEnd() const {
    // The line break behind the last delimiter may be missing.
    return at_ == At::end || (at_ == At::delimiter && line_ == delimiter_ + "--");
}

Result<void> MultipartRanges::feed(std::span<const std::byte> bytes) {
    while (!bytes.empty() && at_ != At::end) {
        if (at_ == At::data) {
            auto part = bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), left_)));
            if (auto taken = onData_(offset_, part); !taken) return taken;
            offset_ += part.size();
            left_ -= part.size();
            bytes = bytes.subspan(part.size());
            if (left_ == 0) at_ = At::delimiter;
            continue;
        }
        auto character = static_cast<char>(bytes.front());
        bytes = bytes.subspan(1);
        if (character != '\n') {
            if (++headerBytes_ > mostHeaderBytes) return malformed();
            line_ += character;
            continue;
        }
        if (auto ended = endLine(); !ended) return ended;
    }
    return {};
}

Result<void> MultipartRanges::endLine() {
    if (!line_.ends_with('\r')) return malformed();
    line_.pop_back();
    auto line = std::exchange(line_, {});
    return at_ == At::delimiter ? readDelimiter(line) : readHeader(line);
}

Result<void> MultipartRanges::readDelimiter(std::string_view line) {
    // The line break before a delimiter belongs to it (RFC 2046 section 5.1.1).
    if (line.empty()) return {};
    auto tail = line.starts_with(delimiter_) ? trimmed(line.substr(delimiter_.size())) : "?";
    if (tail == "--") {
        at_ = At::end;
    } else if (tail.empty()) {
        at_ = At::headers;
        headerBytes_ = 0;
        range_.reset();
    } else {
        return malformed();
    }
    return {};
}

Result<void> MultipartRanges::readHeader(std::string_view line) {
    constexpr std::string_view name = "content-range";
    if (!line.empty()) {
        auto colon = line.find(':');
        if (colon == std::string_view::npos || colon == 0) return malformed();
        if (!isSameText(line.substr(0, colon), name)) return {};
        if (range_) return malformed();
        range_ = parseContentRange(trimmed(line.substr(colon + 1)));
        return range_ && range_->first ? Result<void>{} : malformed();
    }
    if (!range_) return malformed();
    offset_ = *range_->first;
    left_ = *range_->last - *range_->first + 1;
    at_ = At::data;
    return onPart_(*range_);
}

}  // namespace auricle::net
