#include "delivery/folder_recording.h"

#include <fcntl.h>

#include <algorithm>

#include "system/files.h"

namespace auricle::delivery {
namespace {

std::unexpected<Error> notThere(const std::filesystem::path& file, std::string_view what) {
    return fail(Kind::not_found, "'" + file.filename().string() + "' " + std::string(what) +
                                     " in the folder '" + file.parent_path().string() +
                                     "'. Put it back there, or capture it again.");
}

Result<FileHandle> openRecording(const std::filesystem::path& file) {
    auto folder = openFile(file.parent_path(), O_RDONLY | O_DIRECTORY);
    if (!folder) return notThere(file, "is no longer");
    // Whatever lies there under that name must not make us wait, a pipe for instance.
    auto opened = openBeneath(folder->get(), file.filename(), O_RDONLY | O_NONBLOCK);
    if (!opened) return notThere(file, "is no longer");
    return opened;
}

}  // namespace

Result<RecordingPiece> readFromFolder(const std::filesystem::path& file, std::uint64_t bytes,
                                      PieceWanted wanted) {
    auto opened = openRecording(file);
    if (!opened) return std::unexpected(std::move(opened.error()));
    if (!isRegularFile(opened->get()) || sizeOf(opened->get()) != bytes)
        return notThere(file, "is no longer what was captured");
    if (wanted.offset > bytes) {
        return std::unexpected(Error{.kind = Kind::bad_params,
                                     .message = "The recording has only " + std::to_string(bytes) + " bytes.",
                                     .path = "/offset"});
    }
    RecordingPiece piece{.bytes = {}, .total = bytes};
    piece.bytes.resize(static_cast<std::size_t>(std::min(wanted.length, bytes - wanted.offset)));
    auto got = readAt(opened->get(), wanted.offset, piece.bytes);
    if (!got) return std::unexpected(std::move(got.error()));
    if (*got != piece.bytes.size()) return notThere(file, "is no longer what was captured");
    return piece;
}

}  // namespace auricle::delivery
