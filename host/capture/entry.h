// All that is remembered of a capture beyond the life of this process. No secret and no URL with a session is
// in it.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "capture/capture.h"
#include "net/download.h"
#include "sites/site.h"

namespace auricle::capture {

/// What is safely on the disk of a part file.
struct SavedPart {
    std::uint64_t bytes = 0;
    net::Validator validator;
    std::uint64_t cursor =
        0;  ///< where a way that marks its target goes on; 0: it does not, or is at the beginning
    bool isWhole = false;  ///< every byte of the resource is there
};

struct Entry {
    Capture capture;
    sites::About about;
    bool hasOwnTitle = false;  ///< the client gave a title, which the site's does not replace
    SavedPart part;
    std::string lecture;  ///< the backend's id, as soon as it is registered
};

nlohmann::json toRecord(const Entry& entry);
/// Nothing where the record is not one of ours (another version's): it is then left alone.
std::optional<Entry> entryOf(const nlohmann::json& record);

}  // namespace auricle::capture
