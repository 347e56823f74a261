#include "sites/playback_agreement.h"

#include <gtest/gtest.h>

#include "media/aes_gcm.h"
#include "system/base64.h"
#include "tests/unit/support/sealing.h"

namespace auricle::sites {
namespace {

using test::bytesOf;
using test::fromHex;
using test::sealedGcm;
using test::toHex;
using test::wrappedKey;
using vault::Secret;

// Made with WebCrypto: the client's private key is 01..20, the server's 41..60.
constexpr std::string_view clientPub = "B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHw=";
constexpr std::string_view serverPub = "ZLEBsdC+WocEvQePmJUAH8A+jp+VIvGI3RKNmEbUhGY=";
constexpr std::string_view serverNonce = "AAECAwQFBgcICQoL";
constexpr std::string_view sharedHex = "26c2c17fdb82161cb21ad16e721315355b64d1763119b10bfc962530dc7cc163";
constexpr std::string_view kekHex = "f87800e2a34b7ec5e0a65bd431ee1665";
constexpr std::string_view dekHex = "e7bcc70f631e5b229707a8f4b76ca8ac";
constexpr std::string_view wrapIv = "EBESExQVFhcYGRob";
constexpr std::string_view wrappedDek = "gHQEsKGKtgnVED7qrq82sx4wNDCA6QQqmDl23yFy8bE=";

vault::Randomness countingFrom(unsigned first) {
    return [first](std::span<std::byte> into) {
        for (std::size_t i = 0; i < into.size(); ++i) into[i] = static_cast<std::byte>(first + i);
    };
}

PlaybackAgreement client() {
    return PlaybackAgreement(countingFrom(1));
}

Kind kindOf(const Result<Secret>& outcome) {
    return outcome ? Kind::internal : outcome.error().kind;
}

TEST(PlaybackAgreement, gives_what_web_crypto_gives_at_every_step) {
    const vault::KeyPair ours(countingFrom(0x01)), theirs(countingFrom(0x41));
    EXPECT_EQ(toBase64(ours.publicKey()), clientPub);
    EXPECT_EQ(toBase64(theirs.publicKey()), serverPub);
    const auto shared = ours.sharedWith(theirs.publicKey());
    EXPECT_EQ(toHex(shared.bytes()), sharedHex);
    EXPECT_TRUE(shared.sameAs(theirs.sharedWith(ours.publicKey())));
    const auto kek = vault::hkdfSha256(shared, *fromBase64(serverNonce), "session-kek-v1", 16);
    EXPECT_EQ(toHex(kek.bytes()), kekHex);
    const auto root =
        Secret::copyOf(fromHex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"));
    const auto dek = vault::hkdfSha256(root, bytesOf("vid_1|720p|0"), "chunk-dek-v1", 16);
    EXPECT_EQ(toHex(dek.bytes()), dekHex);
    EXPECT_EQ(toBase64(sealedGcm(kek.bytes(), *fromBase64(wrapIv), dek.bytes())), wrappedDek);
}

TEST(PlaybackAgreement, opens_a_segment_that_web_crypto_sealed) {
    EXPECT_EQ(client().clientPubKey(), clientPub);
    const auto kek = client().agree(serverPub, serverNonce);
    ASSERT_TRUE(kek);
    const auto dek = kek->unwrap(wrappedDek, wrapIv);
    ASSERT_TRUE(dek);
    EXPECT_EQ(toHex(dek->bytes()), dekHex);
    auto segment = *fromBase64("xfn+4vbhLrwFUms1HZd6jY/V+IaMgX8HPhMU2p0=");
    std::array<std::byte, media::Aes128Gcm::ivBytes> iv;
    std::ranges::copy(*fromBase64("ICEiIyQlJicoKSor"), iv.begin());
    const auto opened = media::Aes128Gcm::open(dek->bytes().first<16>(), iv, segment);
    ASSERT_TRUE(opened);
    EXPECT_EQ(test::copyOf(*opened), test::copyOf(bytesOf("hello segment")));
}

TEST(PlaybackAgreement, opens_what_is_wrapped_as_rfc_3394_has_it) {
    // RFC 3394 section 4.1.
    const PlaybackKek kek(Secret::copyOf(fromHex("000102030405060708090a0b0c0d0e0f")));
    const auto wrapped = fromHex("1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5");
    const auto dek = kek.unwrap(toBase64(wrapped), std::nullopt);
    ASSERT_TRUE(dek);
    EXPECT_EQ(toHex(dek->bytes()), "00112233445566778899aabbccddeeff");
    for (std::size_t bit = 0; bit < wrapped.size() * 8; ++bit) {
        auto forged = wrapped;
        forged[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
        ASSERT_EQ(kindOf(kek.unwrap(toBase64(forged), std::nullopt)), Kind::bad_seal) << bit;
    }
}

TEST(PlaybackAgreement, refuses_a_servers_key_or_nonce_of_a_wrong_length) {
    EXPECT_FALSE(client().agree(toBase64(test::Bytes(31)), serverNonce));
    EXPECT_FALSE(client().agree(toBase64(test::Bytes(33)), serverNonce));
    EXPECT_FALSE(client().agree("no base64", serverNonce));
    EXPECT_FALSE(client().agree("", serverNonce));
    EXPECT_FALSE(client().agree(serverPub, toBase64(test::Bytes(11))));
    EXPECT_FALSE(client().agree(serverPub, ""));
    EXPECT_EQ(client().agree("", serverNonce).error().kind, Kind::bad_seal);
}

TEST(PlaybackAgreement, refuses_a_servers_key_of_small_order) {
    auto one = test::Bytes(32);
    EXPECT_FALSE(client().agree(toBase64(one), serverNonce)) << "the point 0";
    one[0] = std::byte{1};
    EXPECT_FALSE(client().agree(toBase64(one), serverNonce)) << "the point 1";
}

TEST(PlaybackAgreement, refuses_a_segments_key_that_is_another_sessions_or_was_changed) {
    const auto kek = client().agree(serverPub, serverNonce);
    const auto other = PlaybackAgreement(countingFrom(2)).agree(serverPub, serverNonce);
    EXPECT_EQ(kindOf(other->unwrap(wrappedDek, wrapIv)), Kind::bad_seal);
    const auto good = *fromBase64(wrappedDek);
    for (std::size_t byte = 0; byte < good.size(); ++byte) {
        auto forged = good;
        forged[byte] ^= std::byte{0x10};
        ASSERT_EQ(kindOf(kek->unwrap(toBase64(forged), wrapIv)), Kind::bad_seal) << byte;
    }
    EXPECT_EQ(kindOf(kek->unwrap(wrappedDek, "EBESExQVFhcYGRo=")), Kind::bad_seal) << "a short iv";
    EXPECT_EQ(kindOf(kek->unwrap(wrappedDek, "")), Kind::bad_seal) << "an empty iv";
    EXPECT_EQ(kindOf(kek->unwrap(wrappedDek, std::nullopt)), Kind::bad_seal) << "wrapped in another manner";
    EXPECT_EQ(kindOf(kek->unwrap("", wrapIv)), Kind::bad_seal);
}

TEST(PlaybackAgreement, refuses_a_segments_key_of_a_wrong_length) {
    const auto kek = client().agree(serverPub, serverNonce);
    const auto key = fromHex(kekHex), iv = *fromBase64(wrapIv);
    for (std::size_t size : {0u, 8u, 15u, 17u, 24u, 32u})
        EXPECT_EQ(kindOf(kek->unwrap(toBase64(sealedGcm(key, iv, test::Bytes(size))), wrapIv)),
                  Kind::bad_seal)
            << size;
    for (std::size_t size : {24u, 32u})
        EXPECT_EQ(kindOf(kek->unwrap(toBase64(wrappedKey(key, test::Bytes(size))), std::nullopt)),
                  Kind::bad_seal)
            << size;
    EXPECT_TRUE(kek->unwrap(toBase64(wrappedKey(key, test::Bytes(16))), std::nullopt));
}

}  // namespace
}  // namespace auricle::sites
