// Reads a method's params, field by field, and remembers the first that is at fault (PROTOCOL's bad_params).
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "channel/json_text.h"
#include "system/error.h"

namespace auricle::channel {

struct TextRule {
    std::size_t maxBytes = 1024;
    bool mayBeEmpty = false;
};

/// Ask for every field, then for the fault: after a fault the values are empty ones. Fields that nobody asks
/// for are ignored, so that a newer client can be served. `path` of the error is a JSON pointer (RFC 6901)
/// within params. The fault outlives the reader and those that objects within give.
class Params {
  public:
    Params(const JsonView& value, std::optional<Error>& fault, std::string path = {});

    std::string text(std::string_view name, TextRule rule = {});
    std::optional<std::string> optionalText(std::string_view name, TextRule rule = {});
    /// One of the words given.
    std::string word(std::string_view name, std::initializer_list<std::string_view> words);
    std::optional<std::string> optionalWord(std::string_view name,
                                            std::initializer_list<std::string_view> words);
    std::int64_t integer(std::string_view name, std::int64_t least, std::int64_t most);
    std::optional<std::int64_t> optionalInteger(std::string_view name, std::int64_t least, std::int64_t most);
    std::optional<bool> optionalBool(std::string_view name);
    /// Integers in an array, 64 at most.
    std::vector<std::int64_t> integers(std::string_view name);
    /// Base64 (RFC 4648 section 4) whose length stands for so many bytes; whoever decodes it judges the rest.
    std::string base64Text(std::string_view name, std::size_t least, std::size_t most);
    Params object(std::string_view name);
    std::optional<Params> optionalObject(std::string_view name);
    /// The JSON text of an object, as it came.
    std::optional<std::string> optionalObjectText(std::string_view name);

    /// Notes a fault that only the method can see, if it is the first.
    void refuse(std::string_view name, std::string_view mustBe);

  private:
    std::optional<JsonView> find(std::string_view name);
    std::optional<JsonView> find(std::string_view name, JsonView::Type type, std::string_view mustBe);
    void require(std::string_view name, bool isThere);

    std::vector<JsonMember> members_;
    std::optional<Error>& fault_;
    std::string path_;
};

}  // namespace auricle::channel
