#include "capture/intake.h"

#include <chrono>
#include <cstdio>
#include <random>

#include "capture/bad_param.h"
#include "delivery/backend_address.h"
#include "delivery/file_name.h"

namespace auricle::capture {

namespace {

/// Sorts by time and cannot be guessed: a part file's name tells nothing and collides with none.
std::string newId(std::int64_t nowMs) {
    std::random_device device;
    char text[32];
    std::snprintf(text, sizeof text, "%011llx%08x%08x", static_cast<unsigned long long>(nowMs), device(),
                  device());
    return text;
}

/// A stream's address that cannot be one is a mistake of the extension's: it is told, not passed over.
Result<sites::PageMedia> givenBy(const StartRequest& request) {
    sites::PageMedia given{.delivery = request.mediaDelivery.value_or(""), .stream = {}};
    if (!request.mediaUrl) return given;
    auto url = net::Url::parse(*request.mediaUrl);
    if (!url) return badParam("/media/url", url.error().message);
    given.stream = std::move(*url);
    return given;
}

}  // namespace

Result<Intake> takeIn(const StartRequest& request, const Services& services) {
    auto url = net::Url::parse(request.page);
    if (!url) return badParam("/page", url.error().message);
    auto recognised = services.sites.recognise(*url);
    auto* direct = request.mayBeAnything ? services.sites.find("direct") : nullptr;
    if (!recognised && direct) recognised = direct->recognise(*url);
    if (!recognised) {
        return fail(
            Kind::unsupported_site,
            "Auricle does not know this page. Open the recording itself (a Panopto page has Viewer.aspx or "
            "Embed.aspx in its address, a film of MUBI's has /films/); a Panopto under a name of the "
            "university's own is named in sites.panopto.hosts, a player of its own in "
            "sites.playback.origins.");
    }
    auto page = std::move(*recognised);
    auto target = request.target.value_or(delivery::Target{});
    if (auto judged = delivery::judgeSubfolder(target.subfolder); !judged)
        return std::unexpected(judged.error());
    if (target.to == delivery::Target::To::backend) {
        auto origin = delivery::judgeBackend(target.origin, services.config.backends);
        if (!origin) return std::unexpected(origin.error());
        target.origin = origin->origin();
    }
    auto nowMs =
        std::chrono::duration_cast<std::chrono::milliseconds>(services.now().time_since_epoch()).count();
    Entry entry;
    auto& capture = entry.capture;
    capture.id = newId(nowMs);
    capture.key = request.key.value_or(capture.id);
    // The query of a bare address may be a key to it; a page's own is none.
    capture.page = page.site == "direct" ? page.url.safeText() : page.url.text();
    capture.site = page.site;
    capture.title = request.title.value_or("");
    capture.startedAtMs = nowMs;
    capture.store = request.store;
    capture.target = std::move(target);
    entry.hasOwnTitle = !capture.title.empty();
    auto given = givenBy(request);
    if (!given) return std::unexpected(std::move(given.error()));
    return Intake{.entry = std::move(entry), .page = std::move(page), .given = std::move(*given)};
}

}  // namespace auricle::capture
