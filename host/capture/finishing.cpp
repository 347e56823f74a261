#include "capture/finishing.h"

#include <fcntl.h>

#include "media/defragment.h"
#include "media/ffmpeg.h"
#include "media/id3_writer.h"
#include "media/shrink.h"
#include "system/digest.h"
#include "system/files.h"
#include "system/paths.h"
#include "system/worker.h"

namespace auricle::capture {

namespace asio = boost::asio;

namespace {

constexpr std::size_t copyBytes = 256 * 1024;
constexpr const char *plainName = "plain", *largeName = "large", *smallName = "small.m4a",
                     *wholeName = "whole", *soundName = "sound.m4a";

Error notTheSound(std::string what) {
    return {.kind = Kind::not_media,
            .message = "The site sent " + std::move(what) +
                       ". Open the recording in the browser and see whether it plays."};
}

/// What a container must be to hold the sound of a lecture.
Result<void> judge(const media::Container& container) {
    if (container.isEncrypted) {
        return fail(Kind::drm_protected,
                    "This recording is protected by DRM, which Auricle does not work around.");
    }
    if (!container.hasAudio) return std::unexpected(notTheSound("a file without sound"));
    return {};
}

/// Much less than was planned is a sound that was cut off; a few seconds are a matter of encoders.
Result<void> judgeLength(const media::Container& container, std::uint64_t plannedMs) {
    constexpr std::uint64_t fewMs = 5000;
    auto is = container.durationMs;
    if (is == 0 || plannedMs == 0 || is + fewMs >= plannedMs - plannedMs / 10) return {};
    return std::unexpected(notTheSound("a sound of " + std::to_string(is / 1000) +
                                       " s where the recording has " + std::to_string(plannedMs / 1000) +
                                       " s"));
}

/// `foreign` is what we do not read ourselves: a picture beside the sound, or a container that few players
/// take.
enum class Form : std::uint8_t { asItIs, fragments, bareAac, bareMp3, foreign };

Form formOf(const media::Container& container, const Raw& raw) {
    if (container.hasVideo || container.name == "matroska") return Form::foreign;
    if (container.isFragmented) return Form::fragments;
    if (container.name == "adts") return Form::bareAac;
    if (container.name == "mp3" && !raw.isSitesOwnFile) return Form::bareMp3;
    return Form::asItIs;
}

Result<void> copyAll(const media::ByteSource& from, const media::WriteBytes& write) {
    std::vector<std::byte> buffer(copyBytes);
    for (std::uint64_t at = 0;;) {
        auto read = from.readAt(at, buffer);
        if (!read) return std::unexpected(read.error());
        if (*read == 0) return {};
        if (auto written = write(std::span(buffer).first(*read)); !written) return written;
        at += *read;
    }
}

Result<void> rewrite(const media::ByteSource& from, Form form, const media::Tags& tags,
                     const media::WriteBytes& write) {
    auto outcome = [](const Result<media::PlainFile>& file) {
        return file ? Result<void>{} : std::unexpected(file.error());
    };
    if (form == Form::fragments) return outcome(media::writePlainM4a(from, tags, write));
    if (form == Form::bareAac) return outcome(media::writeM4aOfAdts(from, tags, write));
    if (auto headed = write(media::id3Tag(tags)); !headed) return headed;
    return copyAll(from, write);
}

struct Digested {
    std::uint64_t bytes = 0;
    std::string sha256;
};

/// Writes the file anew under `to`, safely on the disk when it returns. Blocks.
Result<Digested> writeAnew(const std::filesystem::path& from, const std::filesystem::path& to, Form form,
                           const media::Tags& tags, const std::stop_token& stop) {
    auto source = openFile(from, O_RDONLY);
    if (!source) return std::unexpected(source.error());
    auto target = openFile(to, O_RDWR | O_CREAT | O_TRUNC);
    if (!target) return std::unexpected(target.error());
    Digested made;
    Sha256 digest;
    media::WriteBytes write = [&](std::span<const std::byte> bytes) -> Result<void> {
        if (stop.stop_requested()) return fail(Kind::cancelled, "It was stopped.");
        digest.update(bytes);
        made.bytes += bytes.size();
        return writeAll(target->get(), bytes);
    };
    if (auto written = rewrite(media::FileSource(source->get()), form, tags, write); !written)
        return std::unexpected(written.error());
    if (auto synced = syncData(target->get()); !synced) return std::unexpected(synced.error());
    made.sha256 = digest.hex();
    return made;
}

Result<Digested> digestOf(const std::filesystem::path& file) {
    auto source = openFile(file, O_RDONLY);
    if (!source) return std::unexpected(source.error());
    Digested found;
    Sha256 digest;
    auto count = [&](std::span<const std::byte> bytes) -> Result<void> {
        digest.update(bytes);
        found.bytes += bytes.size();
        return {};
    };
    if (auto read = copyAll(media::FileSource(source->get()), count); !read)
        return std::unexpected(read.error());
    if (auto synced = syncData(source->get()); !synced) return std::unexpected(synced.error());
    found.sha256 = digest.hex();
    return found;
}

Result<media::Container> look(const std::filesystem::path& file) {
    auto source = openFile(file, O_RDONLY);
    if (!source) return std::unexpected(source.error());
    return media::probe(media::FileSource(source->get()));
}

Result<std::uint64_t> sizeAt(const std::filesystem::path& file) {
    auto source = openFile(file, O_RDONLY);
    if (!source) return std::unexpected(source.error());
    return sizeOf(source->get());
}

/// A second name for the file in the folder that ffmpeg sees, which is all it sees.
Result<void> linkInto(const std::filesystem::path& file, const std::filesystem::path& name) {
    std::error_code fault;
    std::filesystem::remove(name, fault);
    std::filesystem::create_hard_link(file, name, fault);
    // Some file systems know no links.
    if (fault) std::filesystem::copy_file(file, name, fault);
    if (fault) return std::unexpected(systemError(fault.value(), "The sound could not be handed to ffmpeg"));
    return {};
}

/// What ffmpeg does with its one folder.
using Making = std::function<asio::awaitable<Result<void>>(media::FfmpegWork work)>;

/// Hands `from` to ffmpeg under the name of `input`, and reads what it made of it under that of `output`.
asio::awaitable<Result<Finished>> madeByFfmpeg(Finished from, const char* input, const char* output,
                                               const Raw& raw, const FinishingTools& tools, Making make) {
    auto program = tools.ffmpeg();
    if (!program) co_return std::unexpected(std::move(program.error()));
    auto linking = [file = from.file, to = raw.folder / input] { return linkInto(file, to); };
    if (auto linked = co_await onWorker(tools.worker, linking); !linked)
        co_return std::unexpected(std::move(linked.error()));
    auto durationMs = from.container.durationMs ? from.container.durationMs : raw.plannedMs;
    auto onProgress = [&tools, durationMs](std::uint64_t doneMs) {
        if (durationMs) tools.onProgress(static_cast<double>(doneMs) / static_cast<double>(durationMs));
    };
    media::FfmpegWork work{.program = std::move(*program),
                           .folder = raw.folder,
                           .input = input,
                           .output = output,
                           .tags = raw.tags,
                           .durationMs = durationMs,
                           .onProgress = onProgress,
                           .stop = tools.stop};
    auto making = co_await make(std::move(work));
    if (!making) co_return std::unexpected(std::move(making.error()));
    Finished made{.file = raw.folder / output, .bytes = 0, .sha256 = {}, .container = {}};
    auto read = [file = made.file] { return digestOf(file); };
    auto digested = co_await onWorker(tools.worker, read);
    if (!digested) co_return std::unexpected(std::move(digested.error()));
    auto looking = [file = made.file] { return look(file); };
    auto container = co_await onWorker(tools.worker, looking);
    if (!container) co_return std::unexpected(std::move(container.error()));
    made.bytes = digested->bytes;
    made.sha256 = std::move(digested->sha256);
    made.container = std::move(*container);
    co_return made;
}

asio::awaitable<Result<Finished>> soundOf(Finished whole, const Raw& raw, const FinishingTools& tools) {
    bool wasVideo = whole.container.hasVideo;
    Making take = [](media::FfmpegWork work) -> asio::awaitable<Result<void>> {
        auto taken = co_await media::takeSound(std::move(work));
        if (!taken) co_return std::unexpected(std::move(taken.error()));
        co_return Result<void>{};
    };
    auto sound = co_await madeByFfmpeg(std::move(whole), wholeName, soundName, raw, tools, std::move(take));
    if (sound) sound->isOutOfVideo = wasVideo;
    co_return sound;
}

asio::awaitable<Result<Finished>> madeSmaller(Finished large, const Raw& raw, const FinishingTools& tools) {
    auto bytes = large.bytes;
    bool isOutOfVideo = large.isOutOfVideo;
    Making shrink = [most = raw.maxBytes](media::FfmpegWork work) -> asio::awaitable<Result<void>> {
        auto shrunk = co_await media::shrink(std::move(work), most);
        if (!shrunk) co_return std::unexpected(std::move(shrunk.error()));
        co_return Result<void>{};
    };
    auto small = co_await madeByFfmpeg(std::move(large), largeName, smallName, raw, tools, std::move(shrink));
    if (small) {
        small->encodedFrom = bytes;
        small->isOutOfVideo = isOutOfVideo;
    }
    co_return small;
}

asio::awaitable<Result<Finished>> writtenAnew(const Raw& raw, Form form, const FinishingTools& tools) {
    auto to = raw.folder / plainName;
    auto writing = [&raw, to, form, stop = tools.stop] {
        return writeAnew(raw.file, to, form, raw.tags, stop);
    };
    auto made = co_await onWorker(tools.worker, writing);
    if (!made) co_return std::unexpected(std::move(made.error()));
    auto looking = [to] { return look(to); };
    auto plain = co_await onWorker(tools.worker, looking);
    if (!plain) co_return std::unexpected(std::move(plain.error()));
    Finished finished{
        .file = to, .bytes = made->bytes, .sha256 = std::move(made->sha256), .container = std::move(*plain)};
    co_return finished;
}

}  // namespace

asio::awaitable<Result<Finished>> finishFile(Raw raw, FinishingTools tools) {
    auto looking = [file = raw.file] { return look(file); };
    auto container = co_await onWorker(tools.worker, looking);
    if (!container) co_return std::unexpected(std::move(container.error()));
    if (auto judged = judge(*container); !judged) co_return std::unexpected(std::move(judged.error()));
    auto form = formOf(*container, raw);
    if (!makePrivateFolder(raw.folder))
        co_return std::unexpected(systemError(errno, "No folder could be made to finish the sound in"));
    Finished finished{.file = raw.file, .bytes = 0, .sha256 = raw.sha256, .container = *container};
    if (form == Form::asItIs) {
        auto bytes = sizeAt(raw.file);
        if (!bytes) co_return std::unexpected(std::move(bytes.error()));
        finished.bytes = *bytes;
    } else {
        Result<Finished> made;
        if (form == Form::foreign)
            made = co_await soundOf(std::move(finished), raw, tools);
        else
            made = co_await writtenAnew(raw, form, tools);
        if (!made) co_return std::unexpected(std::move(made.error()));
        finished = std::move(*made);
    }
    if (auto judged = judgeLength(finished.container, raw.plannedMs); !judged)
        co_return std::unexpected(std::move(judged.error()));
    if (raw.maxBytes == 0 || finished.bytes <= raw.maxBytes) co_return finished;
    co_return co_await madeSmaller(std::move(finished), raw, tools);
}

}  // namespace auricle::capture
