// What opening sealed segments costs the host, all key work included, against the bare primitives of OpenSSL
// and a copy of the same bytes, on all cores and in the same run: sealed_bench [--json FILE]
#include <openssl/evp.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <memory>
#include <string_view>
#include <thread>

#include "media/aes_gcm.h"
#include "report.h"
#include "sites/playback_agreement.h"
#include "system/base64.h"
#include "system/worker.h"
#include "tests/unit/support/sealing.h"

namespace {

using namespace auricle;
using test::Bytes;

// Sixty at a time, so that the bench does not need as much memory as a video.
constexpr std::size_t segmentBytes = 600'000, segmentsAtOnce = 60, rounds = 10, repetitions = 7;

unsigned threads() {
    return std::max(1u, std::thread::hardware_concurrency());
}

/// What a server gives a client for one segment.
struct Sealed {
    Bytes bytes;
    std::array<std::byte, media::Aes128Gcm::ivBytes> iv{};
    std::string wrappedDek, wrapIv;
};

/// One session's worth of them.
struct Video {
    vault::KeyPair server{vault::systemRandomness()};
    sites::PlaybackAgreement client{vault::systemRandomness()};
    std::string nonce = toBase64(Bytes(12, std::byte{7}));
    std::vector<Sealed> segments;
    std::vector<Bytes> work;

    Video() {
        const auto shared = server.sharedWith(*fromBase64(client.clientPubKey()));
        const auto kek = vault::hkdfSha256(shared, *fromBase64(nonce), "session-kek-v1", 16);
        const auto random = vault::systemRandomness();
        Bytes plain(segmentBytes);
        random(plain);
        for (std::size_t i = 0; i < segmentsAtOnce; ++i) {
            Bytes dek(16), wrapIv(12);
            Sealed one;
            random(dek);
            random(wrapIv);
            random(one.iv);
            one.bytes = test::sealedGcm(dek, one.iv, plain);
            one.wrappedDek = toBase64(test::sealedGcm(kek.bytes(), wrapIv, dek));
            one.wrapIv = toBase64(wrapIv);
            segments.push_back(std::move(one));
        }
        work.resize(segments.size());
        renew();
    }
    void renew() {
        for (std::size_t i = 0; i < segments.size(); ++i) work[i] = segments[i].bytes;
    }
};

void must(bool isDone, const char* what) {
    if (!isDone) throw std::runtime_error(what);
}

boost::asio::awaitable<void> openOne(const sites::PlaybackKek& kek, Video& video, std::size_t i,
                                     boost::asio::any_io_executor openers) {
    const auto& sealed = video.segments[i];
    auto dek = kek.unwrap(sealed.wrappedDek, sealed.wrapIv);
    must(dek.has_value(), "a key does not open");
    auto work = [&dek, &sealed, &bytes = video.work[i]] {
        return media::Aes128Gcm::open(dek->bytes().first<16>(), sealed.iv, bytes).has_value();
    };
    const bool isOpen = co_await onWorker(openers, work);
    must(isOpen, "a segment does not open");
}

/// As a capture does it: keys on the loop, segments on all cores.
void openWithHost(Video& video, boost::asio::thread_pool& openers) {
    const auto kek = video.client.agree(toBase64(video.server.publicKey()), video.nonce);
    must(kek.has_value(), "no session");
    boost::asio::io_context loop;
    for (std::size_t i = 0; i < video.segments.size(); ++i) {
        boost::asio::co_spawn(loop, openOne(*kek, video, i, openers.get_executor()),
                              [](std::exception_ptr fault) {
                                  if (fault) std::rethrow_exception(fault);
                              });
    }
    loop.run();
}

void decryptBare(EVP_CIPHER_CTX* context, const std::byte* key, const std::byte* iv,
                 std::span<std::byte> bytes) {
    const auto raw = [](const std::byte* from) { return reinterpret_cast<const unsigned char*>(from); };
    auto* out = reinterpret_cast<unsigned char*>(bytes.data());
    int size = 0;
    const auto text = static_cast<int>(bytes.size() - 16);
    must(EVP_DecryptInit_ex(context, nullptr, nullptr, raw(key), raw(iv)) == 1 &&
             EVP_DecryptUpdate(context, out, &size, out, text) == 1 &&
             EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, 16, out + text) == 1 &&
             EVP_DecryptFinal_ex(context, out + text, &size) == 1,
         "OpenSSL does not open it");
}

template <class Work>
void onAllCores(std::size_t count, Work work) {
    std::vector<std::thread> running;
    for (unsigned t = 0; t < threads(); ++t) {
        running.emplace_back([=] {
            for (std::size_t i = t; i < count; i += threads()) work(i);
        });
    }
    for (auto& one : running) one.join();
}

/// The same primitives and nothing else: contexts made once for each thread, keys as raw bytes.
void openBare(Video& video) {
    const auto shared = video.server.sharedWith(*fromBase64(video.client.clientPubKey()));
    const auto kek = vault::hkdfSha256(shared, *fromBase64(video.nonce), "session-kek-v1", 16);
    onAllCores(video.segments.size(), [&video, &kek](std::size_t i) {
        thread_local const std::unique_ptr<EVP_CIPHER_CTX, test::sealing::FreeContext> context = [] {
            std::unique_ptr<EVP_CIPHER_CTX, test::sealing::FreeContext> made(EVP_CIPHER_CTX_new());
            must(EVP_DecryptInit_ex(made.get(), EVP_aes_128_gcm(), nullptr, nullptr, nullptr) == 1, "no GCM");
            return made;
        }();
        auto dek = *fromBase64(video.segments[i].wrappedDek);
        const auto wrapIv = *fromBase64(video.segments[i].wrapIv);
        decryptBare(context.get(), kek.bytes().data(), wrapIv.data(), dek);
        decryptBare(context.get(), dek.data(), video.segments[i].iv.data(), video.work[i]);
    });
}

void copyAll(Video& video) {
    onAllCores(video.segments.size(), [&video](std::size_t i) {
        std::memcpy(video.work[i].data(), video.segments[i].bytes.data(), segmentBytes);
    });
}

struct Cost {
    double wallMs = 0, cpuMs = 0;
};

double cpuMs() {
    timespec spent{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    return static_cast<double>(spent.tv_sec) * 1e3 + static_cast<double>(spent.tv_nsec) / 1e6;
}

template <class Work>
void measure(Cost& cost, Work work) {
    const auto began = std::chrono::steady_clock::now();
    const auto cpuBegan = cpuMs();
    work();
    cost.cpuMs += cpuMs() - cpuBegan;
    cost.wallMs +=
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
}

bench::Row row(std::string what, double ours, double other, std::string otherName, double most) {
    bench::Row made{.what = std::move(what),
                    .unit = "ms",
                    .ours = ours,
                    .other = other,
                    .otherName = std::move(otherName),
                    .goal = {},
                    .holds = {}};
    if (most > 0) {
        char goal[32];
        std::snprintf(goal, sizeof goal, "<= %.2f x", most);
        made.goal = goal;
        made.holds = ours <= most * other;
    }
    return made;
}

bench::Report measureAll() {
    Video video;
    boost::asio::thread_pool openers(threads());
    std::vector<double> ours, bare, copied, oursCpu, bareCpu;
    for (std::size_t repetition = 0; repetition < repetitions; ++repetition) {
        Cost host, floor, copy;
        // One after the other in each round, so that what else the machine does meets both.
        for (std::size_t round = 0; round < rounds; ++round) {
            video.renew();
            measure(host, [&] { openWithHost(video, openers); });
            video.renew();
            measure(floor, [&] { openBare(video); });
            measure(copy, [&] { copyAll(video); });
        }
        ours.push_back(host.wallMs);
        bare.push_back(floor.wallMs);
        copied.push_back(copy.wallMs);
        oursCpu.push_back(host.cpuMs);
        bareCpu.push_back(floor.cpuMs);
    }
    using bench::median;
    constexpr double goal = 1.25;
    const std::string what = "600 segments of 600 kB opened, keys included";
    return {.name = "sealed segments",
            .rows = {row(what + ", all cores", median(ours), median(bare), "bare OpenSSL, all cores", goal),
                     row(what + ", CPU", median(oursCpu), median(bareCpu), "bare OpenSSL, CPU", goal),
                     row(what + ", all cores", median(ours), median(copied), "memcpy, all cores", 0)}};
}

}  // namespace

int main(int count, char** arguments) {
    const bool wantsJson = count == 3 && std::string_view(arguments[1]) == "--json";
    if (count != 1 && !wantsJson) {
        std::fprintf(stderr, "usage: sealed_bench [--json FILE]\n");
        return 2;
    }
    const auto report = measureAll();
    report.print();
    return wantsJson && !report.writeJson(arguments[2]) ? 1 : 0;
}
