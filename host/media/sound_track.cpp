#include "media/sound_track.h"

#include <algorithm>

#include "media/fields.h"
#include "media/language.h"
#include "media/sample_entry.h"
#include "media/verdict.h"

namespace auricle::media {
namespace {

constexpr std::uint64_t mostDescriptionBytes = 64 * 1024;
/// A box of groups (pre-roll) has one entry or two; more is nothing that a player needs.
constexpr std::uint64_t mostGroupBytes = 4096;

bool mayPlay(const Track& track, const Movie& movie) {
    return track.isSound() && track.codec != 0 && (track.samples.sampleCount > 0 || movie.isFragmented);
}

bool speaks(const Track& track, std::string_view language) {
    if (!track.languageTag.empty()) return isSameLanguage(track.languageTag, language);
    return isSameLanguage(unpackLanguage(track.language), language);
}

/// Whether the samples are in this very file (section 8.7.2): a reference may name another.
Result<bool> isSelfContained(Window& window, const Track& track, std::span<const std::byte> description) {
    constexpr std::uint32_t inThisFile = 1;
    if (!track.dataReferences) return true;
    Fields entry(description);
    entry.skip(14);
    auto index = entry.u16();
    BoxWalk walk(window, *track.dataReferences, 8);
    for (std::uint16_t i = 1;; ++i) {
        auto box = walk.next();
        if (!box) return std::unexpected(box.error());
        if (!*box) return true;
        if (i != index) continue;
        auto bytes = window.at((*box)->payload, 4);
        if (!bytes) return std::unexpected(bytes.error());
        return ((*box)->type != fourCc("url ") && (*box)->type != fourCc("urn ")) ||
               (Fields(*bytes).u32() & inThisFile) != 0;
    }
}

Result<std::vector<std::byte>> readGroups(const ByteSource& source, const Track& track) {
    std::vector<std::byte> groups;
    for (const auto& group : track.groups) {
        if (group.end - group.begin > mostGroupBytes) continue;
        auto more = bytesOf(source, group);
        if (!more) return more;
        groups.insert(groups.end(), more->begin(), more->end());
    }
    return groups;
}

}  // namespace

Result<Track*> pickSound(Movie& movie, std::string_view language) {
    if (movie.isEncrypted || std::ranges::any_of(movie.tracks, &Track::isEncrypted)) return protectedSound();
    Track* picked = nullptr;
    int best = -1;
    for (auto& track : movie.tracks) {
        if (!mayPlay(track, movie)) continue;
        int worth = (speaks(track, language) ? 2 : 0) + (track.isEnabled ? 1 : 0);
        if (worth > best) {
            best = worth;
            picked = &track;
        }
    }
    if (!picked) return fail(Kind::not_media, "There is no sound in it.");
    if (picked->timescale == 0) return damaged("its sound has no clock");
    return picked;
}

Result<AudioFormat> readAudioFormat(Window& window, const Movie& movie, const Track& track,
                                    std::uint32_t description) {
    if (description == 0 || description > track.descriptions.size())
        return damaged("it does not say how its sound is coded");
    const auto& entry = track.descriptions[description - 1];
    if (!isKnownSound(entry.type)) {
        return fail(Kind::not_media,
                    "The sound of this file is coded in a way that is not known. Open the recording in the "
                    "browser and see whether it plays.");
    }
    if (entry.end - entry.begin > mostDescriptionBytes)
        return damaged("it does not say how its sound is coded");
    auto bytes = bytesOf(window.source(), entry);
    if (!bytes) return std::unexpected(bytes.error());
    auto isHere = isSelfContained(window, track, *bytes);
    if (!isHere) return std::unexpected(isHere.error());
    if (!*isHere) return fail(Kind::not_media, "The sound of this file lies in another file.");
    auto groups = readGroups(window.source(), track);
    if (!groups) return std::unexpected(groups.error());
    return AudioFormat{.codec = entry.type,
                       .sampleEntry = std::move(*bytes),
                       .descriptionVersion = track.descriptionVersion,
                       .timescale = track.timescale,
                       .language = track.language,
                       .movieTimescale = movie.timescale ? movie.timescale : track.timescale,
                       .edits = track.edits,
                       .sampleGroups = std::move(*groups)};
}

}  // namespace auricle::media
