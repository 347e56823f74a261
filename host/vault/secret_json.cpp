#include "vault/secret_json.h"

#include <charconv>

#include "system/json_characters.h"

namespace auricle::vault {
namespace {

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

std::uint32_t hexOf(std::string_view four) {
    std::uint32_t value = 0;
    for (const char c : four) value = value << 4 | static_cast<std::uint32_t>(hexDigit(c));
    return value;
}

bool isHighSurrogate(std::uint32_t unit) {
    return unit >= 0xD800 && unit <= 0xDBFF;
}
bool isLowSurrogate(std::uint32_t unit) {
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

std::size_t utf8Length(std::uint32_t point) {
    return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
}

std::byte* putUtf8(std::uint32_t point, std::byte* out) {
    const std::size_t length = utf8Length(point);
    static constexpr std::uint32_t lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (std::size_t i = length; i-- > 1; point >>= 6) out[i] = static_cast<std::byte>(0x80 | (point & 0x3F));
    out[0] = static_cast<std::byte>(lead[length] | point);
    return out + length;
}

}  // namespace

std::unexpected<Error> SecretJson::expected(std::string_view what) const {
    return fail(Kind::bad_params, "The sealed text is not what it should be: at byte " + std::to_string(at_) +
                                      " there should be " + std::string(what) + ".");
}

void SecretJson::skipSpace() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").contains(text_[at_])) ++at_;
}

bool SecretJson::take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
}

bool SecretJson::takeWord(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
}

Result<SecretJson::Type> SecretJson::peek() {
    skipSpace();
    switch (at_ < text_.size() ? text_[at_] : '\0') {
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
        case '-':
            return Type::number;
        default:
            break;
    }
    if (at_ < text_.size() && isDigit(text_[at_])) return Type::number;
    return expected("a value");
}

Result<void> SecretJson::enter(char bracket, std::string_view what) {
    skipSpace();
    if (!take(bracket)) return expected(what);
    if (depth_ == maxDepth) return expected("less nesting");
    isFirst_[depth_++] = true;
    return {};
}

// Takes the comma before the next item, or the bracket that closes.
Result<bool> SecretJson::next(char closing) {
    skipSpace();
    if (take(closing)) {
        --depth_;
        return false;
    }
    if (std::exchange(isFirst_[depth_ - 1], false)) return true;
    if (!take(',')) return expected("a comma or the closing bracket");
    return true;
}

Result<void> SecretJson::beginObject() {
    return enter('{', "an object");
}

Result<bool> SecretJson::nextMember() {
    const auto more = next('}');
    if (!more || !*more) return more;
    auto name = string();
    if (!name) return std::unexpected(name.error());
    key_ = std::move(*name);
    skipSpace();
    if (!take(':')) return expected("a colon");
    return true;
}

Result<void> SecretJson::beginArray() {
    return enter('[', "an array");
}

Result<bool> SecretJson::nextElement() {
    return next(']');
}

Result<std::uint32_t> SecretJson::hex4() {
    const std::string_view four = text_.substr(at_, 4);
    if (four.size() < 4 || !std::ranges::all_of(four, [](char c) { return hexDigit(c) >= 0; }))
        return expected("four hex digits");
    at_ += 4;
    return hexOf(four);
}

// Past an escape (its backslash is taken); gives the bytes that it decodes to.
Result<std::size_t> SecretJson::measureEscape() {
    if (!take('u')) {
        if (at_ >= text_.size() || !std::string_view("\"\\/bfnrt").contains(text_[at_]))
            return expected("an escape");
        ++at_;
        return 1;
    }
    const auto unit = hex4();
    if (!unit) return std::unexpected(unit.error());
    if (isLowSurrogate(*unit)) return expected("a high surrogate before a low one");
    if (!isHighSurrogate(*unit)) return utf8Length(*unit);
    if (!takeWord("\\u")) return expected("a low surrogate");
    const auto second = hex4();
    if (!second) return std::unexpected(second.error());
    if (!isLowSurrogate(*second)) return expected("a low surrogate");
    return 4;
}

Result<std::size_t> SecretJson::measureUtf8() {
    const std::size_t length = utf8Sequence(text_.substr(at_));
    if (length == 0) return expected("UTF-8");
    at_ += length;
    return length;
}

// From behind the opening quote to behind the closing one; gives the bytes that it decodes to.
Result<std::size_t> SecretJson::measureString() {
    std::size_t total = 0;
    while (at_ < text_.size()) {
        const auto c = static_cast<unsigned char>(text_[at_]);
        if (c == '"') {
            ++at_;
            return total;
        }
        if (c < 0x20) return expected("no control character");
        if (c < 0x80 && c != '\\') {
            ++at_;
            ++total;
            continue;
        }
        const auto piece = c == '\\' ? (++at_, measureEscape()) : measureUtf8();
        if (!piece) return piece;
        total += *piece;
    }
    return expected("the end of a string");
}

// `raw` has been measured: every escape in it is whole.
void SecretJson::decodeString(std::string_view raw, std::span<std::byte> into) const {
    std::byte* out = into.data();
    for (std::size_t i = 0; i < raw.size();) {
        if (raw[i] != '\\') {
            *out++ = static_cast<std::byte>(raw[i++]);
            continue;
        }
        if (raw[i + 1] != 'u') {
            *out++ = static_cast<std::byte>(jsonUnescaped(raw[i + 1]));
            i += 2;
            continue;
        }
        std::uint32_t point = hexOf(raw.substr(i + 2, 4));
        i += 6;
        if (isHighSurrogate(point)) {
            point = 0x10000 + ((point - 0xD800) << 10) + (hexOf(raw.substr(i + 2, 4)) - 0xDC00);
            i += 6;
        }
        out = putUtf8(point, out);
    }
}

Result<Secret> SecretJson::string() {
    skipSpace();
    if (!take('"')) return expected("a string");
    const std::size_t begin = at_;
    const auto size = measureString();
    if (!size) return std::unexpected(size.error());
    Secret decoded(*size);
    decodeString(text_.substr(begin, at_ - 1 - begin), decoded.bytes());
    return decoded;
}

bool SecretJson::takeDigits() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && isDigit(text_[at_])) ++at_;
    return at_ > begin;
}

Result<std::string_view> SecretJson::numeral() {
    skipSpace();
    const std::size_t begin = at_;
    take('-');
    if (!take('0') && !takeDigits()) return expected("a number");
    if (take('.') && !takeDigits()) return expected("a digit");
    if (take('e') || take('E')) {
        if (!take('+')) take('-');
        if (!takeDigits()) return expected("a digit");
    }
    return text_.substr(begin, at_ - begin);
}

Result<double> SecretJson::number() {
    const auto digits = numeral();
    if (!digits) return std::unexpected(digits.error());
    double value = 0;
    const auto [end, error] = std::from_chars(digits->data(), digits->data() + digits->size(), value);
    if (error != std::errc{}) return expected("a number of sane size before it");
    return value;
}

Result<bool> SecretJson::boolean() {
    skipSpace();
    if (takeWord("true")) return true;
    if (takeWord("false")) return false;
    return expected("true or false");
}

Result<void> SecretJson::null() {
    skipSpace();
    if (!takeWord("null")) return expected("null");
    return {};
}

Result<void> SecretJson::skip() {
    const auto type = peek();
    if (!type) return std::unexpected(type.error());
    const auto asVoid = [](const auto& result) -> Result<void> {
        if (!result) return std::unexpected(result.error());
        return {};
    };
    switch (*type) {
        case Type::string:
            return take('"'), asVoid(measureString());
        case Type::number:
            return asVoid(numeral());
        case Type::boolean:
            return asVoid(boolean());
        case Type::null:
            return null();
        default:
            break;
    }
    const bool isObject = *type == Type::object;
    if (auto begun = isObject ? beginObject() : beginArray(); !begun) return begun;
    for (;;) {
        const auto more = isObject ? nextMember() : nextElement();
        if (!more || !*more) return asVoid(more);
        if (auto skipped = skip(); !skipped) return skipped;
    }
}

Result<void> SecretJson::end() {
    skipSpace();
    if (at_ != text_.size()) return expected("the end");
    return {};
}

}  // namespace auricle::vault
