// Looks for bytes in all writable memory of this process, as somebody would who reads it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace auricle::test {

/// A text that occurs nowhere: it is kept masked, so that looking for it does not find the one who looks.
class Canary {
  public:
    /// Letters and digits, other ones each time.
    explicit Canary(std::size_t size = 40);
    /// These bytes, which may be wiped afterwards.
    static Canary of(std::string_view bytes);
    std::size_t size() const { return masked_.size(); }
    void writeTo(char* out) const;
    bool is(std::string_view text) const;
    /// How often it stands in writable memory, read through /proc/self/mem.
    std::size_t copiesInMemory() const;

  private:
    std::string masked_;
};

}  // namespace auricle::test
