// Small texts behind an address (playlists, manifests) and the judgement that all answers about a stream get.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "net/url.h"
#include "streams/way.h"

namespace auricle::streams {

struct Document {
    std::string text;
    net::Url url;  ///< that answered, after redirects: what the text's references are relative to
};

/// Fetches it whole; what may pass is tried again. too_large for more than 8 MiB.
boost::asio::awaitable<Result<Document>> documentOf(const net::Url& url, const Visit& visit);

/// A GET as the visit wants it.
net::Request requestFor(const net::Url& url, const Visit& visit);

/// The head of an answer about a stream: nothing for 200 and 206, else a typed error. What the site thinks of
/// it comes first; of its media type it is not asked, since bytes tell more. Never not_found.
Result<void> judgeAnswer(const net::ResponseHead& head, const Visit& visit);

/// The address that `reference`, as a document at `from` writes it, means (RFC 3986 section 5). The rules of
/// a redirect hold: https stays https, and nobody is sent to this machine itself. Fails with not_media, or
/// with what the visit's judge says of another origin.
Result<net::Url> follow(const net::Url& from, std::string_view reference, const Visit& visit);

}  // namespace auricle::streams
