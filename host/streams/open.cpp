#include "streams/open.h"

#include "media/container.h"
#include "media/signature.h"
#include "streams/beginning.h"
#include "streams/file_way.h"
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

}  // namespace

asio::awaitable<Result<Ways>> open(net::Url url, Wishes wishes, Visit visit) {
    auto beginning = co_await beginningOf(url, beginningBytes, visit);
    if (!beginning) co_return std::unexpected(std::move(beginning.error()));
    if (media::signatureOf(beginning->bytes, false) == media::Signature::isoBmff)
        co_return co_await openMp4(std::move(url), std::move(*beginning), std::move(wishes), visit);
    switch (media::firstLook(beginning->bytes)) {
        case media::FirstLook::media: {
            Ways ways{std::make_shared<FileWay>(std::move(url), beginning->validator.total)};
            co_return ways;
        }
        default:
            co_return noSound(url);
    }
}

}  // namespace auricle::streams
