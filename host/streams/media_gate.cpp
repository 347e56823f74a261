#include "streams/media_gate.h"

#include "media/container.h"

namespace auricle::streams {

Result<void> MediaGate::startOver(const net::Validator& validator) {
    head_.clear();
    isJudged_ = false;
    return behind_.startOver(validator);
}

Result<void> MediaGate::append(std::span<const std::byte> bytes) {
    if (!isJudged_) {
        if (auto looked = look(bytes); !looked) return looked;
    }
    if (auto appended = behind_.append(bytes); !appended) return appended;
    onBytes_(behind_.size());
    return {};
}

Result<void> MediaGate::look(std::span<const std::byte> bytes) {
    head_.insert(head_.end(), bytes.begin(), bytes.end());
    switch (media::firstLook(head_)) {
        case media::FirstLook::needMore:
            return {};
        case media::FirstLook::media:
            break;
        case media::FirstLook::html:
            return fail(Kind::login_required,
                        "The site sent a web page in place of the sound: it wants you to sign in again.");
        case media::FirstLook::text:
            return fail(Kind::not_media,
                        "The site sent text in place of the sound. Open the recording in the browser and see "
                        "whether it plays.");
        case media::FirstLook::other:
            return fail(Kind::not_media,
                        "The site sent a file that is no sound. Open the recording in the browser and see "
                        "whether it plays.");
    }
    isJudged_ = true;
    head_ = {};
    return {};
}

}  // namespace auricle::streams
