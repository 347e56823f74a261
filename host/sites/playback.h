// Playback servers of an institution's own: videos whose segments are sealed one by one, each under a key of
// its own that a session gives.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "sites/playback_manifest.h"
#include "sites/site.h"
#include "vault/key_agreement.h"

namespace auricle::sites {

/// Only at origins that the configuration names (sites.playback.origins): whoever runs them has decided that
/// people who may play a video may keep its sound. The page of a video is `/watch/VIDEO_ID`.
class Playback final : public Site {
  public:
    using Clock = std::function<std::chrono::system_clock::time_point()>;
    struct Options {
        std::vector<std::string> origins{};  ///< as net::Url::origin() writes them
    };
    explicit Playback(Options options, Clock now = std::chrono::system_clock::now,
                      vault::Randomness random = vault::systemRandomness())
        : options_(std::move(options)), now_(std::move(now)), random_(std::move(random)) {}

    std::string_view name() const override { return "playback"; }
    std::optional<Page> recognise(const net::Url& url) const override;
    /// The renditions that have sound, the smallest first. Opens no session.
    boost::asio::awaitable<Result<Plan>> resolve(const Page& page, Visit visit) override;
    Result<void> judgeHop(const Page& page, const net::Url& from, const net::Url& to) const override;
    Result<void> judgeMedia(const Page& page, const net::ResponseHead& head) const override;
    boost::asio::awaitable<Error> explain(const Page& page, Error refused, Visit visit) override;
    std::vector<std::string> sessionCookies() const override;

  private:
    Result<streams::Ways> waysOf(const Page& page, const net::Url& manifestUrl, PlaybackManifest manifest,
                                 const std::string& language, const streams::Visit& visit) const;

    Options options_;
    Clock now_;
    vault::Randomness random_;
};

}  // namespace auricle::sites
