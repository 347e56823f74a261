#include "channel/params.h"

#include <algorithm>

namespace auricle::channel {
namespace {

constexpr std::size_t maxMembers = 256;
constexpr std::size_t maxElements = 64;

std::string oneOf(std::initializer_list<std::string_view> words) {
    std::string text = "one of";
    for (const auto word : words) text.append(text.ends_with("of") ? " " : ", ").append(word);
    return text;
}

}  // namespace

Params::Params(const JsonView& value, std::optional<Error>& fault, std::string path)
    : fault_(fault), path_(std::move(path)) {
    if (value.type() != JsonView::Type::object) {
        refuse({}, "an object with the fields by name");
        return;
    }
    if (auto members = value.members(maxMembers)) {
        members_ = std::move(*members);
    } else {
        refuse({}, "an object of at most 256 fields");
    }
}

void Params::refuse(std::string_view name, std::string_view mustBe) {
    if (fault_) return;
    std::string path = path_;
    if (!name.empty()) path.append("/").append(name);
    const std::string what = path.empty() ? "the params" : path;
    fault_ =
        Error{.kind = Kind::bad_params,
              .message = "The extension sent a request that cannot be carried out: " + what + " must be " +
                         std::string(mustBe) + ". Bring the extension and Auricle to the same version.",
              .path = std::move(path)};
}

void Params::require(std::string_view name, bool isThere) {
    if (!isThere) refuse(name, "there");
}

std::optional<JsonView> Params::find(std::string_view name) {
    std::optional<JsonView> found;
    for (const auto& member : members_) {
        if (!member.name.is(name)) continue;
        if (found) {
            refuse(name, "given once");
            return std::nullopt;
        }
        found = member.value;
    }
    return found;
}

std::optional<JsonView> Params::find(std::string_view name, JsonView::Type type, std::string_view mustBe) {
    auto found = find(name);
    if (!found || found->type() == type) return found;
    refuse(name, mustBe);
    return std::nullopt;
}

std::optional<std::string> Params::optionalText(std::string_view name, TextRule rule) {
    const auto found = find(name, JsonView::Type::string, "a text");
    if (!found) return std::nullopt;
    // Undoing escapes never makes a text longer, but it may make it six times shorter.
    std::string value =
        found->text().size() <= 6 * rule.maxBytes + 2 ? found->string() : std::string(rule.maxBytes + 1, ' ');
    if (value.size() > rule.maxBytes) {
        refuse(name, "a text of at most " + std::to_string(rule.maxBytes) + " bytes");
    } else if (value.empty() && !rule.mayBeEmpty) {
        refuse(name, "a text that is not empty");
    } else if (value.find('\0') != std::string::npos) {
        // What is below ends a text there: the two would not mean the same.
        refuse(name, "a text without NUL");
    } else {
        return value;
    }
    return std::nullopt;
}

std::string Params::text(std::string_view name, TextRule rule) {
    auto value = optionalText(name, rule);
    require(name, value.has_value());
    return std::move(value).value_or("");
}

std::optional<std::string> Params::optionalWord(std::string_view name,
                                                std::initializer_list<std::string_view> words) {
    auto found = find(name, JsonView::Type::string, oneOf(words));
    if (!found) return std::nullopt;
    const auto word =
        std::find_if(words.begin(), words.end(), [&](std::string_view each) { return found->is(each); });
    if (word != words.end()) return std::string(*word);
    refuse(name, oneOf(words));
    return std::nullopt;
}

std::string Params::word(std::string_view name, std::initializer_list<std::string_view> words) {
    auto value = optionalWord(name, words);
    require(name, value.has_value());
    return std::move(value).value_or("");
}

std::optional<std::int64_t> Params::optionalInteger(std::string_view name, std::int64_t least,
                                                    std::int64_t most) {
    const auto found = find(name);
    if (!found) return std::nullopt;
    const auto value = found->type() == JsonView::Type::number ? found->integer() : std::nullopt;
    if (value && *value >= least && *value <= most) return value;
    refuse(name, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return std::nullopt;
}

std::int64_t Params::integer(std::string_view name, std::int64_t least, std::int64_t most) {
    const auto value = optionalInteger(name, least, most);
    require(name, value.has_value());
    return value.value_or(least);
}

std::optional<bool> Params::optionalBool(std::string_view name) {
    const auto found = find(name, JsonView::Type::boolean, "true or false");
    if (!found) return std::nullopt;
    return found->text() == "true";
}

std::vector<std::int64_t> Params::integers(std::string_view name) {
    constexpr std::string_view mustBe = "a list of at most 64 whole numbers";
    std::vector<std::int64_t> values;
    const auto found = find(name, JsonView::Type::array, mustBe);
    require(name, found.has_value());
    if (!found) return values;
    const auto elements = found->elements(maxElements);
    if (!elements) refuse(name, mustBe);
    for (const auto& element : elements.value_or(std::vector<JsonView>())) {
        const auto value = element.type() == JsonView::Type::number ? element.integer() : std::nullopt;
        if (!value) refuse(name, mustBe);
        values.push_back(value.value_or(0));
    }
    return values;
}

std::string Params::base64Text(std::string_view name, std::size_t least, std::size_t most) {
    const std::string mustBe = "base64 of " + std::to_string(least) +
                               (least == most ? "" : " to " + std::to_string(most)) + " bytes";
    const auto found = find(name, JsonView::Type::string, mustBe);
    require(name, found.has_value());
    if (!found) return {};
    std::string text = found->string();
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    const std::size_t bytes = text.size() / 4 * 3 - std::min(padding, text.size() / 4);
    if (text.size() % 4 == 0 && bytes >= least && bytes <= most) return text;
    refuse(name, mustBe);
    return {};
}

std::optional<Params> Params::optionalObject(std::string_view name) {
    const auto found = find(name, JsonView::Type::object, "an object");
    if (!found) return std::nullopt;
    return Params(*found, fault_, path_ + "/" + std::string(name));
}

Params Params::object(std::string_view name) {
    auto found = optionalObject(name);
    require(name, found.has_value());
    return found ? std::move(*found) : Params(JsonView("{}"), fault_, path_ + "/" + std::string(name));
}

std::optional<std::string> Params::optionalObjectText(std::string_view name) {
    const auto found = find(name, JsonView::Type::object, "an object");
    if (!found) return std::nullopt;
    return std::string(found->text());
}

}  // namespace auricle::channel
