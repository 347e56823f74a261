#include "vault/seal.h"

#include <algorithm>

#include "system/base64.h"

namespace auricle::vault {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kIdBytes = 16;
constexpr std::string_view kInfo = "auricle seal v1";

std::unexpected<Error> badClientKey() {
    return std::unexpected(
        Error{.kind = Kind::bad_params,
              .message = "clientPubKey must be an X25519 public key: 32 bytes as base64, freshly made.",
              .path = "/clientPubKey"});
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

Result<SealSession> SealSession::open(std::span<const std::byte> clientPublicKey, std::string id,
                                      const Randomness& random) {
    const KeyPair ours(random);
    SealSession session;
    session.id_ = std::move(id);
    session.publicKey_ = ours.publicKey();
    random(session.nonce_);
    const Secret shared = ours.sharedWith(clientPublicKey);
    if (shared.empty()) return badClientKey();
    session.key_ = hkdfSha256(shared, session.nonce_, kInfo, kKeyBytes);
    return session;
}

Result<Secret> SealSession::unseal(std::uint64_t seq, std::span<const std::byte> iv,
                                   std::span<const std::byte> data) {
    if (seq <= lastSeq_) {
        return fail(Kind::bad_seal,
                    "This sealed value was used before: seal it again with a seq larger than " +
                        std::to_string(lastSeq_) + ".");
    }
    auto opened = openAesGcm(key_, iv, id_ + ":" + std::to_string(seq), data);
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
    if (!iv || iv->size() != gcmIvBytes)
        return badField("/iv", "iv must be 12 bytes as base64 with padding.");
    const auto data = fromBase64(sealed.data);
    if (!data || data->size() < gcmTagBytes) {
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
