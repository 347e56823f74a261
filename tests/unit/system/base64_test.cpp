#include "system/base64.h"

#include <gtest/gtest.h>

namespace auricle {
namespace {

std::string decoded(std::string_view text) {
    const auto bytes = fromBase64(text);
    if (!bytes) return "refused";
    return std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size());
}

std::string encoded(std::string_view text) {
    return toBase64(std::as_bytes(std::span(text)));
}

TEST(Base64, agrees_with_the_vectors_of_rfc_4648) {
    const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                           {"f", "Zg=="},
                                                           {"fo", "Zm8="},
                                                           {"foo", "Zm9v"},
                                                           {"foob", "Zm9vYg=="},
                                                           {"fooba", "Zm9vYmE="},
                                                           {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, base64] : vectors) {
        EXPECT_EQ(encoded(plain), base64);
        EXPECT_EQ(decoded(base64), plain);
    }
}

TEST(Base64, gives_every_byte_back) {
    std::vector<std::byte> all(256);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::byte>(i);
    for (std::size_t size = 0; size <= all.size(); ++size) {
        const auto part = std::span(all).first(size);
        const auto back = fromBase64(toBase64(part));
        ASSERT_TRUE(back);
        EXPECT_TRUE(std::ranges::equal(*back, part));
    }
}

TEST(Base64, refuses_what_it_would_not_have_written_itself) {
    for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "=", "==", "====", "Z===", "Zh==", "Zm9=", "Zm9v\n",
                             "Zm 9", "Zm9-", "Zm9_", "Zg==Zg==", "Z=g="}) {
        EXPECT_EQ(decoded(text), "refused") << text;
    }
    EXPECT_EQ(decoded(std::string_view("Zm9\0", 4)), "refused");
}

}  // namespace
}  // namespace auricle
