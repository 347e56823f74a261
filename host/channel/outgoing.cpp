#include "channel/outgoing.h"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include "channel/frame.h"

namespace auricle::channel {
namespace {

/// Frames that go to the system in one call; Asio takes no more buffers than that.
constexpr std::size_t maxFramesAtOnce = 64;

/// The frame's bytes, or nothing where it is longer than a browser takes.
std::string framed(std::string text) {
    const auto length = frameLength(text.size());
    if (!length) return {};
    return std::move(text.insert(0, length->data(), length->size()));
}

}  // namespace

Outgoing::Outgoing(Stream stream, Callbacks callbacks)
    : stream_(std::move(stream)), callbacks_(std::move(callbacks)) {
    boost::system::error_code ignored;
    stream_.non_blocking(true, ignored);
}

void Outgoing::push(std::string text) {
    add(Entry{.bytes = framed(std::move(text)), .capture = {}});
}

void Outgoing::pushState(const std::string& capture, std::string text) {
    dropProgress(capture);
    if (waitingBytes_ >= hardLimitBytes) {
        const auto older = std::find_if(queue_.begin(), queue_.end(), [&](const Entry& entry) {
            return entry.sort == Sort::state && entry.capture == capture && !entry.isUnderWay;
        });
        if (older != queue_.end()) drop(older);
    }
    add(Entry{.bytes = framed(std::move(text)), .sort = Sort::state, .capture = capture});
}

void Outgoing::pushProgress(const std::string& capture, std::string text) {
    std::string bytes = framed(std::move(text));
    if (const auto waiting = progress_.find(capture); waiting != progress_.end()) {
        replace(waiting->second, std::move(bytes));
        return;
    }
    add(Entry{.bytes = std::move(bytes), .sort = Sort::progress, .capture = capture});
}

void Outgoing::add(Entry entry) {
    if (isClosed_ || entry.bytes.empty()) return;
    waitingBytes_ += entry.bytes.size();
    queue_.push_back(std::move(entry));
    if (queue_.back().sort == Sort::progress) progress_[queue_.back().capture] = std::prev(queue_.end());
    updateFull();
    if (!isWaiting_) write();
}

void Outgoing::replace(Place place, std::string bytes) {
    if (bytes.empty()) return;
    waitingBytes_ += bytes.size();
    waitingBytes_ -= place->bytes.size();
    place->bytes = std::move(bytes);
}

void Outgoing::drop(Place place) {
    waitingBytes_ -= place->bytes.size();
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
        boost::system::error_code error;
        const std::size_t bytes = writeSome(error);
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

std::size_t Outgoing::writeSome(boost::system::error_code& error) {
    const auto first = boost::asio::buffer(queue_.front().bytes) + firstHas_;
    // The usual case: one answer, one plain write.
    if (queue_.size() == 1) return stream_.write_some(first, error);
    buffers_.clear();
    buffers_.push_back(first);
    for (auto entry = std::next(queue_.begin()); entry != queue_.end() && buffers_.size() < maxFramesAtOnce;
         ++entry) {
        buffers_.push_back(boost::asio::buffer(entry->bytes));
    }
    return stream_.write_some(buffers_, error);
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
    while (!queue_.empty() && firstHas_ >= queue_.front().bytes.size()) {
        firstHas_ -= queue_.front().bytes.size();
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
