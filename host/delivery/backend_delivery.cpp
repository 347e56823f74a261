#include "delivery/backend_delivery.h"

#include <fcntl.h>

#include "delivery/backend_address.h"
#include "delivery/tus.h"
#include "system/digest.h"
#include "system/files.h"
#include "system/worker.h"

namespace auricle::delivery {

namespace asio = boost::asio;

namespace {

constexpr unsigned mostMismatches = 2;

Result<void> judgeApi(const std::string& api) {
    if (api == "auto" || api == "tus") return {};
    return fail(Kind::upload_rejected,
                "This version of Auricle uploads by tus alone; '" + api +
                    "' is not spoken yet. Set the backend's way of uploading to 'auto'.");
}

Error changedOnDisk() {
    return {.kind = Kind::internal,
            .message =
                "The recording on this computer is no longer what was downloaded. Start the capture again."};
}

Result<FileHandle> openWhole(const Parcel& parcel) {
    auto file = openFile(parcel.file, O_RDONLY);
    if (!file) return file;
    auto bytes = sizeOf(file->get());
    if (!bytes) return std::unexpected(bytes.error());
    if (*bytes != parcel.bytes) return std::unexpected(changedOnDisk());
    return file;
}

Registration registrationOf(const Parcel& parcel, const std::string& courseId, std::string sourceUrl) {
    return {.courseId = courseId,
            .title = parcel.title.empty() ? "Recording" : parcel.title,
            .sourceUrl = std::move(sourceUrl),
            .site = parcel.site,
            .mime = parcel.mime,
            .durationMs = parcel.durationMs,
            .bytes = parcel.bytes,
            .idempotencyKey = parcel.idempotencyKey};
}

}  // namespace

BackendDelivery::BackendDelivery(BackendOptions options) : options_(std::move(options)) {}

asio::awaitable<Result<Delivered>> BackendDelivery::deliver(const Parcel& parcel, Visit visit,
                                                            std::function<void(std::uint64_t)> uploaded,
                                                            std::function<void(std::string)> registered) {
    if (auto spoken = judgeApi(options_.api); !spoken) co_return std::unexpected(spoken.error());
    auto sourceUrl = judgeSourceUrl(parcel.sourceUrl);
    if (!sourceUrl) co_return std::unexpected(sourceUrl.error());
    auto file = openWhole(parcel);
    if (!file) co_return std::unexpected(file.error());
    BackendLectures lectures(options_.origin, visit, options_.policy);
    Registration registration = registrationOf(parcel, options_.courseId, std::move(*sourceUrl));
    auto lecture = co_await enter(lectures, std::move(registration), visit.stop, registered);
    if (!lecture) co_return std::unexpected(lecture.error());
    if (lecture->status == "ready") {
        uploaded(parcel.bytes);
        bool hasCaptions = co_await bringCaptions(lectures, *lecture, parcel);
        co_return Delivered{.lecture = lecture->id,
                            .file = {},
                            .confirmed = lecture->sha256.empty() || lecture->sha256 == parcel.sha256,
                            .hasCaptions = hasCaptions};
    }
    co_return co_await upload(lectures, std::move(*lecture), file->get(), parcel, visit, std::move(uploaded));
}

asio::awaitable<Result<Lecture>> BackendDelivery::enter(BackendLectures& lectures, Registration registration,
                                                        std::stop_token stop,
                                                        const std::function<void(std::string)>& registered) {
    if (stop.stop_requested()) co_return fail(Kind::cancelled, "The capture was stopped.");
    auto lecture = co_await lectures.enter(registration);
    if (lecture) {
        registered(lecture->id);
        co_return lecture;
    }
    // Stopped while the backend may have registered it already: without its id nobody could remove it there.
    if (stop.stop_requested()) {
        auto id = co_await lectures.idAfterStop(registration);
        if (id) registered(*id);
    }
    co_return lecture;
}

asio::awaitable<Result<Delivered>> BackendDelivery::upload(BackendLectures& lectures, Lecture lecture,
                                                           int file, const Parcel& parcel, Visit visit,
                                                           std::function<void(std::uint64_t)> uploaded) {
    const std::string id = lecture.id;
    TusJob job;
    job.file = file;
    job.bytes = parcel.bytes;
    job.partBytes = options_.partBytes;
    job.freshPlace = [&lectures, &id] { return lectures.freshPlace(id); };
    job.uploaded = std::move(uploaded);
    job.worker = options_.worker;
    job.policy = options_.policy;
    TusUpload tus(std::move(job), visit);
    bool hasCaptions = co_await bringCaptions(lectures, lecture, parcel);
    for (unsigned mismatches = 0;;) {
        if (!lecture.place) {
            auto place = co_await lectures.freshPlace(id);
            if (!place) co_return std::unexpected(place.error());
            lecture.place = std::move(*place);
        }
        if (auto sent = co_await tus.run(std::move(*lecture.place)); !sent)
            co_return std::unexpected(sent.error());
        lecture.place.reset();
        auto completion = co_await lectures.complete(id, parcel.bytes, parcel.sha256);
        if (!completion) co_return std::unexpected(completion.error());
        if (*completion == Completion::ready)
            co_return Delivered{
                .lecture = id, .file = {}, .confirmed = true, .hasCaptions = hasCaptions};
        if (auto sound = co_await judgeFile(file, parcel.sha256, visit.stop); !sound)
            co_return std::unexpected(sound.error());
        if (++mismatches > mostMismatches)
            co_return fail(Kind::upload_rejected,
                           "What arrived at " + options_.origin.host() +
                               " was not what was sent, three times over. Try another network, or tell "
                               "the backend's maintainer.");
    }
}

/// Before the lecture is complete: a backend that would transcribe it begins then.
asio::awaitable<bool> BackendDelivery::bringCaptions(BackendLectures& lectures, const Lecture& lecture,
                                                     const Parcel& parcel) {
    if (!parcel.captions || !lecture.acceptsCaptions) co_return false;
    co_return co_await lectures.bringCaptions(lecture.id, *parcel.captions);
}

/// Before a backend is blamed for another digest: is the file still the one that was downloaded?
asio::awaitable<Result<void>> BackendDelivery::judgeFile(int file, std::string sha256, std::stop_token stop) {
    // Named first: GCC 12 destroys what a lambda inside a co_await expression has captured twice.
    auto digest = [file, stop] { return sha256OfFile(file, stop); };
    auto found = co_await onWorker(options_.worker, digest);
    if (!found) co_return std::unexpected(found.error());
    if (*found != sha256) co_return std::unexpected(changedOnDisk());
    co_return Result<void>{};
}

asio::awaitable<void> BackendDelivery::reportFailure(std::string lecture, Error why, Visit visit) {
    if (lecture.empty()) co_return;
    BackendLectures lectures(options_.origin, visit, options_.policy);
    co_await lectures.reportFailure(std::move(lecture), std::move(why.message));
}

asio::awaitable<void> BackendDelivery::discard(std::string lecture, Visit visit) {
    if (lecture.empty()) co_return;
    BackendLectures lectures(options_.origin, visit, options_.policy);
    co_await lectures.remove(std::move(lecture));
}

}  // namespace auricle::delivery
