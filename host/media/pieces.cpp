#include "media/pieces.h"

#include <utility>

namespace auricle::media {

void Pieces::close() {
    if (open_.bytes == 0) return;
    packed_.add(foldSign(static_cast<std::int64_t>(open_.offset - end_)));
    packed_.add(open_.bytes);
    end_ = open_.offset + open_.bytes;
    ++closed_;
    open_.bytes = 0;
}

void Pieces::add(std::uint64_t offset, std::uint64_t bytes) {
    if (bytes == 0) return;
    if (open_.bytes == 0 || offset != open_.offset + open_.bytes) {
        close();
        open_.offset = offset;
    }
    open_.bytes += bytes;
    bytes_ += bytes;
}

std::optional<Piece> Pieces::Cursor::next() {
    if (auto packed = packed_.next()) {
        Piece piece{.offset = end_ + static_cast<std::uint64_t>(unfoldSign(*packed)),
                    .bytes = packed_.next().value_or(0)};
        end_ = piece.offset + piece.bytes;
        return piece;
    }
    if (open_.bytes == 0) return std::nullopt;
    return std::exchange(open_, Piece{});
}

}  // namespace auricle::media
