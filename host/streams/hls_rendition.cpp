#include "streams/hls_rendition.h"

namespace auricle::streams {

namespace asio = boost::asio;

media::HlsContext contextOf(const net::Url& url, media::HlsDefinitions definitions) {
    return {.definitions = std::move(definitions),
            .queryParameter = [&url](std::string_view name) { return url.parameter(name); }};
}

Result<HlsRendition> readRendition(const Document& document, const media::HlsDefinitions& definitions,
                                   const Visit& visit) {
    auto playlist = media::readHlsPlaylist(document.text, contextOf(document.url, definitions));
    if (!playlist) return std::unexpected(std::move(playlist.error()));
    auto* media = std::get_if<media::HlsMedia>(&*playlist);
    if (!media)
        return fail(Kind::not_media,
                    "The playlist leads to another list of variants instead of to segments.");
    auto source = SegmentSource::of(document.url, std::move(media->list), visit);
    if (!source) return std::unexpected(std::move(source.error()));
    return HlsRendition{.source = std::move(*source),
                        .targetDurationMs = media->targetDurationMs,
                        .isEvent = media->isEvent,
                        .isEnded = media->isEnded};
}

asio::awaitable<Result<HlsRendition>> fetchRendition(const HlsAddress& address, const Visit& visit) {
    auto document = co_await documentOf(address.url, visit);
    if (!document) co_return std::unexpected(std::move(document.error()));
    co_return readRendition(*document, address.definitions, visit);
}

}  // namespace auricle::streams
