#include "streams/segment_source.h"

#include "streams/document.h"
#include "system/digest.h"

namespace auricle::streams {
namespace {

/// What of a reference stays the same when it is signed anew.
std::string_view lasting(std::string_view reference) {
    reference = reference.substr(0, reference.find_first_of("?#"));
    auto scheme = reference.find("://");
    if (scheme == std::string_view::npos) return reference;
    return reference.substr(std::min(reference.find('/', scheme + 3), reference.size()));
}

std::string line(std::string_view reference, const media::ByteRange& range) {
    return std::string(lasting(reference)) + '\n' + std::to_string(range.offset) + ' ' +
           std::to_string(range.length) + '\n';
}

}  // namespace

Result<SegmentSource> SegmentSource::of(const net::Url& manifest, media::SegmentList list,
                                        const Visit& visit) {
    SegmentSource source;
    source.manifest_ = manifest;
    for (const auto& references : list.bases) {
        auto base = manifest;
        for (const auto& reference : references) {
            auto next = follow(base, reference, visit);
            if (!next) return std::unexpected(std::move(next.error()));
            base = std::move(*next);
        }
        source.bases_.push_back(std::move(base));
    }
    source.list_ = std::move(list);
    return source;
}

Result<net::Url> SegmentSource::urlOf(const media::Segment& segment, const Visit& visit) const {
    return follow(bases_[segment.base], segment.uri, visit);
}

Result<net::Url> SegmentSource::urlOf(const media::SegmentInit& init, const Visit& visit) const {
    return follow(bases_[init.base], init.uri, visit);
}

Result<net::Url> SegmentSource::urlOf(const media::SegmentKey& key, const Visit& visit) const {
    return follow(manifest_, key.uri, visit);
}

std::string SegmentSource::identity() const {
    Sha256 digest;
    auto add = [&digest](const std::string& text) { digest.update(std::as_bytes(std::span(text))); };
    add(manifest_.path() + '\n');
    for (const auto& init : list_.inits) add(line(init.uri, init.range));
    for (const auto& segment : list_.segments) {
        add(line(segment.uri, segment.range) + std::to_string(segment.durationUs) + ' ' +
            std::to_string(segment.number) + '\n');
    }
    return "\"segments-" + digest.hex() + "\"";
}

}  // namespace auricle::streams
