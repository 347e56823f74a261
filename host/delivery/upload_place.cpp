#include "delivery/upload_place.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "delivery/backend_answer.h"
#include "delivery/backend_json.h"

namespace auricle::delivery {

using nlohmann::json;

namespace {

constexpr std::size_t mostParts = 10'000;  // as many as S3 takes

std::string listed(const std::vector<std::string>& words) {
    std::string list;
    for (const auto& word : words) list += (list.empty() ? "'" : ", '") + word + "'";
    return list;
}

std::unexpected<Error> noUsableAddress(const net::Url& backend) {
    return std::unexpected(
        nonsense(backend, "named no usable address for the upload. Its maintainer has to look"));
}

Result<vault::Secret> ownAddress(const json& upload, const char* name, const net::Url& backend) {
    const std::string text = textOf(upload, name);
    auto url = text.empty() ? Result<net::Url>(fail(Kind::bad_params, "")) : backend.resolve(text);
    if (!url) return noUsableAddress(backend);
    if (url->origin() != backend.origin())
        return std::unexpected(nonsense(backend,
                                        "named an upload address that is not its own. Nothing was sent "
                                        "there; its maintainer has to look"));
    return vault::Secret::copyOf(url->text());
}

Result<void> readParts(const json& upload, const net::Url& backend, UploadPlace& place) {
    const auto size = upload.find("part_bytes");
    const auto parts = upload.find("parts");
    const bool isSound = size != upload.end() && size->is_number_unsigned() &&
                         size->get<std::uint64_t>() > 0 && parts != upload.end() && parts->is_array() &&
                         !parts->empty() && parts->size() <= mostParts;
    if (!isSound)
        return std::unexpected(nonsense(
            backend, "did not say into which parts the recording is to be cut. Its maintainer has to look"));
    place.partBytes = size->get<std::uint64_t>();
    for (const auto& part : *parts) {
        auto url = part.is_string() ? net::Url::parse(part.get_ref<const std::string&>())
                                    : Result<net::Url>(fail(Kind::bad_params, ""));
        // A backend elsewhere has no business with what runs on this machine.
        if (!url || (url->isLoopback() && !backend.isLoopback())) return noUsableAddress(backend);
        place.parts.push_back(vault::Secret::copyOf(url->text()));
    }
    return {};
}

}  // namespace

Result<UploadPlace> uploadPlaceOf(const json& upload, const net::Url& backend,
                                  const std::vector<std::string>& accepts) {
    using Protocol = UploadPlace::Protocol;
    const std::string word = upload.is_object() ? textOf(upload, "protocol") : std::string();
    UploadPlace place;
    if (word == "presigned")
        place.protocol = Protocol::presigned;
    else if (word == "multipart")
        place.protocol = Protocol::multipart;
    else if (word != "tus")
        return std::unexpected(
            nonsense(backend, "did not say how the recording is to be uploaded. Its maintainer has to look"));
    if (std::ranges::find(accepts, word) == accepts.end())
        return std::unexpected(nonsense(backend, "wants the upload as '" + word + "', while it was offered " +
                                                     listed(accepts) +
                                                     ". Set its way of uploading to 'auto'"));
    const bool isPresigned = place.protocol == Protocol::presigned;
    auto url = ownAddress(upload, isPresigned ? "complete_url" : "url", backend);
    if (!url) return std::unexpected(std::move(url.error()));
    place.url = std::move(*url);
    if (!isPresigned) return place;
    if (auto read = readParts(upload, backend, place); !read) return std::unexpected(std::move(read.error()));
    return place;
}

}  // namespace auricle::delivery
