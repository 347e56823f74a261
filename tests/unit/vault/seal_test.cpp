#include "vault/seal.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <cstring>

#include "system/base64.h"

namespace auricle::vault {
namespace {

using namespace std::chrono_literals;

// Made with WebCrypto (Node 20): client key 01..20, server key 41..60, nonce 00..0b, id 00..0f. The shared
// secret is that of SITES section F's vector, which two implementations agree on.
constexpr std::string_view clientKey = "B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHw=";
constexpr std::string_view serverKey = "ZLEBsdC+WocEvQePmJUAH8A+jp+VIvGI3RKNmEbUhGY=";
constexpr std::string_view sessionId = "000102030405060708090a0b0c0d0e0f";
constexpr std::string_view key = "6276311c1ca68108a77df1af6a52532cf64823bc5514a11b8296971e1eea191b";
const Sealed first{sessionId, 1, "ISIjJCUmJygpKiss",
                   "0qko8OTTFemv3Scy40t7/cTwHY416odbCDYulQ+s4nl5pCcRTd2+NGKUd8foBGKrsg=="};
const Sealed seventh{sessionId, 7, "JygpKissLS4vMDEy", "k44un0H3npRE9HbAUdB0DJyJz0wp6pfm"};
const Sealed empty{sessionId, 8, "KCkqKywtLi8wMTIz", "uRcf4BI5gSgdxB0cCMDLew=="};

void scripted(std::span<std::byte> into) {
    const unsigned from = into.size() == 32 ? 0x41 : 0;
    for (std::size_t i = 0; i < into.size(); ++i) into[i] = static_cast<std::byte>(from + i);
}

class SealTest : public testing::Test {
  protected:
    std::chrono::steady_clock::time_point steady{1h};
    std::chrono::system_clock::time_point wall{1'795'000'000s};
    SealTable::Clocks clocks{[this] { return steady; }, [this] { return wall; }};
    SealTable table{clocks, scripted};
    SealTable randomTable{clocks, systemRandomness()};

    static Kind kindOfFailure(const Result<Secret>& opened) {
        return opened ? Kind::internal : opened.error().kind;
    }
};

TEST_F(SealTest, opens_what_another_implementation_sealed) {
    const auto opened = table.open(clientKey);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->sessionId, sessionId);
    EXPECT_EQ(opened->serverPubKey, serverKey);
    EXPECT_EQ(opened->serverNonce, "AAECAwQFBgcICQoL");
    EXPECT_EQ(opened->expiresAtMs, 1'795'000'000'000 + 1'800'000);
    EXPECT_EQ(table.unseal(first)->reveal(), R"({"kind":"bearer","token":"first"})");
    EXPECT_EQ(table.unseal(seventh)->reveal(),
              "gr\xC3\xB6\xC3\x9F"
              "er");
    EXPECT_TRUE(table.unseal(empty)->empty());
}

TEST_F(SealTest, a_seq_counts_once_and_only_upwards) {
    ASSERT_TRUE(table.open(clientKey));
    ASSERT_TRUE(table.unseal(seventh));
    EXPECT_EQ(kindOfFailure(table.unseal(seventh)), Kind::bad_seal);
    EXPECT_EQ(kindOfFailure(table.unseal(first)), Kind::bad_seal);
    EXPECT_TRUE(table.unseal(empty));
}

TEST_F(SealTest, zero_is_no_seq) {
    ASSERT_TRUE(table.open(clientKey));
    Sealed zero = first;
    zero.seq = 0;
    EXPECT_EQ(kindOfFailure(table.unseal(zero)), Kind::bad_seal);
}

TEST_F(SealTest, a_value_that_does_not_open_does_not_count) {
    ASSERT_TRUE(table.open(clientKey));
    Sealed later = first;
    later.seq = 99;
    EXPECT_EQ(kindOfFailure(table.unseal(later)), Kind::bad_seal);
    EXPECT_TRUE(table.unseal(first));
}

TEST_F(SealTest, every_flipped_bit_is_found) {
    ASSERT_TRUE(table.open(clientKey));
    const auto data = *fromBase64(first.data), iv = *fromBase64(first.iv);
    for (std::size_t bit = 0; bit < (data.size() + iv.size()) * 8; ++bit) {
        auto badData = data, badIv = iv;
        auto& target = bit < data.size() * 8 ? badData[bit / 8] : badIv[bit / 8 - data.size()];
        target ^= static_cast<std::byte>(1u << bit % 8);
        const std::string dataText = toBase64(badData), ivText = toBase64(badIv);
        ASSERT_EQ(kindOfFailure(table.unseal({sessionId, 1, ivText, dataText})), Kind::bad_seal) << bit;
    }
    for (std::size_t size = 16; size < data.size(); ++size) {
        const std::string text = toBase64(std::span(data).first(size));
        ASSERT_EQ(kindOfFailure(table.unseal({sessionId, 1, first.iv, text})), Kind::bad_seal) << size;
    }
    EXPECT_TRUE(table.unseal(first));
}

TEST_F(SealTest, bad_fields_are_named) {
    ASSERT_TRUE(table.open(clientKey));
    const auto path = [&](std::string_view iv, std::string_view data) {
        const auto opened = table.unseal({sessionId, 1, iv, data});
        return opened ? "opened" : opened.error().kind == Kind::bad_params ? opened.error().path : "other";
    };
    EXPECT_EQ(path("ISIjJCUmJygpKis=", first.data), "/iv");
    EXPECT_EQ(path("ISIjJCUmJygpKiss\n", first.data), "/iv");
    EXPECT_EQ(path("", first.data), "/iv");
    EXPECT_EQ(path(first.iv, ""), "/data");
    EXPECT_EQ(path(first.iv, "AAAA"), "/data");
    EXPECT_EQ(path(first.iv, "!"), "/data");
    EXPECT_EQ(path(first.iv, first.data), "opened");
}

TEST_F(SealTest, refuses_client_keys_that_are_none) {
    const std::string zero = toBase64(std::array<std::byte, 32>{});
    std::array<std::byte, 32> one{std::byte{1}};
    // Points of small order (RFC 7748 section 6.1 leaves the check to us): every shared secret with them is
    // zero.
    std::array<std::byte, 32> minusOne;
    minusOne.fill(std::byte{0xFF});
    minusOne[0] = std::byte{0xEC};
    minusOne[31] = std::byte{0x7F};
    for (const std::string& bad :
         {std::string(), std::string("AAAA"), std::string(clientKey.substr(1)),
          std::string(clientKey) + "AAAA", zero, toBase64(one), toBase64(minusOne)}) {
        const auto opened = table.open(bad);
        ASSERT_FALSE(opened) << bad;
        EXPECT_EQ(opened.error().kind, Kind::bad_params);
        EXPECT_EQ(opened.error().path, "/clientPubKey");
    }
}

TEST_F(SealTest, a_session_ends_after_thirty_minutes_unless_refreshed) {
    const std::string id = table.open(clientKey)->sessionId;
    steady += 29min + 59s;
    wall += 29min + 59s;
    EXPECT_EQ(table.info(id), 1'795'000'000'000 + 1'800'000);
    EXPECT_TRUE(table.unseal(first));
    EXPECT_EQ(table.refresh(id), 1'795'000'000'000 + (59 * 60 + 59) * 1000);
    steady += 29min;
    EXPECT_TRUE(table.unseal(seventh));
    steady += 1min;
    EXPECT_EQ(kindOfFailure(table.unseal(empty)), Kind::session_expired);
    EXPECT_EQ(table.info(id).error().kind, Kind::session_expired);
    EXPECT_EQ(table.refresh(id).error().kind, Kind::session_expired);
    EXPECT_EQ(table.close(id).error().kind, Kind::session_expired);
}

TEST_F(SealTest, the_wall_clock_ends_no_session) {
    const std::string id = table.open(clientKey)->sessionId;
    wall += 24h;
    EXPECT_TRUE(table.info(id));
    EXPECT_TRUE(table.unseal(first));
}

TEST_F(SealTest, a_closed_session_is_unknown) {
    const std::string id = table.open(clientKey)->sessionId;
    EXPECT_EQ(table.info("").error().kind, Kind::unknown_session);
    EXPECT_EQ(table.info("000102030405060708090A0B0C0D0E0F").error().kind, Kind::unknown_session);
    EXPECT_TRUE(table.close(id));
    EXPECT_EQ(table.close(id).error().kind, Kind::unknown_session);
    EXPECT_EQ(table.refresh(id).error().kind, Kind::unknown_session);
    EXPECT_EQ(kindOfFailure(table.unseal(first)), Kind::unknown_session);
}

TEST_F(SealTest, of_too_many_sessions_an_expired_one_goes_first_then_the_oldest) {
    std::vector<std::string> ids;
    const auto open = [&] { ids.push_back(randomTable.open(clientKey)->sessionId); };
    for (std::size_t i = 0; i < SealTable::maxSessions; ++i) {
        open();
        steady += 1min;
    }
    open();
    EXPECT_EQ(randomTable.info(ids[0]).error().kind, Kind::unknown_session);
    EXPECT_TRUE(randomTable.info(ids[1]));
    ASSERT_TRUE(randomTable.refresh(ids[1]));
    steady += 16min;
    EXPECT_EQ(randomTable.info(ids[2]).error().kind, Kind::session_expired);
    open();
    EXPECT_EQ(randomTable.info(ids[2]).error().kind, Kind::unknown_session);
    EXPECT_TRUE(randomTable.info(ids[1]));
}

TEST_F(SealTest, ids_keys_and_nonces_are_fresh_each_time) {
    std::set<std::string> ids, keys, nonces;
    for (int i = 0; i < 50; ++i) {
        const auto opened = randomTable.open(clientKey).value();
        EXPECT_EQ(opened.sessionId.size(), 32u);
        EXPECT_EQ(opened.sessionId.find_first_not_of("0123456789abcdef"), std::string::npos);
        ids.insert(opened.sessionId);
        keys.insert(opened.serverPubKey);
        nonces.insert(opened.serverNonce);
    }
    EXPECT_EQ(ids.size() + keys.size() + nonces.size(), 150u);
}

TEST_F(SealTest, the_additional_data_binds_a_value_to_its_session) {
    const std::string id = randomTable.open(clientKey)->sessionId;
    EXPECT_EQ(kindOfFailure(randomTable.unseal({id, 1, first.iv, first.data})), Kind::bad_seal);
}

// The key of the vector, written down: sealing with it here must open there, with seq in the additional data
// as text.
TEST_F(SealTest, the_key_is_hkdf_of_the_shared_secret_and_seq_is_decimal_text) {
    ASSERT_TRUE(table.open(clientKey));
    unsigned char raw[32];
    for (int i = 0; i < 32; ++i)
        raw[i] = static_cast<unsigned char>(
            std::stoi(std::string(key.substr(static_cast<std::size_t>(i) * 2, 2)), nullptr, 16));
    const std::uint64_t seq = 9'007'199'254'740'991;
    const std::string additional = std::string(sessionId) + ":9007199254740991", text = "sealed here";
    std::array<std::byte, 12> iv{};
    std::vector<std::byte> data(text.size() + 16);
    auto* context = EVP_CIPHER_CTX_new();
    int size = 0;
    EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), nullptr, raw, reinterpret_cast<unsigned char*>(iv.data()));
    EVP_EncryptUpdate(context, nullptr, &size, reinterpret_cast<const unsigned char*>(additional.data()),
                      static_cast<int>(additional.size()));
    auto* out = reinterpret_cast<unsigned char*>(data.data());
    EVP_EncryptUpdate(context, out, &size, reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
    EVP_EncryptFinal_ex(context, out + size, &size);
    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, 16, out + text.size());
    EVP_CIPHER_CTX_free(context);
    const std::string ivText = toBase64(iv), dataText = toBase64(data);
    EXPECT_EQ(table.unseal({sessionId, seq, ivText, dataText})->reveal(), text);
}

TEST_F(SealTest, a_closed_seal_session_opens_nothing) {
    auto session = SealSession::open(*fromBase64(clientKey), std::string(sessionId), scripted);
    ASSERT_TRUE(session);
    session->close();
    EXPECT_EQ(kindOfFailure(session->unseal(1, *fromBase64(first.iv), *fromBase64(first.data))),
              Kind::bad_seal);
}

}  // namespace
}  // namespace auricle::vault
