// Reads JSON (RFC 8259, strictly) out of secret memory, value by value: no copy of a value ever lies in plain
// memory.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "system/error.h"
#include "vault/secret.h"

namespace auricle::vault {

/// A pull reader. Every call takes the next piece off the text or fails with bad_params, which names the byte
/// and what was expected there, never what stands there. After an error the reader must not be used again.
/// The text must outlive it.
class SecretJson {
  public:
    enum class Type : std::uint8_t { object, array, string, number, boolean, null };
    static constexpr std::size_t maxDepth = 32;

    explicit SecretJson(const Secret& text) : text_(text.reveal()) {}

    /// What the next value is by its first character; takes nothing.
    Result<Type> peek();
    Result<void> beginObject();
    /// True: key() is the next member's, and its value must be taken now. False: the object has ended.
    Result<bool> nextMember();
    std::string_view key() const { return key_.reveal(); }
    Result<void> beginArray();
    /// True: there is another element, to be taken now. False: the array has ended.
    Result<bool> nextElement();
    /// Escapes undone; UTF-8 and surrogates are checked.
    Result<Secret> string();
    /// Fails for a number that no double can hold.
    Result<double> number();
    Result<bool> boolean();
    Result<void> null();
    /// Takes any value, checked as strictly as if it were read.
    Result<void> skip();
    /// Nothing but white space may follow.
    Result<void> end();

  private:
    std::unexpected<Error> expected(std::string_view what) const;
    void skipSpace();
    bool take(char c);
    bool takeWord(std::string_view word);
    Result<void> enter(char bracket, std::string_view what);
    Result<bool> next(char closing);
    Result<std::string_view> numeral();
    Result<std::size_t> measureString();
    Result<std::size_t> measureEscape();
    Result<std::size_t> measureUtf8();
    Result<std::uint32_t> hex4();
    bool takeDigits();
    void decodeString(std::string_view raw, std::span<std::byte> into) const;

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t depth_ = 0;
    std::array<bool, maxDepth> isFirst_{};
    Secret key_;
};

}  // namespace auricle::vault
