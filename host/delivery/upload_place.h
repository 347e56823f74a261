// Where the bytes of a registered lecture go: the `upload` of a backend's answer (docs/backend.md).
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "net/url.h"
#include "system/error.h"
#include "vault/secret.h"

namespace auricle::delivery {

/// Every address in it lets whoever has it write: none is logged, journalled or put into a message.
struct UploadPlace {
    enum class Protocol : std::uint8_t { tus, presigned, multipart } protocol = Protocol::tus;
    vault::Secret
        url{};  ///< tus and multipart: of the backend's own origin. presigned: where the parts are completed
    std::vector<vault::Secret> parts{};  ///< presigned: one address a part, in order, of any origin
    std::uint64_t partBytes = 0;         ///< presigned: the size of every part but the last
};

/// `accepts` are the words that the backend was offered: another one is refused, and so is an address that
/// may not be used (SAFETY "Uploads": of another origin only parts, and those over https or on this machine).
/// upload_rejected says what was wrong and never repeats an address.
Result<UploadPlace> uploadPlaceOf(const nlohmann::json& upload, const net::Url& backend,
                                  const std::vector<std::string>& accepts);

}  // namespace auricle::delivery
