#include "media/hls_playlist.h"

#include <algorithm>
#include <array>

#include "media/verdict.h"

namespace auricle::media {
namespace {

constexpr std::size_t mostOffers = 2000;  // variants and renditions of one master
constexpr std::size_t mostDefinitions = 1000;
constexpr std::uint64_t highestNumber = UINT64_MAX / 2;  // so that adding a segment's place never wraps
constexpr std::string_view byteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view firstLine = "#EXTM3U";

/// The formats of sound by how their entry in CODECS begins (RFC 6381, and what Apple's specification lists).
constexpr std::array<std::string_view, 12> soundCodecs{"mp4a", "ac-3", "ec-3", "ac-4",   "opus", "alac",
                                                       "flac", "mp3",  "dts",  "vorbis", "usac", "mha1"};

bool isSoundCodec(std::string_view codec) {
    while (codec.starts_with(' ')) codec.remove_prefix(1);
    auto begins = [codec](std::string_view name) {
        return codec.size() >= name.size() &&
               std::ranges::equal(codec.substr(0, name.size()), name, [](char a, char b) {
                   return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
               });
    };
    return std::ranges::any_of(soundCodecs, begins);
}

/// `n[@o]` of EXT-X-BYTERANGE; an offset that is left out is nothing.
struct RangeText {
    std::uint64_t length;
    std::optional<std::uint64_t> offset;
};

std::optional<RangeText> readRange(std::string_view text) {
    auto at = text.find('@');
    auto length = hlsNumber(text.substr(0, at));
    if (!length || *length == 0) return std::nullopt;
    RangeText range{.length = *length, .offset = std::nullopt};
    if (at == std::string_view::npos) return range;
    range.offset = hlsNumber(text.substr(at + 1));
    if (!range.offset || *range.offset > UINT64_MAX - range.length) return std::nullopt;
    return range;
}

int hexValue(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// `0x` and at most 32 digits; missing ones are zeros in front.
std::optional<SegmentKey::Iv> readIv(std::string_view text) {
    constexpr std::size_t mostDigits = 32;
    if (!text.starts_with("0x") && !text.starts_with("0X")) return std::nullopt;
    text.remove_prefix(2);
    if (text.empty() || text.size() > mostDigits) return std::nullopt;
    SegmentKey::Iv iv{};
    for (std::size_t i = 0; i < text.size(); ++i) {
        int digit = hexValue(text[text.size() - 1 - i]);
        if (digit < 0) return std::nullopt;
        iv[15 - i / 2] |= std::byte(digit << (i % 2 ? 4 : 0));
    }
    return iv;
}

/// Reads a playlist line by line; both kinds at once, since only its tags say which it is.
class Reader {
  public:
    explicit Reader(const HlsContext& context) : context_(context) {}

    Result<HlsPlaylist> read(std::string_view text) {
        while (!text.empty()) {
            auto line = text.substr(0, text.find('\n'));
            text.remove_prefix(std::min(text.size(), line.size() + 1));
            ++line_;
            while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t'))
                line.remove_suffix(1);
            if (auto taken = take(line); !taken) return std::unexpected(std::move(taken.error()));
        }
        if (variant_) return wrong("names no address for its last variant");
        if (isMaster_ && isMedia_) return wrong("mixes tags of a master and of a media playlist");
        if (isMaster_) {
            master_.definitions = std::move(definitions_);
            return HlsPlaylist(std::move(master_));
        }
        return concluded();
    }

  private:
    using Tag = Result<void> (Reader::*)(std::string_view value);

    std::unexpected<Error> wrong(std::string_view why) const {
        return fail(Kind::not_media, "Line " + std::to_string(line_) +
                                         " of the playlist cannot be used: it " + std::string(why) + ".");
    }

    Result<void> take(std::string_view line) {
        if (line.empty()) return {};
        if (line.front() != '#') return takeUri(line);
        if (!line.starts_with("#EXT")) return {};
        auto colon = line.find(':');
        auto tag = tagOf(line.substr(0, colon));
        if (!tag) return {};
        return (this->*tag)(colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1));
    }

    static Tag tagOf(std::string_view name) {
        struct Entry {
            std::string_view name;
            Tag tag;
        };
        static constexpr std::array<Entry, 16> tags{{
            {"#EXTINF", &Reader::takeDuration},
            {"#EXT-X-BYTERANGE", &Reader::takeByteRange},
            {"#EXT-X-DISCONTINUITY", &Reader::takeDiscontinuity},
            {"#EXT-X-KEY", &Reader::takeKey},
            {"#EXT-X-SESSION-KEY", &Reader::takeSessionKey},
            {"#EXT-X-FAXS-CM", &Reader::takeForeignLicence},
            {"#EXT-X-MAP", &Reader::takeMap},
            {"#EXT-X-GAP", &Reader::takeGap},
            {"#EXT-X-MEDIA-SEQUENCE", &Reader::takeMediaSequence},
            {"#EXT-X-TARGETDURATION", &Reader::takeTargetDuration},
            {"#EXT-X-ENDLIST", &Reader::takeEnd},
            {"#EXT-X-PLAYLIST-TYPE", &Reader::takeType},
            {"#EXT-X-SKIP", &Reader::takeSkip},
            {"#EXT-X-STREAM-INF", &Reader::takeVariant},
            {"#EXT-X-MEDIA", &Reader::takeRendition},
            {"#EXT-X-DEFINE", &Reader::takeDefinition},
        }};
        auto found = std::ranges::find(tags, name, &Entry::name);
        return found == tags.end() ? nullptr : found->tag;
    }

    Result<HlsAttributes> attributes(std::string_view list) const {
        auto read = HlsAttributes::read(list, definitions_);
        if (!read)
            return wrong("has a list of attributes that is malformed, or a variable that is not defined");
        return std::move(*read);
    }

    Result<void> takeUri(std::string_view line) {
        auto uri = substituteHls(line, definitions_);
        if (!uri) return wrong("has a variable that is not defined");
        if (variant_) {
            variant_->uri = std::move(*uri);
            master_.variants.push_back(std::move(*variant_));
            variant_.reset();
            return {};
        }
        if (!durationUs_) return wrong("names an address without saying how long its segment is");
        return takeSegment(std::move(*uri));
    }

    Result<void> takeSegment(std::string uri) {
        if (list().segments.size() == mostSegments)
            return fail(Kind::too_large, "The playlist has more segments than any recording.");
        Segment segment{.uri = std::move(uri),
                        .durationUs = *std::exchange(durationUs_, std::nullopt),
                        .number = 0,
                        .base = 0,
                        .init = init_,
                        .key = key_,
                        .isDiscontinuous = std::exchange(isDiscontinuous_, false),
                        .isGap = std::exchange(isGap_, false)};
        if (range_) {
            auto range = *std::exchange(range_, std::nullopt);
            auto offset = range.offset ? range.offset : behindLast(segment.uri);
            if (!offset || *offset > UINT64_MAX - range.length)
                return wrong("has a byte range without a place, behind no other of the same address");
            segment.range = {.offset = *offset, .length = range.length};
        }
        list().segments.push_back(std::move(segment));
        return {};
    }

    /// Where a byte range without an offset begins (RFC 8216 section 4.3.2.2).
    std::optional<std::uint64_t> behindLast(std::string_view uri) {
        if (list().segments.empty()) return std::nullopt;
        const auto& last = list().segments.back();
        if (last.range.isWhole() || last.uri != uri) return std::nullopt;
        return last.range.offset + last.range.length;
    }

    Result<void> takeDuration(std::string_view value) {
        isMedia_ = true;
        durationUs_ = hlsSeconds(value.substr(0, value.find(',')));
        if (!durationUs_) return wrong("has a duration that is none");
        return {};
    }

    Result<void> takeByteRange(std::string_view value) {
        range_ = readRange(value);
        if (!range_) return wrong("has a byte range that is none");
        return {};
    }

    Result<void> takeDiscontinuity(std::string_view) {
        isDiscontinuous_ = true;
        return {};
    }

    Result<void> takeGap(std::string_view) {
        isGap_ = true;
        return {};
    }

    Result<void> takeSessionKey(std::string_view value) {
        auto read = attributes(value);
        if (!read) return std::unexpected(std::move(read.error()));
        return judgeKey(*read);
    }

    Result<void> takeForeignLicence(std::string_view) { return protectedSound(); }

    /// What is more than plain AES-128 with a key that anybody gets who gets the recording is DRM.
    static Result<void> judgeKey(const HlsAttributes& key) {
        auto method = key.find("METHOD");
        bool isPlain = (method == "NONE" || method == "AES-128") &&
                       key.find("KEYFORMAT").value_or("identity") == "identity" &&
                       !key.text("URI").starts_with("skd:");
        if (!isPlain) return protectedSound();
        return {};
    }

    Result<void> takeKey(std::string_view value) {
        auto read = attributes(value);
        if (!read) return std::unexpected(std::move(read.error()));
        if (auto judged = judgeKey(*read); !judged) return judged;
        isMedia_ = true;
        if (read->find("METHOD") == "NONE") {
            key_.reset();
            return {};
        }
        SegmentKey key{.uri = read->text("URI"), .iv = std::nullopt};
        if (key.uri.empty()) return wrong("names no address for a key");
        if (auto iv = read->find("IV"); iv && !(key.iv = readIv(*iv)))
            return wrong("has an initialization vector that is none");
        key_ = placeOf(list().keys, std::move(key));
        return {};
    }

    Result<void> takeMap(std::string_view value) {
        auto read = attributes(value);
        if (!read) return std::unexpected(std::move(read.error()));
        isMedia_ = true;
        SegmentInit init{.uri = read->text("URI"), .range = {}, .base = 0, .key = key_};
        if (init.uri.empty()) return wrong("names no address for what comes before the segments");
        if (auto text = read->find("BYTERANGE")) {
            auto range = readRange(*text);
            if (!range) return wrong("has a byte range that is none");
            init.range = {.offset = range->offset.value_or(0), .length = range->length};
        }
        if (key_ && !list().keys[*key_].iv)
            return wrong("is encrypted without an initialization vector of its own");
        init_ = placeOf(list().inits, std::move(init));
        return {};
    }

    /// The place of what is in force from now on; what a playlist says again and again is held once.
    template <class T>
    static std::uint32_t placeOf(std::vector<T>& list, T one) {
        constexpr std::ptrdiff_t lookBack = 8;
        auto begin = list.end() - std::min<std::ptrdiff_t>(lookBack, std::ssize(list));
        auto found = std::find(begin, list.end(), one);
        auto place = static_cast<std::uint32_t>(found - list.begin());
        if (found == list.end()) list.push_back(std::move(one));
        return place;
    }

    Result<void> takeMediaSequence(std::string_view value) {
        isMedia_ = true;
        auto number = hlsNumber(value);
        if (!number || *number > highestNumber) return wrong("has a media sequence number that is none");
        media_.mediaSequence = *number;
        return {};
    }

    Result<void> takeTargetDuration(std::string_view value) {
        isMedia_ = true;
        auto durationUs = hlsSeconds(value);
        if (!durationUs) return wrong("has a target duration that is none");
        media_.targetDurationMs = *durationUs / 1000;
        return {};
    }

    Result<void> takeEnd(std::string_view) {
        isMedia_ = true;
        media_.isEnded = true;
        return {};
    }

    Result<void> takeType(std::string_view value) {
        isMedia_ = true;
        media_.isEvent = value == "EVENT";
        media_.isEnded = media_.isEnded || value == "VOD";
        return {};
    }

    Result<void> takeSkip(std::string_view) {
        return wrong("leaves out segments, which only an update that was asked for may do");
    }

    Result<void> takeVariant(std::string_view value) {
        isMaster_ = true;
        if (variant_) return wrong("begins a variant before the last one has its address");
        auto read = attributes(value);
        if (!read) return std::unexpected(std::move(read.error()));
        if (auto full = countOffer(); !full) return full;
        variant_ = HlsVariant{.uri = {},
                              .bandwidth = read->number("BANDWIDTH"),
                              .averageBandwidth = read->number("AVERAGE-BANDWIDTH"),
                              .codecs = read->text("CODECS"),
                              .audioGroup = read->text("AUDIO"),
                              .hasResolution = read->find("RESOLUTION").has_value()};
        return {};
    }

    Result<void> takeRendition(std::string_view value) {
        isMaster_ = true;
        auto read = attributes(value);
        if (!read) return std::unexpected(std::move(read.error()));
        if (auto full = countOffer(); !full) return full;
        if (read->find("TYPE") != "AUDIO") return {};
        master_.audio.push_back({.uri = read->text("URI"),
                                 .group = read->text("GROUP-ID"),
                                 .name = read->text("NAME"),
                                 .language = read->text("LANGUAGE"),
                                 .isDefault = read->isYes("DEFAULT"),
                                 .isAutoselect = read->isYes("AUTOSELECT")});
        return {};
    }

    Result<void> countOffer() {
        if (++offers_ > mostOffers)
            return fail(Kind::too_large, "The playlist offers more than any real one.");
        return {};
    }

    Result<void> takeDefinition(std::string_view value) {
        auto read = attributes(value);
        if (!read) return std::unexpected(std::move(read.error()));
        std::optional<std::string> name, meaning;
        if (auto own = read->find("NAME"); own && read->find("VALUE")) {
            name = *own;
            meaning = read->text("VALUE");
        } else if (auto parameter = read->find("QUERYPARAM")) {
            name = *parameter;
            if (context_.queryParameter) meaning = context_.queryParameter(*parameter);
        } else if (auto imported = read->find("IMPORT")) {
            name = *imported;
            if (auto found = context_.definitions.find(*imported); found != context_.definitions.end())
                meaning = found->second;
        }
        if (!name || !meaning) return wrong("defines a variable of which nobody says what it is");
        if (definitions_.size() == mostDefinitions ||
            !definitions_.emplace(*name, std::move(*meaning)).second)
            return wrong("defines a variable again, or one too many");
        return {};
    }

    Result<HlsPlaylist> concluded() {
        for (std::size_t i = 0; i < list().segments.size(); ++i)
            list().segments[i].number = media_.mediaSequence + i;
        if (list().segments.empty() && media_.isEnded)
            return fail(Kind::not_media, "The playlist has no segments: there is nothing to be heard in it.");
        return HlsPlaylist(std::move(media_));
    }

    SegmentList& list() { return media_.list; }

    const HlsContext& context_;
    std::size_t line_ = 0, offers_ = 0;
    HlsDefinitions definitions_;
    bool isMaster_ = false, isMedia_ = false;
    HlsMaster master_;
    HlsMedia media_;
    // What the next address belongs to.
    std::optional<HlsVariant> variant_;
    std::optional<std::uint64_t> durationUs_;
    std::optional<RangeText> range_;
    std::optional<std::uint32_t> init_, key_;
    bool isDiscontinuous_ = false, isGap_ = false;
};

std::string_view withoutMark(std::string_view text) {
    if (text.starts_with(byteOrderMark)) text.remove_prefix(byteOrderMark.size());
    return text;
}

}  // namespace

bool HlsVariant::isAudioOnly() const {
    if (hasResolution || codecs.empty()) return false;
    for (std::string_view rest = codecs;;) {
        auto comma = rest.find(',');
        if (!isSoundCodec(rest.substr(0, comma))) return false;
        if (comma == std::string_view::npos) return true;
        rest.remove_prefix(comma + 1);
    }
}

bool looksLikeHls(std::string_view text) {
    return withoutMark(text).starts_with(firstLine);
}

Result<HlsPlaylist> readHlsPlaylist(std::string_view text, const HlsContext& context) {
    if (text.size() > mostPlaylistBytes)
        return fail(Kind::too_large, "The playlist is longer than that of any recording.");
    if (!looksLikeHls(text))
        return fail(Kind::not_media, "What the site sent is no playlist: it does not begin as one.");
    return Reader(context).read(withoutMark(text));
}

}  // namespace auricle::media
