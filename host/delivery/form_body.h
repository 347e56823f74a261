// A multipart/form-data body (RFC 7578) with one file in it, made while it is sent: the file is neither
// copied nor held.
#pragma once

#include <string>
#include <vector>

#include "delivery/file_part.h"
#include "net/http.h"

namespace auricle::delivery {

struct FormField {
    std::string name, value;
};

struct FormFile {
    std::string field;        ///< the field's name
    std::string name;         ///< made safe here: letters of ASCII, digits, '.', '-' and '_' remain
    std::string mime;         ///< as it stands in the part's Content-Type
    int descriptor = -1;      ///< borrowed
    std::uint64_t bytes = 0;  ///< what the file holds
};

/// Can be sent once; a repetition makes a new one. The text fields come first, so that a server may judge
/// them before the file has arrived.
class FormBody final : public net::BodySource {
  public:
    /// `seed` decides the boundary. It must be nothing that the file's maker could have foreseen: a digest of
    /// the file itself does, since no file holds what follows from its own digest.
    FormBody(const std::vector<FormField>& fields, const FormFile& file, std::string_view seed);

    const std::string& contentType() const { return contentType_; }  ///< with the boundary
    std::optional<std::uint64_t> size() const override { return head_.size() + file_.bytes() + tail_.size(); }
    Result<std::size_t> read(std::span<std::byte> into) override;
    /// How many bytes of the file are among the first `sentBytes` of the body.
    std::uint64_t fileBytesOf(std::uint64_t sentBytes) const;

  private:
    std::string contentType_, head_, tail_;
    FilePart file_;
    std::uint64_t position_ = 0;
};

}  // namespace auricle::delivery
