#include "vault/seal.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <climits>
#include <memory>
#include <stdexcept>

#include "system/base64.h"

namespace auricle::vault {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kIvBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kIdBytes = 16;
constexpr std::string_view kInfo = "auricle seal v1";

template <auto Release>
struct Releaser {
    void operator()(auto* one) const { Release(one); }
};
using PKey = std::unique_ptr<EVP_PKEY, Releaser<EVP_PKEY_free>>;
using PKeyContext = std::unique_ptr<EVP_PKEY_CTX, Releaser<EVP_PKEY_CTX_free>>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Releaser<EVP_CIPHER_CTX_free>>;
using Kdf = std::unique_ptr<EVP_KDF, Releaser<EVP_KDF_free>>;
using KdfContext = std::unique_ptr<EVP_KDF_CTX, Releaser<EVP_KDF_CTX_free>>;

const unsigned char* raw(std::span<const std::byte> bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* rawOut(std::span<std::byte> bytes) {
    return reinterpret_cast<unsigned char*>(bytes.data());
}

void must(bool isDone, const char* what) {
    if (!isDone) throw std::runtime_error(std::string("OpenSSL cannot do this: ") + what);
}

PKey privateKey(const Randomness& random) {
    Secret seed(kKeyBytes);
    random(seed.bytes());
    PKey key(EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, raw(seed.bytes()), seed.size()));
    must(key != nullptr, "make an X25519 key");
    return key;
}

std::unexpected<Error> badClientKey() {
    return std::unexpected(
        Error{.kind = Kind::bad_params,
              .message = "clientPubKey must be an X25519 public key: 32 bytes as base64, freshly made.",
              .path = "/clientPubKey"});
}

// Empty where the peer's key has small order: OpenSSL refuses the all-zero result, and so do we, whatever its
// version.
Secret sharedSecret(EVP_PKEY* ours, EVP_PKEY* theirs) {
    const PKeyContext context(EVP_PKEY_CTX_new(ours, nullptr));
    must(context && EVP_PKEY_derive_init(context.get()) == 1, "X25519");
    Secret shared(kKeyBytes);
    std::size_t size = shared.size();
    const bool isDerived = EVP_PKEY_derive_set_peer(context.get(), theirs) == 1 &&
                           EVP_PKEY_derive(context.get(), rawOut(shared.bytes()), &size) == 1 &&
                           size == kKeyBytes;
    if (!isDerived || shared.sameAs(Secret(kKeyBytes))) return {};
    return shared;
}

Secret hkdf(const Secret& shared, std::span<const std::byte> salt) {
    const Kdf kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
    const KdfContext context(EVP_KDF_CTX_new(kdf.get()));
    std::string digest = "SHA256", info(kInfo);
    const std::span<const std::byte> ikm = shared.bytes();
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, const_cast<std::byte*>(ikm.data()), ikm.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, const_cast<std::byte*>(salt.data()),
                                          salt.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
        OSSL_PARAM_construct_end(),
    };
    Secret key(kKeyBytes);
    must(context && EVP_KDF_derive(context.get(), rawOut(key.bytes()), key.size(), parameters) == 1,
         "HKDF-SHA-256");
    return key;
}

// Empty optional: the tag does not fit.
std::optional<Secret> decrypt(const Secret& key, std::span<const std::byte> iv, std::string_view additional,
                              std::span<const std::byte> data) {
    const CipherContext context(EVP_CIPHER_CTX_new());
    must(context &&
             EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, raw(key.bytes()), raw(iv)) == 1,
         "AES-256-GCM");
    const auto tag = data.last(kTagBytes);
    const auto text = data.first(data.size() - kTagBytes);
    Secret opened(text.size());
    int size = 0;
    const auto* aad = reinterpret_cast<const unsigned char*>(additional.data());
    std::byte nothing{};
    std::byte* out = opened.empty() ? &nothing : opened.bytes().data();
    const bool isGood =
        EVP_DecryptUpdate(context.get(), nullptr, &size, aad, static_cast<int>(additional.size())) == 1 &&
        EVP_DecryptUpdate(context.get(), rawOut(std::span(out, 1)), &size, raw(text),
                          static_cast<int>(text.size())) == 1 &&
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes,
                            const_cast<std::byte*>(tag.data())) == 1 &&
        EVP_DecryptFinal_ex(context.get(), rawOut(std::span(out, 1)), &size) == 1;
    if (!isGood) return std::nullopt;
    return opened;
}

std::string makeId(const Randomness& random) {
    std::array<std::byte, kIdBytes> bytes;
    random(bytes);
    std::string id;
    for (const std::byte b : bytes) {
        id += "0123456789abcdef"[std::to_integer<unsigned>(b) >> 4];
        id += "0123456789abcdef"[std::to_integer<unsigned>(b) & 15];
    }
    return id;
}

std::unexpected<Error> badField(std::string path, std::string message) {
    return std::unexpected(
        Error{.kind = Kind::bad_params, .message = std::move(message), .path = std::move(path)});
}

}  // namespace

Randomness systemRandomness() {
    return [](std::span<std::byte> into) {
        must(RAND_priv_bytes(rawOut(into), static_cast<int>(into.size())) == 1, "random bytes");
    };
}

Result<SealSession> SealSession::open(std::span<const std::byte> clientPublicKey, std::string id,
                                      const Randomness& random) {
    if (clientPublicKey.size() != kKeyBytes) return badClientKey();
    const PKey theirs(EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, raw(clientPublicKey), kKeyBytes));
    if (!theirs) return badClientKey();
    const PKey ours = privateKey(random);
    SealSession session;
    session.id_ = std::move(id);
    std::size_t size = session.publicKey_.size();
    must(EVP_PKEY_get_raw_public_key(ours.get(), rawOut(session.publicKey_), &size) == 1,
         "give an X25519 public key");
    random(session.nonce_);
    const Secret shared = sharedSecret(ours.get(), theirs.get());
    if (shared.empty()) return badClientKey();
    session.key_ = hkdf(shared, session.nonce_);
    return session;
}

Result<Secret> SealSession::unseal(std::uint64_t seq, std::span<const std::byte> iv,
                                   std::span<const std::byte> data) {
    if (seq <= lastSeq_) {
        return fail(Kind::bad_seal,
                    "This sealed value was used before: seal it again with a seq larger than " +
                        std::to_string(lastSeq_) + ".");
    }
    const bool canBeOne =
        iv.size() == kIvBytes && data.size() >= kTagBytes && data.size() <= INT_MAX && !key_.empty();
    auto opened = canBeOne ? decrypt(key_, iv, id_ + ":" + std::to_string(seq), data) : std::nullopt;
    if (!opened) {
        return fail(Kind::bad_seal,
                    "The sealed value does not open: open a new session (session.open) and seal it again.");
    }
    lastSeq_ = seq;
    return std::move(*opened);
}

SealTable::Clocks SealTable::realClocks() {
    return {std::chrono::steady_clock::now, std::chrono::system_clock::now};
}

Result<SealOpened> SealTable::open(std::string_view clientPubKey) {
    wipeExpired();
    const auto key = fromBase64(clientPubKey);
    if (!key) return badClientKey();
    auto session = SealSession::open(*key, makeId(random_), random_);
    if (!session) return std::unexpected(session.error());
    makeRoom();
    const Row& row = rows_.emplace_back(std::move(*session), clocks_.monotonic() + lifetime);
    return SealOpened{row.session.id(), toBase64(row.session.serverPublicKey()),
                      toBase64(row.session.serverNonce()), wallMsOf(row.endsAt)};
}

Result<std::int64_t> SealTable::info(std::string_view sessionId) {
    const auto row = find(sessionId);
    if (!row) return std::unexpected(row.error());
    return wallMsOf((*row)->endsAt);
}

Result<std::int64_t> SealTable::refresh(std::string_view sessionId) {
    const auto row = find(sessionId);
    if (!row) return std::unexpected(row.error());
    (*row)->endsAt = clocks_.monotonic() + lifetime;
    return wallMsOf((*row)->endsAt);
}

Result<void> SealTable::close(std::string_view sessionId) {
    const auto row = find(sessionId);
    if (!row) return std::unexpected(row.error());
    rows_.erase(rows_.begin() + (*row - rows_.data()));
    return {};
}

Result<Secret> SealTable::unseal(const Sealed& sealed) {
    const auto row = find(sealed.sessionId);
    if (!row) return std::unexpected(row.error());
    const auto iv = fromBase64(sealed.iv);
    if (!iv || iv->size() != kIvBytes) return badField("/iv", "iv must be 12 bytes as base64 with padding.");
    const auto data = fromBase64(sealed.data);
    if (!data || data->size() < kTagBytes) {
        return badField("/data", "data must be ciphertext and its tag of 16 bytes, as base64 with padding.");
    }
    return (*row)->session.unseal(sealed.seq, *iv, *data);
}

void SealTable::makeRoom() {
    if (rows_.size() < maxSessions) return;
    const auto expired = std::ranges::find_if(
        rows_, [now = clocks_.monotonic()](const Row& row) { return row.endsAt <= now; });
    rows_.erase(expired == rows_.end() ? rows_.begin() : expired);
}

void SealTable::wipeExpired() {
    for (Row& row : rows_) {
        if (row.endsAt <= clocks_.monotonic()) row.session.close();
    }
}

Result<SealTable::Row*> SealTable::find(std::string_view sessionId) {
    wipeExpired();
    const auto row =
        std::ranges::find_if(rows_, [&](const Row& one) { return one.session.id() == sessionId; });
    if (row == rows_.end()) {
        return fail(Kind::unknown_session,
                    "This session is closed or was never opened: open a new one (session.open).");
    }
    if (row->endsAt <= clocks_.monotonic()) {
        return fail(Kind::session_expired,
                    "This session ended after 30 minutes: open a new one (session.open).");
    }
    return &*row;
}

std::int64_t SealTable::wallMsOf(std::chrono::steady_clock::time_point time) const {
    const auto wall = clocks_.wall() + (time - clocks_.monotonic());
    return std::chrono::duration_cast<std::chrono::milliseconds>(wall.time_since_epoch()).count();
}

}  // namespace auricle::vault
