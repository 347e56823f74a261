// The body of a 206 that answers several ranges at once: multipart/byteranges (RFC 9110 section 14.6), read
// as it arrives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "net/content_range.h"
#include "system/error.h"

namespace auricle::net {

class MultipartRanges {
  public:
    /// Told of each part before its bytes; its first and last are given. An error ends the reading.
    using OnPart = std::function<Result<void>(const ContentRange&)>;
    /// Bytes of a part, at their offset in the whole resource.
    using OnData = std::function<Result<void>(std::uint64_t offset, std::span<const std::byte>)>;

    /// The boundary that a Content-Type names; nothing where it is not multipart/byteranges with a boundary
    /// as RFC 2046 section 5.1.1 has it.
    static std::optional<std::string> boundaryOf(std::string_view contentType);

    MultipartRanges(const std::string& boundary, OnPart onPart, OnData onData)
        : delimiter_("--" + boundary), onPart_(std::move(onPart)), onData_(std::move(onData)) {}

    /// The next bytes of the body. Fails with network where they are no well-formed part with a range, and
    /// with what the callbacks return.
    Result<void> feed(std::span<const std::byte> bytes);
    /// The closing delimiter was read.
    bool isAtEnd() const;

  private:
    enum class At { delimiter, headers, data, end };
    Result<void> endLine();
    Result<void> readDelimiter(std::string_view line);
    Result<void> readHeader(std::string_view line);

    std::string delimiter_;
    OnPart onPart_;
    OnData onData_;
    At at_ = At::delimiter;
    std::string line_;
    std::size_t headerBytes_ = 0;
    std::optional<ContentRange> range_;
    std::uint64_t offset_ = 0, left_ = 0;  ///< in the part's data
};

}  // namespace auricle::net
