#include "media/aes_gcm.h"

#include <gtest/gtest.h>

#include "tests/unit/support/sealing.h"

namespace auricle::media {
namespace {

using test::Bytes;
using test::fromHex;
using test::sealedGcm;

using Key = std::array<std::byte, Aes128Gcm::keyBytes>;
using Iv = std::array<std::byte, Aes128Gcm::ivBytes>;

template <class Array>
Array counted(unsigned from) {
    Array made{};
    for (auto& byte : made) byte = static_cast<std::byte>(from++);
    return made;
}
const Key key = counted<Key>(1);
const Iv iv = counted<Iv>(100);

Bytes plain(std::size_t size) {
    Bytes made(size);
    for (std::size_t i = 0; i < size; ++i) made[i] = static_cast<std::byte>(i * 7 + i / 256);
    return made;
}

TEST(Aes128Gcm, opens_every_length_in_place) {
    for (std::size_t size : {0u, 1u, 15u, 16u, 17u, 188u, 4096u, 600'001u}) {
        auto bytes = sealedGcm(key, iv, plain(size));
        const auto opened = Aes128Gcm::open(key, iv, bytes);
        ASSERT_TRUE(opened) << size;
        EXPECT_EQ(opened->data(), bytes.data());
        EXPECT_EQ(test::copyOf(*opened), plain(size));
    }
}

TEST(Aes128Gcm, opens_what_its_specification_gives_as_an_example) {
    // Test case 3 of the GCM specification (McGrew and Viega, appendix B).
    Key theirs;
    std::ranges::copy(fromHex("feffe9928665731c6d6a8f9467308308"), theirs.begin());
    Iv nonce;
    std::ranges::copy(fromHex("cafebabefacedbaddecaf888"), nonce.begin());
    auto bytes = fromHex(
        "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
        "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f5985"
        "4d5c2af327cd64a62cf35abd2ba6fab4");
    const auto opened = Aes128Gcm::open(theirs, nonce, bytes);
    ASSERT_TRUE(opened);
    EXPECT_EQ(test::toHex(*opened),
              "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
              "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255");
}

TEST(Aes128Gcm, refuses_a_change_of_any_bit) {
    const auto sealed = sealedGcm(key, iv, plain(40));
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
        auto forged = sealed;
        forged[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
        const auto opened = Aes128Gcm::open(key, iv, forged);
        ASSERT_FALSE(opened) << bit;
        EXPECT_EQ(opened.error().kind, Kind::bad_seal);
    }
}

TEST(Aes128Gcm, refuses_another_key_another_vector_and_what_has_no_room_for_a_tag) {
    const auto sealed = sealedGcm(key, iv, plain(40));
    auto bytes = sealed;
    EXPECT_FALSE(Aes128Gcm::open(counted<Key>(2), iv, bytes));
    bytes = sealed;
    EXPECT_FALSE(Aes128Gcm::open(key, counted<Iv>(101), bytes));
    for (std::size_t size = 0; size < Aes128Gcm::tagBytes; ++size) {
        Bytes cut(sealed.begin(), sealed.begin() + static_cast<std::ptrdiff_t>(size));
        const auto opened = Aes128Gcm::open(key, iv, cut);
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().kind, Kind::bad_seal);
    }
}

}  // namespace
}  // namespace auricle::media
