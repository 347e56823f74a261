// Stands between a download and its part file: looks at the first bytes and lets nothing through that is no
// media.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "net/download.h"

namespace auricle::streams {

class MediaGate final : public net::DownloadTarget {
  public:
    /// `onBytes` is told the size after each piece that passed.
    MediaGate(net::DownloadTarget& behind, std::function<void(std::uint64_t)> onBytes)
        : behind_(behind), onBytes_(std::move(onBytes)) {}
    std::uint64_t size() const override { return behind_.size(); }
    net::Validator validator() const override { return behind_.validator(); }
    Result<void> goOn() override { return behind_.goOn(); }
    Result<void> startOver(const net::Validator& validator) override;
    /// login_required for a web page in place of media (SAFETY "Downloads"), not_media for anything else that
    /// is none.
    Result<void> append(std::span<const std::byte> bytes) override;

  private:
    Result<void> look(std::span<const std::byte> bytes);

    net::DownloadTarget& behind_;
    std::function<void(std::uint64_t)> onBytes_;
    std::vector<std::byte> head_;
    bool isJudged_ = true;  ///< what is resumed was judged when it began
};

}  // namespace auricle::streams
