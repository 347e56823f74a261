#include "streams/key_ring.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "media/container.h"
#include "streams/document.h"

namespace auricle::streams {

namespace asio = boost::asio;

asio::awaitable<Result<KeyRing::Key>> KeyRing::get(net::Url url, std::stop_token stop) {
    auto& place = entries_[url.text()];
    if (place) {
        auto entry = place;
        while (!entry->key) co_await entry->ready.async_wait(asio::as_tuple(asio::use_awaitable));
        co_return *entry->key;
    }
    auto entry = place = std::make_shared<Entry>(loop_);
    auto key = co_await ask(url, stop);
    entry->key = key;
    entry->ready.cancel();
    // Who asks again later may have more luck.
    if (!key) entries_.erase(url.text());
    co_return key;
}

asio::awaitable<Result<KeyRing::Key>> KeyRing::ask(const net::Url& url, std::stop_token stop) const {
    auto visit = visit_;
    visit.stop = std::move(stop);
    auto document = co_await documentOf(url, visit);
    if (!document) co_return std::unexpected(std::move(document.error()));
    auto bytes = std::as_bytes(std::span(document->text));
    Key key;
    if (bytes.size() == key.size()) {
        std::ranges::copy(bytes, key.begin());
        co_return key;
    }
    if (media::firstLook(bytes) == media::FirstLook::html) {
        co_return fail(Kind::login_required, document->url.host() +
                                                 " sent a web page instead of a key: the session there is "
                                                 "over. Sign in again in the browser.");
    }
    co_return fail(Kind::not_media, document->url.host() + " sent " + std::to_string(bytes.size()) +
                                        " bytes where the 16 of a key should be.");
}

}  // namespace auricle::streams
