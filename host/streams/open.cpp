#include "streams/open.h"

#include "media/container.h"
#include "media/dash_manifest.h"
#include "media/hls_playlist.h"
#include "streams/beginning.h"
#include "streams/dash_open.h"
#include "streams/file_way.h"
#include "streams/hls_open.h"

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
Result<Ways> waysOf(const net::Url& url, const Beginning& beginning) {
    if (media::firstLook(beginning.bytes) != media::FirstLook::media) return noSound(url);
    return Ways{std::make_shared<FileWay>(url, beginning.validator.total)};
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
    if (!isHls && !isDash) co_return waysOf(url, *beginning);
    auto document = co_await wholeOf(url, *beginning, visit);
    if (!document) co_return std::unexpected(std::move(document.error()));
    if (isHls) co_return co_await openHls(url, *document, wishes, visit);
    // A file, never another manifest: no chain of them is followed.
    OpenFile openFile = [&visit](net::Url file) -> asio::awaitable<Result<Ways>> {
        auto first = co_await beginningOf(file, beginningBytes, visit);
        if (!first) co_return std::unexpected(std::move(first.error()));
        co_return waysOf(file, *first);
    };
    co_return co_await openDash(*document, wishes, visit, openFile);
}

}  // namespace auricle::streams
