#include "streams/hls_choice.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "media/language.h"

namespace auricle::streams {
namespace {

using media::HlsMaster;
using media::HlsRendition;
using media::HlsVariant;

constexpr std::string_view isSound = "audio-rendition", isVideo = "audio-from-video";
constexpr std::size_t mostRenditions = 3;

/// For each group the rendition to be heard.
std::map<std::string_view, const HlsRendition*> heardIn(const HlsMaster& master, std::string_view language) {
    auto rank = [language](const HlsRendition& one) {
        bool isWished = !language.empty() && media::isSameLanguage(one.language, language);
        return std::tuple(isWished, one.isDefault, one.isAutoselect);
    };
    std::map<std::string_view, const HlsRendition*> heard;
    for (const auto& rendition : master.audio) {
        auto& best = heard[rendition.group];
        if (!best || rank(rendition) > rank(*best)) best = &rendition;
    }
    return heard;
}

/// The bandwidth of the smallest variant that plays with a group: groups are compared by it.
std::uint64_t smallestWith(const HlsMaster& master, std::string_view group) {
    std::uint64_t smallest = UINT64_MAX;
    for (const auto& variant : master.variants)
        if (variant.audioGroup == group) smallest = std::min(smallest, variant.typicalBandwidth());
    return smallest;
}

bool isOffered(const std::vector<HlsChoice>& choices, std::string_view uri) {
    return std::ranges::find(choices, uri, &HlsChoice::uri) != choices.end();
}

}  // namespace

std::vector<HlsChoice> chooseSound(const HlsMaster& master, std::string_view language) {
    auto heard = heardIn(master, language);
    std::vector<std::pair<std::uint64_t, const HlsRendition*>> renditions;
    for (const auto& [group, rendition] : heard)
        if (!rendition->uri.empty()) renditions.emplace_back(smallestWith(master, group), rendition);
    std::ranges::stable_sort(renditions, {}, [](const auto& one) { return one.first; });
    std::vector<HlsChoice> choices;
    for (const auto& [bandwidth, rendition] : renditions) {
        if (choices.size() < mostRenditions && !isOffered(choices, rendition->uri))
            choices.push_back({.uri = rendition->uri, .how = isSound});
    }
    // A variant's own segments have the sound where its group's rendition has no playlist of its own.
    std::vector<const HlsVariant*> variants;
    for (const auto& variant : master.variants) {
        auto group = heard.find(variant.audioGroup);
        bool isElsewhere = group != heard.end() && !group->second->uri.empty();
        if ((!isElsewhere || variant.isAudioOnly()) && !isOffered(choices, variant.uri))
            variants.push_back(&variant);
    }
    std::ranges::stable_sort(variants, {}, [](const HlsVariant* one) {
        return std::pair(!one->isAudioOnly(), one->typicalBandwidth());
    });
    for (const auto* variant : variants) {
        choices.push_back({.uri = variant->uri,
                           .how = variant->isAudioOnly() ? isSound : isVideo,
                           .bitsPerSecond = variant->typicalBandwidth()});
        if (!variant->isAudioOnly()) break;
    }
    return choices;
}

std::uint64_t bestBandwidth(const HlsMaster& master) {
    std::uint64_t best = 0;
    for (const auto& variant : master.variants) best = std::max(best, variant.typicalBandwidth());
    return best;
}

}  // namespace auricle::streams
