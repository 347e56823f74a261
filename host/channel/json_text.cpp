#include "channel/json_text.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "system/json_characters.h"

namespace auricle::channel {
namespace {

constexpr std::string_view space = " \t\n\r";
constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

constexpr bool isPlain(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20) & (byte < 0x80) & (byte != '"') & (byte != '\\');
}

/// The first byte of a string's inside that is not plain ASCII. Payloads are mostly that, so whole blocks are
/// looked at without a branch, which a compiler turns into a handful of vector instructions.
const char* skipPlain(const char* at, const char* end) {
    constexpr std::ptrdiff_t block = 32;
    for (; end - at >= block; at += block) {
        unsigned char isAllPlain = 1;
        for (std::ptrdiff_t i = 0; i < block; ++i) isAllPlain &= static_cast<unsigned char>(isPlain(at[i]));
        if (isAllPlain == 0) break;
    }
    while (at != end && isPlain(*at)) ++at;
    return at;
}

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

/// Walks once over a text by RFC 8259's grammar. What is open stands in one bit each, so that depth costs no
/// stack.
class Checker {
  public:
    Checker(std::string_view text, unsigned maxDepth)
        : at_(text.data()), end_(text.data() + text.size()), maxDepth_(maxDepth) {}

    JsonVerdict check() {
        for (;;) {
            switch (value()) {
                case Step::bad:
                    return JsonVerdict::not_json;
                case Step::too_deep:
                    return JsonVerdict::too_deep;
                case Step::opened:
                    continue;
                case Step::done:
                    break;
            }
            if (!afterValue()) return JsonVerdict::not_json;
            if (isOver_) return JsonVerdict::good;
        }
    }

  private:
    enum class Step { bad, too_deep, opened, done };

    void skipSpace() {
        while (at_ != end_ && space.find(*at_) != std::string_view::npos) ++at_;
    }
    bool takes(char c) {
        if (at_ == end_ || *at_ != c) return false;
        ++at_;
        return true;
    }
    static Step stepOf(bool isGood) { return isGood ? Step::done : Step::bad; }

    /// One scalar, an empty container, or the opening of one up to where its first value begins.
    Step value() {
        skipSpace();
        if (at_ == end_) return Step::bad;
        switch (*at_) {
            case '{':
                return open(true);
            case '[':
                return open(false);
            case '"':
                return stepOf(string());
            case 't':
                return stepOf(literal("true"));
            case 'f':
                return stepOf(literal("false"));
            case 'n':
                return stepOf(literal("null"));
            default:
                return stepOf(number());
        }
    }

    Step open(bool isObject) {
        if (depth_ == maxDepth_) return Step::too_deep;
        ++at_;
        skipSpace();
        if (takes(isObject ? '}' : ']')) return Step::done;
        objects_ = objects_ << 1U | static_cast<std::uint64_t>(isObject);
        ++depth_;
        return isObject && !name() ? Step::bad : Step::opened;
    }

    /// Closes what ends here; stops before the next value or at the end of the text.
    bool afterValue() {
        for (;;) {
            skipSpace();
            if (depth_ == 0) return isOver_ = at_ == end_;
            const bool isObject = (objects_ & 1U) != 0;
            if (takes(',')) return !isObject || name();
            if (!takes(isObject ? '}' : ']')) return false;
            objects_ >>= 1U;
            --depth_;
        }
    }

    bool name() {
        skipSpace();
        if (at_ == end_ || *at_ != '"' || !string()) return false;
        skipSpace();
        return takes(':');
    }

    bool string() {
        ++at_;
        for (;;) {
            at_ = skipPlain(at_, end_);
            if (at_ == end_) return false;
            if (takes('"')) return true;
            if (*at_ == '\\' ? !escape() : !multibyte()) return false;
        }
    }

    bool escape() {
        ++at_;
        if (at_ == end_) return false;
        if (takes('u')) {
            for (int i = 0; i < 4; ++i) {
                if (at_ == end_ || hexDigit(*at_) < 0) return false;
                ++at_;
            }
            return true;
        }
        return std::string_view("\"\\/bfnrt").find(*at_++) != std::string_view::npos;
    }

    bool multibyte() {
        const std::size_t size = utf8Sequence({at_, static_cast<std::size_t>(end_ - at_)});
        at_ += size;
        return size > 0;
    }

    bool literal(std::string_view word) {
        if (!std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(word)) return false;
        at_ += word.size();
        return true;
    }

    bool digits() {
        const char* first = at_;
        while (at_ != end_ && isDigit(*at_)) ++at_;
        return at_ != first;
    }

    bool number() {
        takes('-');
        if (!takes('0') && !digits()) return false;
        if (takes('.') && !digits()) return false;
        if (takes('e') || takes('E')) {
            if (!takes('+')) takes('-');
            return digits();
        }
        return true;
    }

    const char* at_;
    const char* end_;
    unsigned maxDepth_;
    unsigned depth_ = 0;
    std::uint64_t objects_ = 0;  ///< the lowest bit: the innermost open container is an object
    bool isOver_ = false;
};

/// Steps over the values of a good text.
class Walker {
  public:
    explicit Walker(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

    /// Stands on the next thing that is neither white space nor between values; false at the container's end.
    bool more() {
        while (at_ != end_ && (space.find(*at_) != std::string_view::npos || *at_ == ',' || *at_ == ':'))
            ++at_;
        return at_ != end_ && *at_ != '}' && *at_ != ']';
    }
    void enter() { ++at_; }
    JsonView value() {
        const char* first = at_;
        if (*at_ == '"') {
            skipString();
        } else if (*at_ == '{' || *at_ == '[') {
            skipContainer();
        } else {
            while (at_ != end_ && std::string_view(",]} \t\n\r").find(*at_) == std::string_view::npos) ++at_;
        }
        return JsonView({first, static_cast<std::size_t>(at_ - first)});
    }

  private:
    /// To behind the next quote that no odd number of backslashes stands before.
    void skipString() {
        const char* inside = ++at_;
        for (;;) {
            at_ = static_cast<const char*>(std::memchr(at_, '"', static_cast<std::size_t>(end_ - at_)));
            const char* run = at_;
            while (run != inside && run[-1] == '\\') --run;
            const bool isEscaped = (at_ - run) % 2 != 0;
            ++at_;
            if (!isEscaped) return;
        }
    }
    void skipContainer() {
        unsigned depth = 0;
        do {
            if (*at_ == '"') {
                skipString();
                continue;
            }
            if (*at_ == '{' || *at_ == '[') ++depth;
            if (*at_ == '}' || *at_ == ']') --depth;
            ++at_;
        } while (depth > 0);
    }

    const char* at_;
    const char* end_;
};

unsigned hexUnit(const char* four) {
    unsigned unit = 0;
    for (int i = 0; i < 4; ++i) unit = unit << 4U | static_cast<unsigned>(hexDigit(four[i]));
    return unit;
}

void appendUtf8(std::string& out, unsigned point) {
    const auto add = [&](unsigned byte) { out.push_back(static_cast<char>(byte)); };
    const auto tail = [&](unsigned shift) { add(0x80U | (point >> shift & 0x3FU)); };
    if (point < 0x80) {
        add(point);
    } else if (point < 0x800) {
        add(0xC0U | point >> 6U);
        tail(0);
    } else if (point < 0x10000) {
        add(0xE0U | point >> 12U);
        tail(6);
        tail(0);
    } else {
        add(0xF0U | point >> 18U);
        tail(12);
        tail(6);
        tail(0);
    }
}

/// Decodes the \u escape whose digits begin at `at`, its second half too; gives the bytes used after the 'u'.
std::size_t decodeUnicode(std::string_view inside, std::size_t at, std::string& out) {
    const unsigned unit = hexUnit(inside.data() + at);
    if (unit < 0xD800 || unit > 0xDFFF) {
        appendUtf8(out, unit);
        return 4;
    }
    const bool hasSecond = unit < 0xDC00 && inside.size() >= at + 10 && inside.substr(at + 4, 2) == "\\u";
    const unsigned second = hasSecond ? hexUnit(inside.data() + at + 6) : 0;
    if (second < 0xDC00 || second > 0xDFFF) {
        out += replacement;
        return 4;
    }
    appendUtf8(out, 0x10000U + ((unit - 0xD800U) << 10U) + (second - 0xDC00U));
    return 10;
}

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(space);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(space) - first + 1);
}

}  // namespace

JsonVerdict checkJson(std::string_view text, unsigned maxDepth) {
    return Checker(text, maxDepth < 64 ? maxDepth : 64).check();
}

JsonView::JsonView(std::string_view text) : text_(trimmed(text)) {}

JsonView::Type JsonView::type() const {
    switch (text_.front()) {
        case '{':
            return Type::object;
        case '[':
            return Type::array;
        case '"':
            return Type::string;
        case 't':
        case 'f':
            return Type::boolean;
        case 'n':
            return Type::null;
        default:
            return Type::number;
    }
}

std::string JsonView::string() const {
    const auto inside = text_.substr(1, text_.size() - 2);
    std::string out;
    out.reserve(inside.size());
    for (std::size_t at = 0; at < inside.size();) {
        const std::size_t escape = inside.find('\\', at);
        out += inside.substr(at, escape - at);
        if (escape == std::string_view::npos) break;
        const char kind = inside[escape + 1];
        at = escape + 2;
        if (kind == 'u') {
            at += decodeUnicode(inside, at, out);
        } else {
            out.push_back(jsonUnescaped(kind));
        }
    }
    return out;
}

bool JsonView::is(std::string_view content) const {
    if (type() != Type::string) return false;
    const auto inside = text_.substr(1, text_.size() - 2);
    if (inside == content) return true;
    // Escapes only make a text longer, so most that differ are told apart by their length.
    return inside.size() > content.size() && inside.find('\\') != std::string_view::npos &&
           string() == content;
}

std::optional<std::int64_t> JsonView::integer() const {
    std::int64_t value = 0;
    const char* end = text_.data() + text_.size();
    const auto [stopped, fault] = std::from_chars(text_.data(), end, value);
    if (fault != std::errc{} || stopped != end) return std::nullopt;
    return value;
}

std::optional<std::vector<JsonMember>> JsonView::members(std::size_t most) const {
    std::vector<JsonMember> all;
    all.reserve(std::min<std::size_t>(most, 8));
    Walker walker(text_);
    for (walker.enter(); walker.more();) {
        if (all.size() == most) return std::nullopt;
        const JsonView name = walker.value();
        walker.more();
        all.push_back({name, walker.value()});
    }
    return all;
}

std::optional<std::vector<JsonView>> JsonView::elements(std::size_t most) const {
    std::vector<JsonView> all;
    Walker walker(text_);
    for (walker.enter(); walker.more();) {
        if (all.size() == most) return std::nullopt;
        all.push_back(walker.value());
    }
    return all;
}

}  // namespace auricle::channel
