#include "delivery/form_body.h"

#include <algorithm>
#include <cstring>

#include "system/digest.h"

namespace auricle::delivery {
namespace {

constexpr std::size_t longestName = 200;

std::string boundaryOf(std::string_view seed) {
    Sha256 digest;
    digest.update(std::as_bytes(std::span(std::string_view("auricle form"))));
    digest.update(std::as_bytes(std::span(seed)));
    return "auricle-" + digest.hex().substr(0, 40);
}

/// What stays within its quotes whatever parser reads it: browsers and servers disagree about escaping.
std::string safeName(std::string_view name) {
    std::string safe;
    for (const char c : name.substr(0, longestName)) {
        const bool isPlain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                             c == '.' || c == '-' || c == '_';
        safe += isPlain ? c : '_';
    }
    return safe;
}

std::string headOf(const std::vector<FormField>& fields, const FormFile& file, const std::string& boundary) {
    std::string head;
    for (const auto& [name, value] : fields)
        head += "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + safeName(name) +
                "\"\r\n\r\n" + value + "\r\n";
    return head + "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + safeName(file.field) +
           "\"; filename=\"" + safeName(file.name) + "\"\r\nContent-Type: " + file.mime + "\r\n\r\n";
}

/// Copies of `from`, which begins at `begin` of the body, what `position` has not passed yet.
std::size_t take(std::string_view from, std::uint64_t begin, std::uint64_t position,
                 std::span<std::byte> into) {
    const auto rest = from.substr(static_cast<std::size_t>(position - begin));
    const auto bytes = std::min(rest.size(), into.size());
    std::memcpy(into.data(), rest.data(), bytes);
    return bytes;
}

}  // namespace

FormBody::FormBody(const std::vector<FormField>& fields, const FormFile& file, std::string_view seed)
    : file_(file.descriptor, 0, file.bytes) {
    const std::string boundary = boundaryOf(seed);
    contentType_ = "multipart/form-data; boundary=" + boundary;
    head_ = headOf(fields, file, boundary);
    tail_ = "\r\n--" + boundary + "--\r\n";
}

Result<std::size_t> FormBody::read(std::span<std::byte> into) {
    const std::uint64_t tailAt = head_.size() + file_.bytes();
    if (position_ < head_.size()) {
        const auto bytes = take(head_, 0, position_, into);
        position_ += bytes;
        return bytes;
    }
    if (position_ >= tailAt) {
        const auto bytes = take(tail_, tailAt, position_, into);
        position_ += bytes;
        return bytes;
    }
    auto got = file_.read(into);
    if (got) position_ += *got;
    return got;
}

std::uint64_t FormBody::fileBytesOf(std::uint64_t sentBytes) const {
    return std::min(sentBytes - std::min<std::uint64_t>(sentBytes, head_.size()), file_.bytes());
}

}  // namespace auricle::delivery
