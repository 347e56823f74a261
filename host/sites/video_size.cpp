#include "sites/video_size.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace auricle::sites {
namespace {

constexpr std::uint32_t patienceMs = 5000;
constexpr std::uint64_t maxMasterBytes = 256 * 1024;

net::Request question(std::string method, const net::Url& url, const Visit& visit) {
    net::Request request;
    request.method = std::move(method);
    request.url = url;
    request.maxBodyBytes = maxMasterBytes;
    request.connectTimeoutMs = patienceMs;
    request.totalTimeoutMs = patienceMs;
    request.stop = visit.stop;
    return request;
}

std::uint64_t numberIn(std::string_view text) {
    std::uint64_t value = 0;
    auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    return fault == std::errc{} && end == text.data() + text.size() ? value : 0;
}

/// The value of one attribute of a list in which values may be quoted and hold commas.
std::string_view attribute(std::string_view list, std::string_view name) {
    while (!list.empty()) {
        bool isQuoted = false;
        auto end = std::ranges::find_if(list, [&](char c) {
            if (c == '"') isQuoted = !isQuoted;
            return c == ',' && !isQuoted;
        });
        auto pair = list.substr(0, static_cast<std::size_t>(end - list.begin()));
        list.remove_prefix(std::min(list.size(), pair.size() + 1));
        if (pair.starts_with(name) && pair.substr(name.size()).starts_with('='))
            return pair.substr(name.size() + 1);
    }
    return {};
}

}  // namespace

std::uint64_t highestBandwidth(std::string_view master) {
    constexpr std::string_view tag = "#EXT-X-STREAM-INF:";
    std::uint64_t highest = 0;
    while (!master.empty()) {
        auto line = master.substr(0, master.find('\n'));
        master.remove_prefix(std::min(master.size(), line.size() + 1));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.starts_with(tag))
            highest = std::max(highest, numberIn(attribute(line.substr(tag.size()), "BANDWIDTH")));
    }
    return highest;
}

boost::asio::awaitable<std::uint64_t> fileBytes(const net::Url& url, const Visit& visit,
                                                net::Credentials* credentials) {
    auto request = question("HEAD", url, visit);
    request.credentials = credentials;
    auto response = co_await visit.http.send(std::move(request));
    constexpr int ok = 200;
    if (!response || response->head.status != ok) co_return 0;
    auto type = response->head.headers.find("content-type");
    if (type && type->starts_with("text/")) co_return 0;
    auto length = response->head.headers.find("content-length");
    co_return length ? numberIn(*length) : 0;
}

boost::asio::awaitable<std::uint64_t> playlistBytes(const net::Url& url, std::uint64_t durationMs,
                                                    const Visit& visit) {
    auto request = question("GET", url, visit);
    auto response = co_await visit.http.send(std::move(request));
    constexpr int ok = 200;
    if (!response || response->head.status != ok || !response->body.starts_with("#EXTM3U")) co_return 0;
    constexpr std::uint64_t mostBitsPerSecond = 1'000'000'000, mostMs = 1'000'000'000;
    auto bandwidth = highestBandwidth(response->body);
    if (bandwidth > mostBitsPerSecond || durationMs > mostMs) co_return 0;
    co_return bandwidth* durationMs / 8000;
}

}  // namespace auricle::sites
