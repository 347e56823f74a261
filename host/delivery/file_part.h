// A stretch of a file as a request's body, read as it is sent and never held whole.
#pragma once

#include <cstdint>

#include "net/http.h"

namespace auricle::delivery {

class FilePart final : public net::BodySource {
  public:
    /// `file` is a descriptor, borrowed; `offset` and `bytes` say which stretch. read() fails with
    /// Kind::internal when the file ends before it does.
    FilePart(int file, std::uint64_t offset, std::uint64_t bytes);
    std::optional<std::uint64_t> size() const override { return size_; }
    std::uint64_t bytes() const { return size_; }
    Result<std::size_t> read(std::span<std::byte> into) override;

  private:
    int file_;
    std::uint64_t offset_, left_, size_;
};

}  // namespace auricle::delivery
