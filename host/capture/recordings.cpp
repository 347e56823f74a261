#include "capture/recordings.h"

#include "capture/credentials.h"
#include "delivery/backend_address.h"
#include "delivery/backend_recording.h"
#include "delivery/folder_recording.h"
#include "system/worker.h"

namespace auricle::capture {

namespace asio = boost::asio;
using delivery::PieceWanted;
using delivery::RecordingPiece;

namespace {

Error notThereYet(const Capture& capture) {
    if (isOver(capture.state))
        return {.kind = Kind::not_found,
                .message = "There is nothing to listen to: this capture did not end well. Start it again."};
    return {.kind = Kind::not_ready_yet,
            .message = "This capture is still under way. Listen to it when it is done.",
            .retryable = true};
}

}  // namespace

asio::awaitable<Result<RecordingPiece>> Recordings::read(Capture capture, PieceWanted wanted) {
    if (capture.state != State::done || !capture.result) co_return std::unexpected(notThereYet(capture));
    auto reading =
        capture.result->file.empty() ? readThere(capture, wanted) : readHere(*capture.result, wanted);
    auto piece = co_await std::move(reading);
    if (piece && piece->mime.empty()) piece->mime = capture.result->mime;
    co_return piece;
}

asio::awaitable<Result<RecordingPiece>> Recordings::readHere(const Outcome& result, PieceWanted wanted) {
    auto read = [&result, wanted] { return delivery::readFromFolder(result.file, result.bytes, wanted); };
    auto worker = services_.worker();
    co_return co_await onWorker(worker, read);
}

asio::awaitable<Result<RecordingPiece>> Recordings::readThere(const Capture& capture, PieceWanted wanted) {
    auto backend = delivery::judgeBackend(capture.target.origin, services_.config.backends);
    if (!backend) co_return std::unexpected(std::move(backend.error()));
    BackendCredentials token(services_.vault, backend->origin(), capture.id);
    delivery::Visit visit{services_.http, token, services_.timing, ending_.get_token()};
    auto piece = co_await delivery::readFromBackend(*backend, capture.result->lecture, wanted, visit);
    if (piece) token.proved();
    co_return piece;
}

}  // namespace auricle::capture
