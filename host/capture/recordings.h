// What captures have delivered, read again piece by piece, so that the person can hear it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <stop_token>

#include "capture/capture.h"
#include "capture/services.h"
#include "delivery/recording_piece.h"
#include "system/error.h"

namespace auricle::capture {

using ReadRecording = std::function<boost::asio::awaitable<Result<delivery::RecordingPiece>>(
    Capture capture, delivery::PieceWanted wanted)>;

/// To be used on the loop; what blocks goes to the worker.
class Recordings {
  public:
    explicit Recordings(Services services) : services_(std::move(services)) {}

    /// Of a capture that is done: from the folder or the backend where it was delivered, nowhere else.
    /// not_ready_yet while it is under way, not_found for one that ended otherwise, and the errors of
    /// delivery::readFromFolder and delivery::readFromBackend. `mime` is never empty.
    boost::asio::awaitable<Result<delivery::RecordingPiece>> read(Capture capture,
                                                                  delivery::PieceWanted wanted);
    /// What is under way ends with cancelled, and whatever is asked afterwards.
    void stop() { ending_.request_stop(); }

  private:
    boost::asio::awaitable<Result<delivery::RecordingPiece>> readHere(const Outcome& result,
                                                                      delivery::PieceWanted wanted);
    boost::asio::awaitable<Result<delivery::RecordingPiece>> readThere(const Capture& capture,
                                                                       delivery::PieceWanted wanted);

    Services services_;
    std::stop_source ending_;
};

}  // namespace auricle::capture
