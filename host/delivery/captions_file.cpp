#include "delivery/captions_file.h"

#include <fcntl.h>

#include <algorithm>
#include <array>

#include "system/digest.h"
#include "system/files.h"

namespace auricle::delivery {
namespace {

bool isSameText(int folder, const std::string& name, const std::string& text) {
    // Whatever lies there under our name must not make us wait, a pipe for instance.
    auto file = openBeneath(folder, name, O_RDONLY | O_NONBLOCK);
    if (!file || sizeOf(file->get()) != text.size()) return false;
    Sha256 wanted;
    wanted.update(std::as_bytes(std::span(text)));
    return sha256OfFile(file->get(), {}) == wanted.hex();
}

Result<void> write(int folder, const std::string& name, const std::string& text) {
    auto file = openBeneath(folder, name, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file) return std::unexpected(file.error());
    if (auto written = writeAll(file->get(), std::as_bytes(std::span(text))); !written) return written;
    return syncData(file->get());
}

/// A site's word becomes part of a name only where it is a language's tag.
bool isTag(std::string_view language) {
    return !language.empty() && language.size() <= 35 && std::ranges::all_of(language, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    });
}

Result<std::string> nameIt(int folder, const std::string& hidden, std::string_view stem,
                           const Captions& captions) {
    std::array names{std::string(stem) + ".srt", std::string(stem) + "." + captions.language + ".srt"};
    for (const auto& name : std::span(names).first(isTag(captions.language) ? 2 : 1)) {
        auto renamed = renameNoReplace(folder, hidden, folder, name);
        if (!renamed) return std::unexpected(renamed.error());
        if (*renamed == Renamed::yes || isSameText(folder, name, captions.srt)) return name;
    }
    return fail(Kind::internal, "Captions of that name are there already.");
}

}  // namespace

Result<std::string> putCaptionsBeside(int folder, std::string_view soundName, const Captions& captions,
                                      const std::string& hidden) {
    auto written = write(folder, hidden, captions.srt);
    auto name = written ? nameIt(folder, hidden, soundName.substr(0, soundName.rfind('.')), captions)
                        : std::unexpected(written.error());
    static_cast<void>(removeFile(folder, hidden));
    return name;
}

}  // namespace auricle::delivery
