#include "media/dash_manifest.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <pugixml.hpp>

#include "media/dash_values.h"
#include "media/language.h"
#include "media/verdict.h"

namespace auricle::media {
namespace {

using pugi::xml_node;

constexpr std::size_t mostManifestBytes = 8u << 20;
constexpr std::size_t mostPeriods = 2000;
constexpr std::size_t mostStandIns = 3;  // tracks offered, the first with them

std::unexpected<Error> wrong(std::string_view why) {
    return fail(Kind::not_media, "The manifest cannot be used: " + std::string(why) + ".");
}

/// Names are compared without their prefix: some manifests put all of MPD's own names under one.
std::string_view withoutPrefix(std::string_view name) {
    auto colon = name.find(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

bool isNamed(xml_node node, std::string_view name) {
    return withoutPrefix(node.name()) == name;
}

xml_node child(xml_node parent, std::string_view name) {
    return parent.find_child([name](xml_node one) { return isNamed(one, name); });
}

std::vector<xml_node> children(xml_node parent, std::string_view name) {
    std::vector<xml_node> found;
    for (auto one : parent.children())
        if (isNamed(one, name)) found.push_back(one);
    return found;
}

/// A representation, its adaptation set and its period: what is said further out holds unless it is said
/// again.
struct Place {
    xml_node period, set, representation;

    std::array<xml_node, 3> inward() const { return {representation, set, period}; }
    /// An attribute of the representation or of its set.
    std::string_view text(const char* name) const {
        for (auto node : {representation, set})
            if (auto attribute = node.attribute(name)) return attribute.value();
        return {};
    }
    /// An attribute of an addressing element at whichever level it is said.
    std::string_view text(std::string_view element, const char* name) const {
        for (auto node : inward())
            if (auto attribute = child(node, element).attribute(name)) return attribute.value();
        return {};
    }
    xml_node within(std::string_view element, std::string_view name) const {
        for (auto node : inward())
            if (auto found = child(child(node, element), name)) return found;
        return {};
    }
    /// Which of SegmentTemplate, SegmentList and SegmentBase holds; empty where none does.
    std::string_view addressing() const {
        for (auto node : inward())
            for (std::string_view name : {"SegmentTemplate", "SegmentList", "SegmentBase"})
                if (child(node, name)) return name;
        return {};
    }
    std::uint64_t bandwidth() const { return dashNumber(text("bandwidth")).value_or(0); }
};

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view space = " \t\r\n";
    auto begin = text.find_first_not_of(space);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(space) - begin + 1);
}

/// The segments of one representation in one period.
class Addressing {
  public:
    Addressing(const Place& place, std::optional<std::uint64_t> durationUs, std::size_t room)
        : place_(place), element_(place.addressing()), durationUs_(durationUs), room_(room) {}

    Result<DashSource> read() {
        for (auto node :
             {xml_node(place_.period.parent()), place_.period, place_.set, place_.representation}) {
            auto base = trimmed(child(node, "BaseURL").text().get());
            if (!base.empty()) source_.base.emplace_back(base);
        }
        auto read = element_ == "SegmentTemplate" ? readTemplate()
                    : element_ == "SegmentList"   ? readList()
                    : element_ == "SegmentBase"   ? readBase()
                                                  : Result<void>{};
        if (!read) return std::unexpected(std::move(read.error()));
        return std::move(source_);
    }

  private:
    std::optional<std::uint64_t> number(const char* name) const {
        return dashNumber(place_.text(element_, name));
    }
    /// Ticks a second. At most 10^10, so that ticks and microseconds can be turned into each other.
    std::uint64_t timescale() const {
        constexpr std::uint64_t fastest = 10'000'000'000;
        return std::clamp<std::uint64_t>(number("timescale").value_or(1), 1, fastest);
    }
    std::uint64_t microseconds(std::uint64_t ticks) const {
        constexpr std::uint64_t longest = 1'000'000'000'000'000;  // some thirty years
        auto value = static_cast<long double>(ticks) * 1e6L / static_cast<long double>(timescale());
        return value < static_cast<long double>(longest) ? static_cast<std::uint64_t>(value) : longest;
    }

    Result<void> readTemplate() {
        if (auto init = readInit(); !init) return init;
        auto timed = readTimes();
        if (!timed) return std::unexpected(std::move(timed.error()));
        auto pattern = place_.text(element_, "media");
        if (pattern.empty()) return wrong("it names no addresses for its segments");
        auto first = number("startNumber").value_or(1);
        for (std::size_t i = 0; i < timed->size(); ++i) {
            auto uri = expand(pattern, first + i, (*timed)[i].start);
            if (!uri) return wrong("the pattern of its addresses is malformed");
            source_.segments.push_back({.uri = std::move(*uri),
                                        .durationUs = (*timed)[i].durationUs,
                                        .mayBeMissing = (*timed)[i].isReckoned});
        }
        return {};
    }

    std::optional<std::string> expand(std::string_view pattern, std::optional<std::uint64_t> number,
                                      std::optional<std::uint64_t> time) const {
        return expandDashTemplate(pattern, {.representation = place_.representation.attribute("id").value(),
                                            .bandwidth = place_.bandwidth(),
                                            .number = number,
                                            .time = time});
    }

    Result<void> readInit() {
        if (auto pattern = place_.text(element_, "initialization"); !pattern.empty()) {
            auto uri = expand(pattern, std::nullopt, std::nullopt);
            if (!uri) return wrong("the pattern of its addresses is malformed");
            source_.init = SegmentInit{.uri = std::move(*uri), .range = {}, .base = 0, .key = std::nullopt};
            return {};
        }
        auto element = place_.within(element_, "Initialization");
        if (!element) return {};
        source_.init = SegmentInit{
            .uri = element.attribute("sourceURL").value(), .range = {}, .base = 0, .key = std::nullopt};
        if (auto text = element.attribute("range")) {
            auto range = dashRange(text.value());
            if (!range) return wrong("it has a byte range that is none");
            source_.init->range = *range;
        }
        return {};
    }

    struct Timed {
        std::uint64_t start, durationUs;  ///< ticks, microseconds
        bool isReckoned = false;
    };

    Result<std::vector<Timed>> readTimes() {
        if (auto timeline = place_.within(element_, "SegmentTimeline")) return readTimeline(timeline);
        auto ticks = number("duration");
        if (!ticks || *ticks == 0) return wrong("it does not say how long its segments are");
        auto count = reckonCount(*ticks);
        if (!count) return std::unexpected(std::move(count.error()));
        std::vector<Timed> times;
        for (std::uint64_t i = 0; i < count->whole; ++i)
            times.push_back({.start = i * *ticks, .durationUs = microseconds(*ticks)});
        if (count->restUs == 0) return times;
        // Sound that ends a little before the pictures has one segment less than the period's length asks
        // for.
        times.push_back({.start = count->whole * *ticks,
                         .durationUs = count->restUs,
                         .isReckoned = count->whole > 0 && count->restUs <= longestDoubtUs});
        return times;
    }

    struct Count {
        std::uint64_t whole, restUs;  ///< segments, and microseconds of a shorter last one
    };

    Result<Count> reckonCount(std::uint64_t ticks) {
        if (auto last = number("endNumber")) {
            auto first = number("startNumber").value_or(1);
            if (*last < first || *last - first >= room_) return tooMany();
            return Count{.whole = *last - first + 1, .restUs = 0};
        }
        if (!durationUs_) return wrong("it does not say how long it is");
        auto oneUs = static_cast<long double>(ticks) * 1e6L / static_cast<long double>(timescale());
        auto all = static_cast<long double>(*durationUs_);
        auto whole = std::floor(all / oneUs);
        if (whole >= static_cast<long double>(room_)) return tooMany();
        auto restUs = std::max(all - whole * oneUs, 0.0L);
        return Count{.whole = static_cast<std::uint64_t>(whole),
                     .restUs = static_cast<std::uint64_t>(restUs)};
    }

    Result<std::vector<Timed>> readTimeline(xml_node timeline) {
        std::vector<Timed> times;
        std::uint64_t next = 0;
        auto entries = children(timeline, "S");
        for (std::size_t i = 0; i < entries.size(); ++i) {
            auto entry = entries[i];
            if (auto start = entry.attribute("t")) {
                auto value = dashNumber(start.value());
                if (!value) return wrong("its timeline has a time that is none");
                next = *value;
            }
            auto ticks = dashNumber(entry.attribute("d").value());
            if (!ticks || *ticks == 0 || *ticks > UINT32_MAX * std::uint64_t{1000})
                return wrong("its timeline has a segment without a length");
            auto repeats =
                repeatsOf(entry, i + 1 < entries.size() ? entries[i + 1] : xml_node{}, next, *ticks);
            if (!repeats) return std::unexpected(std::move(repeats.error()));
            if (*repeats >= room_ - std::min(room_, times.size())) return tooMany();
            for (std::uint64_t k = 0; k <= *repeats; ++k) {
                if (next > UINT64_MAX - *ticks) return wrong("its timeline has a time that is none");
                times.push_back({.start = next, .durationUs = microseconds(*ticks)});
                next += *ticks;
            }
        }
        return times;
    }

    /// How often an entry is repeated after its first time; `r="-1"`: up to the next one or the period's end.
    Result<std::uint64_t> repeatsOf(xml_node entry, xml_node following, std::uint64_t start,
                                    std::uint64_t ticks) const {
        std::string_view text = entry.attribute("r").value();
        if (!text.starts_with('-')) {
            if (text.empty()) return std::uint64_t{0};
            auto repeats = dashNumber(text);
            if (!repeats) return wrong("its timeline repeats a segment a number of times that is none");
            return *repeats;
        }
        auto end = dashNumber(following.attribute("t").value());
        if (!end && durationUs_) {
            end = number("presentationTimeOffset").value_or(0) +
                  static_cast<std::uint64_t>(static_cast<long double>(*durationUs_) *
                                             static_cast<long double>(timescale()) / 1e6L);
        }
        if (!end) return wrong("its timeline does not say where it ends");
        if (*end <= start) return std::uint64_t{0};
        return (*end - start + ticks - 1) / ticks - 1;
    }

    Result<void> readList() {
        if (auto init = readInit(); !init) return init;
        auto list = xml_node{};
        for (auto node : place_.inward())
            if (!list && child(child(node, "SegmentList"), "SegmentURL")) list = child(node, "SegmentList");
        auto ticks = number("duration").value_or(0);
        for (auto entry : children(list, "SegmentURL")) {
            if (source_.segments.size() == room_) return tooMany();
            Segment segment{.uri = entry.attribute("media").value(), .durationUs = microseconds(ticks)};
            if (auto text = entry.attribute("mediaRange")) {
                auto range = dashRange(text.value());
                if (!range) return wrong("it has a byte range that is none");
                segment.range = *range;
            }
            source_.segments.push_back(std::move(segment));
        }
        if (source_.segments.empty()) return wrong("its list of segments is empty");
        if (ticks == 0) return timeList();
        return {};
    }

    Result<void> timeList() {
        auto timeline = place_.within(element_, "SegmentTimeline");
        if (!timeline) return {};
        auto times = readTimeline(timeline);
        if (!times) return std::unexpected(std::move(times.error()));
        for (std::size_t i = 0; i < std::min(times->size(), source_.segments.size()); ++i)
            source_.segments[i].durationUs = (*times)[i].durationUs;
        return {};
    }

    Result<void> readBase() {
        auto text = place_.text(element_, "indexRange");
        // WebM's index is another one than MP4's: such a file is taken whole.
        if (text.empty() || place_.text("mimeType").ends_with("webm")) return {};
        if (auto init = readInit(); !init) return init;
        source_.index = dashRange(text);
        if (!source_.index) return wrong("it has a byte range that is none");
        if (!source_.init && source_.index->offset > 0) {
            source_.init = SegmentInit{.uri = {},
                                       .range = {.offset = 0, .length = source_.index->offset},
                                       .base = 0,
                                       .key = std::nullopt};
        }
        return {};
    }

    static std::unexpected<Error> tooMany() {
        return fail(Kind::too_large, "The manifest has more segments than any recording.");
    }

    static constexpr std::uint64_t longestDoubtUs = 500'000;

    const Place& place_;
    std::string_view element_;
    std::optional<std::uint64_t> durationUs_;
    std::size_t room_;  ///< segments there may be
    DashSource source_;
};

struct Period {
    xml_node node;
    std::optional<std::uint64_t> durationUs;
};

bool isSoundCodecName(std::string_view codecs) {
    for (std::string_view name : {"mp4a", "opus", "Opus", "ac-3", "ec-3", "alac", "fLaC", "vorbis"})
        if (codecs.find(name) != std::string_view::npos) return true;
    return false;
}

/// One representation that has sound in it.
struct Candidate {
    Place place;
    std::string language, mime, codecs;
    std::uint64_t bandwidth = 0;
    int role = 0;  ///< 0: the main one; 1: nothing is said; 2: commentary, description and the like
    bool isMuxed = false;

    bool isWebm() const { return mime.ends_with("webm"); }
};

int roleOf(xml_node set) {
    int role = 1;
    for (auto one : children(set, "Role")) {
        std::string_view value = one.attribute("value").value();
        if (value == "main") return 0;
        role = 2;
    }
    return child(set, "Accessibility") ? 2 : role;
}

std::vector<Candidate> candidatesOf(const Period& period) {
    std::vector<Candidate> found;
    for (auto set : children(period.node, "AdaptationSet")) {
        if (child(set, "EssentialProperty")) continue;
        for (auto representation : children(set, "Representation")) {
            Place place{.period = period.node, .set = set, .representation = representation};
            std::string_view mime = place.text("mimeType"), type = place.text("contentType");
            bool isSound = mime.starts_with("audio/") || (mime.empty() && type == "audio");
            bool isMuxed = !isSound && isSoundCodecName(place.text("codecs"));
            if (!isSound && !isMuxed) continue;
            found.push_back({.place = place,
                             .language = set.attribute("lang").value(),
                             .mime = std::string(mime),
                             .codecs = std::string(place.text("codecs")),
                             .bandwidth = place.bandwidth(),
                             .role = roleOf(set),
                             .isMuxed = isMuxed});
        }
    }
    return found;
}

template <class Predicate>
void keepIfAny(std::vector<Candidate>& list, Predicate fits) {
    if (std::ranges::any_of(list, fits)) std::erase_if(list, [&](const auto& one) { return !fits(one); });
}

/// What remains is the same sound in other sizes, the smallest first.
void narrow(std::vector<Candidate>& list, std::string_view language) {
    keepIfAny(list, [](const auto& one) { return !one.isMuxed; });
    if (!language.empty())
        keepIfAny(list, [language](const auto& one) { return isSameLanguage(one.language, language); });
    if (list.empty()) return;
    auto role = std::ranges::min(list, {}, &Candidate::role).role;
    keepIfAny(list, [role](const auto& one) { return one.role == role; });
    auto spoken = list.front().language;
    keepIfAny(list, [&spoken](const auto& one) { return one.language == spoken; });
    std::ranges::stable_sort(list, {},
                             [](const auto& one) { return std::pair(one.isWebm(), one.bandwidth); });
}

std::string_view codecFamily(std::string_view codecs) {
    return codecs.substr(0, codecs.find('.'));
}

class Reader {
  public:
    explicit Reader(std::string_view language) : language_(language) {}

    Result<DashManifest> read(xml_node mpd) {
        if (std::string_view(mpd.attribute("type").value()) == "dynamic") {
            return fail(
                Kind::not_ready_yet,
                "This is a live DASH stream, which can be captured when it is over and its recording is "
                "there. Try again then.");
        }
        auto periods = periodsOf(mpd);
        if (!periods) return std::unexpected(std::move(periods.error()));
        std::vector<std::vector<Candidate>> candidates;
        for (const auto& period : *periods) {
            auto list = candidatesOf(period);
            narrow(list, language_);
            if (list.empty()) return wrong("one of its periods has no sound");
            candidates.push_back(std::move(list));
            noteBandwidth(period, candidates.back());
        }
        auto wanted = std::min(candidates.front().size(), mostStandIns);
        for (std::size_t i = 0; i < wanted; ++i) {
            auto track = trackOf(*periods, candidates, i);
            if (!track) return std::unexpected(std::move(track.error()));
            manifest_.tracks.push_back(std::move(*track));
        }
        return std::move(manifest_);
    }

  private:
    Result<std::vector<Period>> periodsOf(xml_node mpd) {
        auto nodes = children(mpd, "Period");
        if (nodes.empty() || nodes.size() > mostPeriods) return wrong("it has no periods, or too many");
        auto whole = dashDuration(mpd.attribute("mediaPresentationDuration").value());
        std::vector<Period> periods;
        std::uint64_t beginUs = 0;
        for (std::size_t i = 0; i < nodes.size(); ++i) {
            beginUs = dashDuration(nodes[i].attribute("start").value()).value_or(beginUs);
            auto durationUs = dashDuration(nodes[i].attribute("duration").value());
            auto endUs = i + 1 < nodes.size() ? dashDuration(nodes[i + 1].attribute("start").value()) : whole;
            if (!durationUs && endUs && *endUs > beginUs) durationUs = *endUs - beginUs;
            periods.push_back({.node = nodes[i], .durationUs = durationUs});
            beginUs += durationUs.value_or(0);
        }
        manifest_.durationMs = whole.value_or(beginUs) / 1000;
        return periods;
    }

    void noteBandwidth(const Period& period, const std::vector<Candidate>& sound) {
        std::uint64_t pictures = 0, voices = 0;
        for (auto set : children(period.node, "AdaptationSet")) {
            for (auto representation : children(set, "Representation")) {
                Place place{.period = period.node, .set = set, .representation = representation};
                bool isPicture =
                    place.text("mimeType").starts_with("video/") || place.text("contentType") == "video";
                if (isPicture) pictures = std::max(pictures, place.bandwidth());
            }
        }
        if (!sound.front().isMuxed)
            for (const auto& one : sound) voices = std::max(voices, one.bandwidth);
        if (pictures > 0) manifest_.mostBandwidth = std::max(manifest_.mostBandwidth, pictures + voices);
    }

    /// The `rank`-th smallest of each period, of the first one's codec where there is a choice.
    Result<DashTrack> trackOf(const std::vector<Period>& periods,
                              const std::vector<std::vector<Candidate>>& candidates, std::size_t rank) const {
        const auto& first = candidates.front()[rank];
        DashTrack track{.language = first.language,
                        .mime = first.mime,
                        .codecs = first.codecs,
                        .bandwidth = first.bandwidth,
                        .isMuxed = first.isMuxed,
                        .periods = {}};
        std::size_t segments = 0;
        for (std::size_t i = 0; i < periods.size(); ++i) {
            auto alike = candidates[i];
            keepIfAny(alike, [&first](const auto& one) {
                return one.mime == first.mime && codecFamily(one.codecs) == codecFamily(first.codecs);
            });
            const auto& taken = i == 0 ? first : alike[std::min(rank, alike.size() - 1)];
            auto source = Addressing(taken.place, periods[i].durationUs, mostSegments - segments).read();
            if (!source) return std::unexpected(std::move(source.error()));
            segments += source->segments.size();
            track.periods.push_back(std::move(*source));
        }
        return track;
    }

    std::string_view language_;
    DashManifest manifest_;
};

bool isLink(xml_node node) {
    auto link = node.attribute("xlink:href");
    return link && std::string_view(link.value()) != "urn:mpeg:dash:resolve-to-zero:2013";
}

}  // namespace

bool looksLikeDash(std::string_view text) {
    constexpr std::string_view byteOrderMark = "\xEF\xBB\xBF";
    if (text.starts_with(byteOrderMark)) text.remove_prefix(byteOrderMark.size());
    for (;;) {
        text = trimmed(text);
        std::string_view end = text.starts_with("<?") ? "?>" : text.starts_with("<!--") ? "-->" : "";
        if (end.empty()) break;
        auto at = text.find(end);
        if (at == std::string_view::npos) return false;
        text.remove_prefix(at + end.size());
    }
    if (!text.starts_with('<')) return false;
    auto name = text.substr(1, text.find_first_of(" \t\r\n>", 1) - 1);
    return withoutPrefix(name) == "MPD";
}

Result<DashManifest> readDashManifest(std::string_view text, std::string_view language) {
    if (text.size() > mostManifestBytes)
        return fail(Kind::too_large, "The manifest is longer than that of any recording.");
    pugi::xml_document document;
    auto parsed =
        document.load_buffer(text.data(), text.size(), pugi::parse_default | pugi::parse_trim_pcdata);
    auto mpd = child(document, "MPD");
    if (!parsed || !mpd) return wrong("it is no MPD, or not well-formed");
    if (document.find_node([](xml_node node) { return isNamed(node, "ContentProtection"); }))
        return protectedSound();
    if (document.find_node(isLink)) return wrong("parts of it lie elsewhere");
    for (auto period : children(mpd, "Period"))
        if (period.attribute("xlink:href")) mpd.remove_child(period);
    return Reader(language).read(mpd);
}

}  // namespace auricle::media
