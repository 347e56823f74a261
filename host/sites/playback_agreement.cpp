#include "sites/playback_agreement.h"

#include "system/base64.h"

namespace auricle::sites {
namespace {

constexpr std::string_view purpose = "session-kek-v1";
constexpr std::size_t nonceBytes = 12;
constexpr std::size_t dekBytes = 16;

std::unexpected<Error> badKey(std::string_view what) {
    return fail(Kind::bad_seal,
                "The playback server sent " + std::string(what) +
                    ". Try again; if it stays so, whoever looks after the server has to know.");
}

}  // namespace

std::string PlaybackAgreement::clientPubKey() const {
    return toBase64(ours_.publicKey());
}

Result<PlaybackKek> PlaybackAgreement::agree(std::string_view serverPubKey,
                                             std::string_view serverNonce) const {
    const auto theirs = fromBase64(serverPubKey);
    const auto nonce = fromBase64(serverNonce);
    if (!nonce || nonce->size() != nonceBytes) return badKey("a nonce that is none of 12 bytes");
    const auto shared = theirs ? ours_.sharedWith(*theirs) : vault::Secret();
    if (shared.empty()) return badKey("a public key that is none of 32 bytes");
    return PlaybackKek(vault::hkdfSha256(shared, *nonce, purpose, PlaybackKek::bytes));
}

Result<vault::Secret> PlaybackKek::unwrap(std::string_view wrappedDek,
                                          std::optional<std::string_view> wrapIv) const {
    const auto wrapped = fromBase64(wrappedDek);
    const auto iv = wrapIv ? fromBase64(*wrapIv) : std::nullopt;
    if (!wrapped || (wrapIv && !iv)) return badKey("a segment's key that is no base64");
    auto dek = iv ? vault::openAesGcm(key_, *iv, {}, *wrapped) : vault::unwrapAesKey(key_, *wrapped);
    if (!dek) return badKey("a segment's key that does not open with the key of this session");
    if (dek->size() != dekBytes) return badKey("a segment's key that is none of 16 bytes");
    return std::move(*dek);
}

}  // namespace auricle::sites
