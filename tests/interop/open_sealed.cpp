// Opens segments that another implementation sealed, one JSON object a line, with the host's own parts:
// tests/integration/sealed.test.ts lets WebCrypto write them. Prints how many opened and how many of them had
// a key wrapped as RFC 3394 has it; the first that does not open ends it with status 1.
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "media/aes_gcm.h"
#include "sites/playback_agreement.h"
#include "system/base64.h"
#include "system/digest.h"

namespace {

using namespace auricle;
using nlohmann::json;

std::vector<std::byte> binary(const json& line, const char* name) {
    auto bytes = fromBase64(line.at(name).get<std::string>());
    if (!bytes) throw std::runtime_error(std::string(name) + " is no base64");
    return std::move(*bytes);
}

/// What is wrong with a line; empty where it opens to what was sealed.
std::string faultOf(const json& line) {
    const auto privateKey = binary(line, "clientPriv");
    const sites::PlaybackAgreement ours(
        [&privateKey](std::span<std::byte> into) { std::ranges::copy(privateKey, into.begin()); });
    if (ours.clientPubKey() != line.at("clientPub")) return "another public key";
    const auto kek =
        ours.agree(line.at("serverPub").get<std::string>(), line.at("serverNonce").get<std::string>());
    if (!kek) return kek.error().message;
    std::optional<std::string> wrapIv;
    if (line.contains("wrapIv")) wrapIv = line.at("wrapIv").get<std::string>();
    const auto dek = kek->unwrap(line.at("wrappedDek").get<std::string>(), wrapIv);
    if (!dek) return dek.error().message;
    std::array<std::byte, media::Aes128Gcm::ivBytes> iv{};
    std::ranges::copy(binary(line, "segmentIv"), iv.begin());
    auto bytes = binary(line, "sealed");
    const auto opened = media::Aes128Gcm::open(dek->bytes().first<media::Aes128Gcm::keyBytes>(), iv, bytes);
    if (!opened) return opened.error().message;
    Sha256 digest;
    digest.update(*opened);
    const bool isSame = opened->size() == line.at("bytes") && digest.hex() == line.at("sha256");
    return isSame ? "" : "other bytes";
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2) {
        std::fprintf(stderr, "usage: open_sealed FILE\n");
        return 2;
    }
    std::ifstream lines(arguments[1]);
    unsigned opened = 0, byRfc3394 = 0;
    for (std::string text; std::getline(lines, text);) {
        const auto line = json::parse(text);
        if (const auto fault = faultOf(line); !fault.empty()) {
            std::fprintf(stderr, "line %u: %s\n", opened + 1, fault.c_str());
            return 1;
        }
        ++opened;
        byRfc3394 += line.contains("wrapIv") ? 0 : 1;
    }
    std::printf("%u %u\n", opened, byRfc3394);
    return 0;
}
