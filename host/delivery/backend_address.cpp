#include "delivery/backend_address.h"

#include <algorithm>

namespace auricle::delivery {
namespace {

Result<net::Url> originOnly(std::string_view text) {
    auto url = net::Url::parse(text);
    if (!url) return url;
    if (url->path() != "/" || !url->query().empty() || text.find('#') != std::string_view::npos)
        return fail(Kind::bad_params, "It has something behind the host's name.");
    return url;
}

}  // namespace

Result<net::Url> judgeBackend(std::string_view origin, const std::vector<std::string>& allowed) {
    auto url = originOnly(origin);
    if (!url)
        return fail(Kind::backend_not_allowed,
                    "The backend's address cannot be used. Enter it as https://study.example.edu, with "
                    "nothing behind the "
                    "name; plain http is for a backend on this machine alone.");
    const bool isListed = std::ranges::any_of(allowed, [&](const std::string& entry) {
        auto other = originOnly(entry);
        return other && other->origin() == url->origin();
    });
    if (allowed.empty() || isListed) return url;
    return fail(
        Kind::backend_not_allowed,
        url->origin() +
            " is not among the backends that the configuration of this computer allows. Ask whoever set "
            "Auricle up to add it to 'backends'.");
}

Result<std::string> judgeSourceUrl(std::string_view sourceUrl) {
    auto url = net::Url::parse(sourceUrl);
    if (!url || sourceUrl.find('#') != std::string_view::npos)
        return fail(Kind::internal,
                    "The page's address could not be told to the backend: it is no plain web address. "
                    "Nothing was sent.");
    return url->text();
}

}  // namespace auricle::delivery
