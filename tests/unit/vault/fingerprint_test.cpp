#include "vault/fingerprint.h"

#include <gtest/gtest.h>

namespace auricle::vault {
namespace {

FingerprintBytes of(const Secret& key, std::initializer_list<std::string_view> fields) {
    Fingerprint fingerprint(key);
    for (const std::string_view field : fields) fingerprint.add(field);
    return fingerprint.finish();
}

TEST(Fingerprint, is_the_same_for_the_same_fields_alone) {
    const Secret key = Fingerprint::makeKey();
    EXPECT_EQ(of(key, {"ab", "c"}), of(key, {"ab", "c"}));
    EXPECT_NE(of(key, {"ab", "c"}), of(key, {"a", "bc"}));
    EXPECT_NE(of(key, {"ab", "c"}), of(key, {"abc"}));
    EXPECT_NE(of(key, {""}), of(key, {}));
    EXPECT_NE(of(key, {std::string_view("a\0\0\0\0\0\0\0\0b", 10)}), of(key, {"a", "b"}));
    EXPECT_NE(of(key, {"c", "ab"}), of(key, {"ab", "c"}));
}

TEST(Fingerprint, says_nothing_without_its_key) {
    EXPECT_NE(of(Fingerprint::makeKey(), {"ab"}), of(Fingerprint::makeKey(), {"ab"}));
}

}  // namespace
}  // namespace auricle::vault
