// What a growing file holds from an offset on, as the body of one request, sent as it comes.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "delivery/delivery.h"
#include "net/http.h"

namespace auricle::delivery {

/// When such a body ends before the file does. A server, or what stands before it, gives up a request that is
/// idle, that takes very long, or that is very large.
struct BodyLimits {
    std::chrono::milliseconds silence{5'000};  ///< without a new byte
    std::chrono::milliseconds age{60'000};     ///< since it began
    std::uint64_t bytes = 64u << 20;
};

/// Pauses while nothing more is safe, and ends with the file or at a limit: never in a way that the server
/// could take for a connection that broke.
class GrowingBody final : public net::BodySource {
  public:
    using Now = std::function<std::chrono::steady_clock::time_point()>;
    /// `file` is a descriptor, borrowed, as `growing` is.
    GrowingBody(boost::asio::any_io_executor loop, int file, std::uint64_t offset, Growing& growing,
                BodyLimits limits, Now now);
    ~GrowingBody() override;
    GrowingBody(const GrowingBody&) = delete;
    GrowingBody& operator=(const GrowingBody&) = delete;

    std::optional<std::uint64_t> size() const override { return std::nullopt; }
    Result<std::size_t> read(std::span<std::byte> into) override;
    bool isReady() override;
    void onReady(std::function<void()> resume) override;

    std::uint64_t bytes() const { return at_ - begin_; }  ///< that have been read
    bool fellSilent() const { return fellSilent_; }       ///< it ended, or is about to, for want of more

  private:
    /// Bytes of the file that may be read by now.
    std::uint64_t available() const;
    bool isOver() const;
    void waitForMore();
    void goOn();

    int file_;
    std::uint64_t begin_, at_;
    Growing& growing_;
    BodyLimits limits_;
    Now now_;
    std::chrono::steady_clock::time_point endsAt_;
    boost::asio::steady_timer silence_;
    /// Counts the waits, so that a timer which goes off too late finds that it has. Outlives the body in it.
    std::shared_ptr<unsigned> waits_ = std::make_shared<unsigned>(0);
    std::function<void()> resume_;
    bool isWaiting_ = false, fellSilent_ = false;
};

}  // namespace auricle::delivery
