#include "streams/segments_way.h"

#include <gmock/gmock.h>
#include <openssl/evp.h>

#include "fake_site.h"
#include "media/hls_playlist.h"
#include "streams/hls_open.h"
#include "streams/segment_run.h"

namespace {

using namespace auricle;
using test::mp3Segment;
using test::SiteFault;
using test::SiteRequest;
using testing::HasSubstr;

constexpr unsigned count = 20;

class Segments : public test::StreamsTest {
  protected:
    Segments() {
        for (unsigned i = 0; i < count; ++i) put(name(i), mp3Segment(i, 3 + i % 5));
    }
    static std::string name(unsigned i) { return std::to_string(i) + ".mp3"; }

    std::string whole() const {
        std::string all;
        for (unsigned i = 0; i < count; ++i) all += site.files.at(root + name(i));
        return all;
    }
    static std::string playlist(const std::string& before = "") {
        std::string text = "#EXTM3U\n#EXT-X-TARGETDURATION:6\n" + before;
        for (unsigned i = 0; i < count; ++i) text += "#EXTINF:6,\n" + name(i) + "\n";
        return text + "#EXT-X-ENDLIST\n";
    }
    Result<streams::SegmentsWay> tryWay(const std::string& text) {
        auto read = media::readHlsPlaylist(text);
        if (!read) return std::unexpected(read.error());
        auto source =
            streams::SegmentSource::of(at("index.m3u8"), std::get<media::HlsMedia>(*read).list, visit());
        if (!source) return std::unexpected(source.error());
        streams::SegmentsOffer offer{.how = "audio-rendition", .language = {}};
        return streams::SegmentsWay(std::move(offer), std::move(*source));
    }
    streams::SegmentsWay way(const std::string& text = playlist()) { return std::move(*tryWay(text)); }

    /// Every request for this segment goes wrong in this way.
    void always(unsigned segment, SiteFault fault) {
        site.fault = [segment, fault](const SiteRequest& one, unsigned) {
            return one.url == root + name(segment) ? fault : SiteFault{};
        };
    }
    Error errorOf(const std::string& text = playlist()) {
        test::MemoryTarget fresh;
        auto outcome = fetch(way(text), fresh);
        return outcome ? Error{.kind = Kind::internal, .message = "it succeeded"} : outcome.error();
    }
    std::size_t countOf(unsigned segment) const { return site.count(root + name(segment)); }

    test::MemoryTarget target;
};

TEST_F(Segments, are_appended_in_order_whatever_comes_first) {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
        test::FakeSite other(seed);
        other.files = site.files;
        other.longestTurns = 40;
        std::swap(site, other);
        test::MemoryTarget fresh;
        ASSERT_TRUE(fetch(way(), fresh));
        EXPECT_EQ(fresh.bytes, whole());
        EXPECT_EQ(fresh.place, count);
        EXPECT_EQ(site.asked.size(), count) << "each once";
    }
}

TEST_F(Segments, are_fetched_six_at_a_time_and_more_where_a_connection_carries_many) {
    site.longestTurns = 50;
    ASSERT_TRUE(fetch(way(), target));
    EXPECT_EQ(site.mostRunning, 6u);
    site.isMultiplexed = true;
    site.mostRunning = 0;
    test::MemoryTarget other;
    ASSERT_TRUE(fetch(way(), other));
    EXPECT_GT(site.mostRunning, 6u);
}

TEST_F(Segments, tell_how_far_they_are_and_reckon_the_whole) {
    ASSERT_TRUE(fetch(way(), target));
    ASSERT_EQ(progress.size(), count);
    EXPECT_EQ(progress.front().first, mp3Segment(0).size());
    EXPECT_EQ(progress.front().second, mp3Segment(0).size() * count);
    EXPECT_EQ(progress.back(), std::pair(target.size(), target.size()));
}

TEST_F(Segments, go_on_at_every_boundary_after_a_restart) {
    for (unsigned stoppedAt = 1; stoppedAt < count; ++stoppedAt) {
        test::MemoryTarget part;
        always(stoppedAt, {.status = 403});
        auto outcome = fetch(way(), part);
        ASSERT_FALSE(outcome);
        EXPECT_EQ(part.place, stoppedAt);
        part.restart();
        site.asked.clear();
        site.fault = [](const SiteRequest&, unsigned) { return SiteFault{}; };
        ASSERT_TRUE(fetch(way(), part));
        EXPECT_EQ(part.bytes, whole()) << stoppedAt;
        EXPECT_EQ(part.resumed, 1);
        EXPECT_EQ(site.asked.size(), count - stoppedAt) << "nothing is fetched twice";
    }
}

TEST_F(Segments, ask_for_nothing_when_all_is_there) {
    ASSERT_TRUE(fetch(way(), target));
    site.asked.clear();
    ASSERT_TRUE(fetch(way(), target));
    EXPECT_TRUE(site.asked.empty());
    EXPECT_EQ(target.bytes, whole());
}

TEST_F(Segments, begin_anew_where_the_list_is_another) {
    always(7, {.status = 403});
    ASSERT_FALSE(fetch(way(), target));
    site.fault = [](const SiteRequest&, unsigned) { return SiteFault{}; };
    auto text = playlist();
    text.replace(text.find("#EXTINF:6"), 9, "#EXTINF:5");
    ASSERT_TRUE(fetch(way(text), target));
    EXPECT_EQ(target.begun, 2);
    EXPECT_EQ(target.bytes, whole());
}

TEST_F(Segments, are_the_same_under_another_signature) {
    always(7, {.status = 403});
    ASSERT_FALSE(fetch(way(), target));
    site.fault = [](const SiteRequest&, unsigned) { return SiteFault{}; };
    auto text = playlist();
    for (unsigned i = 0; i < count; ++i)
        text.replace(text.find("\n" + name(i) + "\n") + 1, name(i).size(),
                     name(i) + "?token=" + std::to_string(i));
    ASSERT_TRUE(fetch(way(text), target));
    EXPECT_EQ(target.begun, 1);
    EXPECT_EQ(target.bytes, whole());
}

TEST_F(Segments, begin_anew_where_the_target_holds_something_else) {
    always(7, {.status = 403});
    ASSERT_FALSE(fetch(way(), target));
    site.fault = [](const SiteRequest&, unsigned) { return SiteFault{}; };
    target.bytes.assign(target.bytes.size(), 'x');
    ASSERT_TRUE(fetch(way(), target));
    EXPECT_EQ(target.begun, 2);
    EXPECT_TRUE(target.bytes == whole());
}

TEST_F(Segments, come_through_trouble_whole_or_with_a_typed_error_and_the_number) {
    unsigned whole_ = 0;
    for (std::uint64_t seed = 0; seed < 150; ++seed) {
        std::mt19937_64 chance(seed);
        test::FakeSite other(seed);
        other.files = site.files;
        std::swap(site, other);
        auto rate = seed % 3 == 0 ? 2u : 8u;
        site.fault = [&chance, rate](const SiteRequest&, unsigned) {
            if (chance() % rate) return SiteFault{};
            switch (chance() % 6) {
                case 0:
                    return SiteFault{.cutAfter = chance() % 1000};
                case 1:
                    return SiteFault{.status = 503};
                case 2:
                    return SiteFault{.status = 404};
                case 3:
                    return SiteFault{.cutAfter = chance() % 1000, .hasNoLength = true};
                case 4:
                    return SiteFault{.status = 429};
                default:
                    return SiteFault{.body = ""};
            }
        };
        test::MemoryTarget fresh;
        auto outcome = fetch(way(), fresh);
        if (outcome) {
            ++whole_;
            EXPECT_EQ(fresh.bytes, whole()) << seed;
            continue;
        }
        EXPECT_THAT(outcome.error().message, HasSubstr("Segment ")) << seed;
        EXPECT_EQ(fresh.bytes, whole().substr(0, fresh.bytes.size())) << "no hole";
    }
    EXPECT_GT(whole_, 50u);
}

TEST_F(Segments, that_are_missing_end_it_with_their_number) {
    always(11, {.status = 404});
    auto error = errorOf();
    EXPECT_EQ(error.kind, Kind::not_found);
    EXPECT_FALSE(error.retryable);
    EXPECT_THAT(error.message, HasSubstr("Segment 12 of 20"));
    EXPECT_THAT(error.message, HasSubstr("404"));
    EXPECT_EQ(countOf(11), 3u);
}

TEST_F(Segments, whose_signature_is_over_are_asked_for_anew_and_not_again) {
    always(3, {.status = 403});
    auto error = errorOf();
    EXPECT_EQ(error.kind, Kind::forbidden);
    EXPECT_TRUE(error.retryable);
    EXPECT_THAT(error.message, HasSubstr("Segment 4 of 20"));
    EXPECT_EQ(countOf(3), 1u);
}

TEST_F(Segments, are_judged_by_the_site_first) {
    judgeHead = [](const net::ResponseHead& head) -> Result<void> {
        if (head.status == 402) return fail(Kind::login_required, "Sign in.");
        return {};
    };
    always(3, {.status = 402});
    EXPECT_EQ(errorOf().kind, Kind::login_required);
    always(3, {.status = 404});
    EXPECT_EQ(errorOf().kind, Kind::not_found);
}

TEST_F(Segments, that_are_a_web_page_mean_that_the_session_is_over) {
    always(3, {.body = "<!DOCTYPE html><html><body>Sign in</body></html>"});
    auto error = errorOf();
    EXPECT_EQ(error.kind, Kind::login_required);
    EXPECT_EQ(countOf(3), 1u);
}

TEST_F(Segments, that_are_no_sound_are_not_media) {
    always(3, {.body = std::string(5000, '\0')});
    auto error = errorOf();
    EXPECT_EQ(error.kind, Kind::not_media);
    EXPECT_THAT(error.message, HasSubstr("Segment 4 of 20"));
}

TEST_F(Segments, that_the_playlist_itself_calls_lost_are_never_silence) {
    auto text = playlist();
    text.insert(text.find("#EXTINF:6,\n5.mp3"), "#EXT-X-GAP\n");
    auto error = errorOf(text);
    EXPECT_EQ(error.kind, Kind::not_found);
    EXPECT_THAT(error.message, HasSubstr("Segment 6 of 20"));
    EXPECT_TRUE(site.asked.empty());
}

TEST_F(Segments, are_parts_of_one_file_where_they_are_byte_ranges) {
    put("all.mp3", whole());
    std::string text = "#EXTM3U\n#EXT-X-TARGETDURATION:6\n";
    for (unsigned i = 0; i < count; ++i) {
        auto size = std::to_string(site.files.at(root + name(i)).size());
        text += "#EXTINF:6,\n#EXT-X-BYTERANGE:" + size + (i == 0 ? "@0" : "") + "\nall.mp3\n";
    }
    text += "#EXT-X-ENDLIST\n";
    ASSERT_TRUE(fetch(way(text), target));
    EXPECT_EQ(target.bytes, whole());

    site.fault = [](const SiteRequest&, unsigned before) {
        return before == 0 ? SiteFault{.shiftRange = 7} : SiteFault{};
    };
    put("all2.mp3", whole());
    test::MemoryTarget second;
    ASSERT_TRUE(fetch(way(text), second)) << "a range of another place is asked for again";
    EXPECT_EQ(second.bytes, whole());

    site.fault = [](const SiteRequest&, unsigned) { return SiteFault{.shiftRange = 7}; };
    EXPECT_EQ(errorOf(text).kind, Kind::network);
    site.fault = [](const SiteRequest&, unsigned) { return SiteFault{.ignoresRange = true}; };
    EXPECT_EQ(errorOf(text).kind, Kind::not_media);
}

TEST_F(Segments, end_at_once_when_they_are_stopped) {
    for (unsigned at = 0; at < 60; at += 3) {
        stop = std::stop_source();
        unsigned requests = 0;
        site.onRequest = [&](const SiteRequest&) {
            if (requests++ == at) stop.request_stop();
        };
        test::MemoryTarget part;
        auto outcome = fetch(way(), part);
        EXPECT_EQ(site.running, 0u);
        if (outcome) continue;
        EXPECT_EQ(outcome.error().kind, Kind::cancelled);
        part.restart();
        EXPECT_EQ(part.bytes, whole().substr(0, part.bytes.size()));
    }
}

TEST_F(Segments, go_on_when_there_is_room_on_the_disk_again) {
    target.room = whole().size() / 2;
    auto outcome = fetch(way(), target);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, Kind::disk_full);
    target.room = UINT64_MAX;
    ASSERT_TRUE(fetch(way(), target));
    EXPECT_EQ(target.bytes, whole());
    EXPECT_EQ(target.begun, 1);
}

TEST_F(Segments, are_never_fetched_from_this_machine_or_without_tls) {
    for (std::string address :
         {"http://cdn.example/0.mp3", "https://127.0.0.1/0.mp3", "https://localhost/0.mp3",
          "http://127.0.0.1/0.mp3", "file:///etc/passwd", "https://u:p@cdn.example/0"}) {
        auto text = playlist();
        text.replace(text.find("0.mp3"), 5, address);
        auto error = errorOf(text);
        EXPECT_EQ(error.kind, Kind::not_media) << address;
        EXPECT_EQ(site.count(address), 0u) << address;
    }
}

TEST_F(Segments, on_another_host_are_asked_of_the_site) {
    judgeHop = [](const net::Url&, const net::Url& to) -> Result<void> {
        if (to.host() == "signin.example") return fail(Kind::login_required, "Sign in.");
        return {};
    };
    auto text = playlist();
    text.replace(text.find("\n0.mp3"), 6, "\nhttps://signin.example/0.mp3");
    EXPECT_EQ(errorOf(text).kind, Kind::login_required);
}

TEST_F(Segments, larger_than_any_real_one_are_refused) {
    put(name(2), std::string((64u << 20) + 1, 'x'));
    EXPECT_EQ(errorOf().kind, Kind::too_large);
}

/// Gives cookies to one origin only, and remembers who asked.
struct OriginCredentials final : net::Credentials {
    vault::Secret cookies(const net::Url&) override { return {}; }
    vault::Secret authorization(const net::Url&) override { return {}; }
    void received(const net::Url&, std::string_view) override {}
};

class Encrypted : public Segments {
  protected:
    static std::string sealed(const std::string& plain, const std::string& key, const std::string& iv) {
        auto* context = EVP_CIPHER_CTX_new();
        auto bytes = [](const std::string& text) {
            return reinterpret_cast<const unsigned char*>(text.data());
        };
        EVP_EncryptInit_ex(context, EVP_aes_128_cbc(), nullptr, bytes(key), bytes(iv));
        std::string out(plain.size() + 16, '\0');
        int first = 0, last = 0;
        auto* into = reinterpret_cast<unsigned char*>(out.data());
        EVP_EncryptUpdate(context, into, &first, bytes(plain), static_cast<int>(plain.size()));
        EVP_EncryptFinal_ex(context, into + first, &last);
        EVP_CIPHER_CTX_free(context);
        out.resize(static_cast<std::size_t>(first + last));
        return out;
    }
    static std::string numberIv(unsigned number) {
        std::string iv(16, '\0');
        iv[15] = static_cast<char>(number);
        return iv;
    }
    /// Segments 0 to 9 under one key with an IV of their own, the rest under another by their numbers.
    Encrypted() {
        plain = whole();
        put("k1", key1);
        put("k2", key2);
        for (unsigned i = 0; i < count; ++i) {
            auto segment = site.files.at(root + name(i));
            put(name(i),
                i < 10 ? sealed(segment, key1, numberIv(99)) : sealed(segment, key2, numberIv(5 + i)));
        }
        text = playlist("#EXT-X-MEDIA-SEQUENCE:5\n#EXT-X-KEY:METHOD=AES-128,URI=\"k1\",IV=0x63\n");
        text.insert(text.find("#EXTINF:6,\n10.mp3"), "#EXT-X-KEY:METHOD=AES-128,URI=\"k2\"\n");
    }
    const std::string key1 = "0123456789abcdef", key2 = "fedcba9876543210";
    std::string plain, text;
};

TEST_F(Encrypted, segments_are_opened_with_their_keys_each_fetched_once) {
    ASSERT_TRUE(fetch(way(text), target));
    EXPECT_EQ(target.bytes, plain);
    EXPECT_EQ(site.count(root + std::string("k1")), 1u);
    EXPECT_EQ(site.count(root + std::string("k2")), 1u);
}

TEST_F(Encrypted, segments_go_on_after_a_restart_with_the_right_vectors) {
    for (unsigned stoppedAt : {4u, 10u, 15u}) {
        test::MemoryTarget part;
        always(stoppedAt, {.status = 403});
        ASSERT_FALSE(fetch(way(text), part));
        part.restart();
        site.fault = [](const SiteRequest&, unsigned) { return SiteFault{}; };
        ASSERT_TRUE(fetch(way(text), part));
        EXPECT_EQ(part.bytes, plain);
    }
}

TEST_F(Encrypted, keys_are_asked_for_with_the_sites_credentials) {
    OriginCredentials own;
    credentials = &own;
    ASSERT_TRUE(fetch(way(text), target));
    EXPECT_TRUE(std::ranges::all_of(site.asked, &SiteRequest::hasCredentials));
}

TEST_F(Encrypted, segments_with_a_wrong_key_are_no_sound) {
    put("k2", key1);
    auto error = errorOf(text);
    EXPECT_EQ(error.kind, Kind::not_media);
    EXPECT_THAT(error.message, HasSubstr("Segment 11 of 20"));
}

TEST_F(Encrypted, keys_that_are_none_are_told_from_those_that_are_refused) {
    struct Case {
        SiteFault fault;
        Kind kind;
    };
    for (const auto& one :
         std::vector<Case>{{{.status = 403}, Kind::forbidden},
                           {{.status = 404}, Kind::not_found},
                           {{.body = "short"}, Kind::not_media},
                           {{.body = "<!DOCTYPE html><html>Sign in</html>"}, Kind::login_required},
                           {{.status = 503}, Kind::network}}) {
        site.fault = [&one](const SiteRequest& asked, unsigned) {
            return asked.url == root + std::string("k2") ? one.fault : SiteFault{};
        };
        EXPECT_EQ(errorOf(text).kind, one.kind) << word(one.kind);
    }
    site.fault = [](const SiteRequest& asked, unsigned before) {
        return asked.url == root + std::string("k2") && before < 3 ? SiteFault{.status = 503} : SiteFault{};
    };
    ASSERT_TRUE(fetch(way(text), target)) << "trouble that passes";
    EXPECT_EQ(target.bytes, plain);
}

}  // namespace
