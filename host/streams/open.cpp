#include "streams/open.h"

#include "media/container.h"
#include "media/dash_manifest.h"
#include "media/hls_playlist.h"
#include "media/signature.h"
#include "streams/beginning.h"
#include "streams/dash_open.h"
#include "streams/file_way.h"
#include "streams/hls_open.h"
#include "streams/mp4_way.h"

namespace auricle::streams {

namespace asio = boost::asio;

namespace {

constexpr std::size_t beginningBytes = 64 * 1024;

std::unexpected<Error> noSound(const net::Url& url) {
    return fail(Kind::not_media,
                url.host() +
                    " has no sound at this address. Open the recording in the browser and see "
                    "whether it plays.");
}

std::string_view textOf(const Beginning& beginning) {
    return {reinterpret_cast<const char*>(beginning.bytes.data()), beginning.bytes.size()};
}

/// Of a file that is neither playlist nor manifest.
asio::awaitable<Result<Ways>> waysOf(net::Url url, Beginning beginning, Wishes wishes, const Visit& visit) {
    if (media::signatureOf(beginning.bytes, false) == media::Signature::isoBmff)
        co_return co_await openMp4(std::move(url), std::move(beginning), std::move(wishes), visit);
    if (media::firstLook(beginning.bytes) != media::FirstLook::media) co_return noSound(url);
    Ways ways{std::make_shared<FileWay>(std::move(url), beginning.validator.total)};
    co_return ways;
}

/// What the beginning began, whole.
asio::awaitable<Result<Document>> wholeOf(const net::Url& url, const Beginning& beginning,
                                          const Visit& visit) {
    auto total = beginning.validator.total, size = std::uint64_t{beginning.bytes.size()};
    bool isWhole = total > 0 ? size == total : size < beginningBytes;
    if (!isWhole) co_return co_await documentOf(url, visit);
    Document document{.text = std::string(textOf(beginning)), .url = beginning.url};
    co_return document;
}

}  // namespace

asio::awaitable<Result<Ways>> open(net::Url url, Wishes wishes, Visit visit) {
    auto beginning = co_await beginningOf(url, beginningBytes, visit);
    if (!beginning) co_return std::unexpected(std::move(beginning.error()));
    bool isHls = media::looksLikeHls(textOf(*beginning)), isDash = media::looksLikeDash(textOf(*beginning));
    if (!isHls && !isDash)
        co_return co_await waysOf(std::move(url), std::move(*beginning), std::move(wishes), visit);
    auto document = co_await wholeOf(url, *beginning, visit);
    if (!document) co_return std::unexpected(std::move(document.error()));
    if (isHls) co_return co_await openHls(url, *document, wishes, visit);
    // A file, never another manifest: no chain of them is followed.
    OpenFile openFile = [&wishes, &visit](net::Url file) -> asio::awaitable<Result<Ways>> {
        auto first = co_await beginningOf(file, beginningBytes, visit);
        if (!first) co_return std::unexpected(std::move(first.error()));
        co_return co_await waysOf(std::move(file), std::move(*first), wishes, visit);
    };
    co_return co_await openDash(*document, wishes, visit, openFile);
}

}  // namespace auricle::streams
