#include "channel/outgoing.h"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include "channel/frame.h"

namespace auricle::channel {
namespace {

/// Frames that go to the system in one call; each is two buffers, of which Asio takes 64.
constexpr std::size_t maxFramesAtOnce = 32;

}  // namespace

Outgoing::Outgoing(Stream stream, Callbacks callbacks)
    : stream_(std::move(stream)), callbacks_(std::move(callbacks)) {
    boost::system::error_code ignored;
    stream_.non_blocking(true, ignored);
}

void Outgoing::push(std::string text) {
    add(Entry{.length = {}, .text = std::move(text), .capture = {}});
}

void Outgoing::pushState(const std::string& capture, std::string text) {
    dropProgress(capture);
    if (waitingBytes_ >= hardLimitBytes) {
        const auto older = std::find_if(queue_.begin(), queue_.end(), [&](const Entry& entry) {
            return entry.sort == Sort::state && entry.capture == capture && !entry.isUnderWay;
        });
        if (older != queue_.end()) drop(older);
    }
    add(Entry{.length = {}, .text = std::move(text), .sort = Sort::state, .capture = capture});
}

void Outgoing::pushProgress(const std::string& capture, std::string text) {
    if (const auto waiting = progress_.find(capture); waiting != progress_.end()) {
        replace(waiting->second, std::move(text));
        return;
    }
    add(Entry{.length = {}, .text = std::move(text), .sort = Sort::progress, .capture = capture});
}

void Outgoing::add(Entry entry) {
    if (isClosed_) return;
    const auto length = frameLength(entry.text.size());
    if (!length) return;
    entry.length = *length;
    waitingBytes_ += entry.length.size() + entry.text.size();
    queue_.push_back(std::move(entry));
    if (queue_.back().sort == Sort::progress) progress_[queue_.back().capture] = std::prev(queue_.end());
    updateFull();
    if (!isWaiting_) write();
}

void Outgoing::replace(Place place, std::string text) {
    const auto length = frameLength(text.size());
    if (!length) return;
    waitingBytes_ += text.size();
    waitingBytes_ -= place->text.size();
    place->length = *length;
    place->text = std::move(text);
}

void Outgoing::drop(Place place) {
    waitingBytes_ -= place->length.size() + place->text.size();
    queue_.erase(place);
}

void Outgoing::dropProgress(const std::string& capture) {
    const auto waiting = progress_.find(capture);
    if (waiting == progress_.end()) return;
    drop(waiting->second);
    progress_.erase(waiting);
}

/// As far as the stream takes it, without a turn of the loop: an answer is on its way before the next request
/// is looked at.
void Outgoing::write() {
    while (!queue_.empty()) {
        fillBuffers();
        boost::system::error_code error;
        const std::size_t bytes = stream_.write_some(buffers_, error);
        if (error == boost::asio::error::would_block || error == boost::asio::error::try_again) {
            waitForStream();
            return;
        }
        if (error) {
            fail();
            return;
        }
        written(bytes);
    }
}

void Outgoing::fillBuffers() {
    buffers_.clear();
    std::size_t skip = firstHas_;
    for (const auto& entry : queue_) {
        if (buffers_.size() == 2 * maxFramesAtOnce) break;
        const std::size_t ofLength = std::min(skip, entry.length.size());
        const std::size_t ofText = skip - ofLength;
        buffers_.emplace_back(entry.length.data() + ofLength, entry.length.size() - ofLength);
        buffers_.emplace_back(entry.text.data() + ofText, entry.text.size() - ofText);
        skip = 0;
    }
}

void Outgoing::waitForStream() {
    isWaiting_ = true;
    stream_.async_wait(Stream::wait_write, [self = shared_from_this()](boost::system::error_code) {
        self->isWaiting_ = false;
        if (self->isClosed_) return;
        const bool wasFull = self->isFull_;
        self->write();
        if (self->queue_.empty() || (wasFull && !self->isFull_)) self->callbacks_.room();
    });
}

void Outgoing::written(std::size_t bytes) {
    waitingBytes_ -= bytes;
    firstHas_ += bytes;
    while (!queue_.empty() && firstHas_ >= queue_.front().length.size() + queue_.front().text.size()) {
        firstHas_ -= queue_.front().length.size() + queue_.front().text.size();
        forgetProgress(queue_.front());
        queue_.pop_front();
    }
    if (firstHas_ > 0) {
        forgetProgress(queue_.front());
        queue_.front().isUnderWay = true;
    }
    updateFull();
}

void Outgoing::forgetProgress(const Entry& entry) {
    if (entry.sort == Sort::progress && !entry.isUnderWay) progress_.erase(entry.capture);
}

/// Told in a turn of its own, since it may be found out within a call of whoever wants to be told.
void Outgoing::fail() {
    close();
    boost::asio::post(stream_.get_executor(), [self = shared_from_this()] { self->callbacks_.gone(); });
}

void Outgoing::updateFull() {
    isFull_ = waitingBytes_ >= (isFull_ ? roomBytes + 1 : fullBytes);
}

void Outgoing::close() {
    isClosed_ = true;
    isFull_ = false;
    queue_.clear();
    progress_.clear();
    waitingBytes_ = 0;
    boost::system::error_code ignored;
    stream_.close(ignored);
}

}  // namespace auricle::channel
