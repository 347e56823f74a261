// JSON as it came, read in place. A request is checked once and then looked into where a method wants
// something: no tree is built, so that a hostile frame costs no more memory than its own bytes, an id goes
// back exactly as it was written, and a member of megabytes (DeliveryInfo) is handed on without being parsed
// here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace auricle::channel {

enum class JsonVerdict : std::uint8_t { good, not_json, too_deep };

/// One value by RFC 8259 in UTF-8 (RFC 3629), white space around it allowed, a byte order mark not.
/// `maxDepth` (64 at most) counts arrays and objects within each other. Allocates nothing, does not recurse.
JsonVerdict checkJson(std::string_view text, unsigned maxDepth);

struct JsonMember;

/// One value within a text that checkJson has found good; views that text.
class JsonView {
  public:
    enum class Type : std::uint8_t { null, boolean, number, string, array, object };

    /// `text` begins and ends with the value, white space around it is taken off.
    explicit JsonView(std::string_view text);

    Type type() const;
    /// As it was written.
    std::string_view text() const { return text_; }
    /// A string decoded to UTF-8. A surrogate without its partner, which JavaScript can send, becomes U+FFFD.
    std::string string() const;
    /// True if this is a string with that content, which holds neither quote nor backslash.
    bool is(std::string_view content) const;
    /// A number written without fraction and exponent that fits, else nothing.
    std::optional<std::int64_t> integer() const;

    /// The members of an object in their order; nothing when there are more than `most`.
    std::optional<std::vector<JsonMember>> members(std::size_t most) const;
    /// The elements of an array; nothing when there are more than `most`.
    std::optional<std::vector<JsonView>> elements(std::size_t most) const;

  private:
    std::string_view text_;
};

struct JsonMember {
    JsonView name, value;
};

}  // namespace auricle::channel
