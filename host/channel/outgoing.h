// What waits to be written to the browser: in order, bounded, and with no more than one progress for each
// capture.
#pragma once

#include <boost/asio/buffer.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "system/stream.h"

namespace auricle::channel {

/// Replies and states are never lost and never overtake each other. A progress takes the place of one of the
/// same capture that still waits: the old place, so that a busy capture cannot push a quiet one's progress
/// back for ever. A change of state takes a waiting progress of that capture away, since it says the same and
/// more; so a progress never tells of a time before the state that stands in front of it. When a client does
/// not read at all and `hardLimitBytes` wait, a change of state replaces the one of that capture that still
/// waits: then only its newest state is told.
///
/// Writing begins within the call, as far as the stream takes it; callbacks come later. To be used on one
/// thread.
class Outgoing : public std::enable_shared_from_this<Outgoing> {
  public:
    /// At this many bytes waiting, no further requests should be read…
    static constexpr std::size_t fullBytes = 4 * 1024 * 1024;
    /// …until no more than this many are left.
    static constexpr std::size_t roomBytes = 1024 * 1024;
    static constexpr std::size_t hardLimitBytes = 8 * 1024 * 1024;

    struct Callbacks {
        std::function<void()> room;  ///< it was full and is no more, or the last byte was written
        std::function<void()>
            gone;  ///< nobody reads any more (EPIPE) or writing failed; what waited was dropped
    };

    Outgoing(Stream stream, Callbacks callbacks);

    /// The text of one frame, maxReplyBytes at most.
    void push(std::string text);
    void pushState(const std::string& capture, std::string text);
    void pushProgress(const std::string& capture, std::string text);

    std::size_t waitingBytes() const { return waitingBytes_; }
    bool isFull() const { return isFull_; }
    bool isEmpty() const { return queue_.empty(); }
    /// Writes nothing more and forgets what waits.
    void close();

  private:
    enum class Sort : std::uint8_t { plain, state, progress };
    struct Entry {
        std::string bytes;  ///< of the whole frame
        Sort sort = Sort::plain;
        std::string capture;
        bool isUnderWay = false;  ///< part of it may be written: may not be changed any more
    };
    using Place = std::list<Entry>::iterator;

    void add(Entry entry);
    void replace(Place place, std::string bytes);
    void drop(Place place);
    void dropProgress(const std::string& capture);
    void write();
    std::size_t writeSome(boost::system::error_code& error);
    void waitForStream();
    void written(std::size_t bytes);
    void forgetProgress(const Entry& entry);
    void fail();
    void updateFull();

    Stream stream_;
    Callbacks callbacks_;
    std::list<Entry> queue_;
    std::map<std::string, Place> progress_;  ///< those that wait and may still be changed
    std::vector<boost::asio::const_buffer> buffers_;
    std::size_t waitingBytes_ = 0;
    std::size_t firstHas_ = 0;  ///< bytes of the first entry that are written
    bool isWaiting_ = false;    ///< for the stream to take more
    bool isFull_ = false, isClosed_ = false;
};

}  // namespace auricle::channel
