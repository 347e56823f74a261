#include "delivery/backend_delivery.h"

#include <fcntl.h>

#include "delivery/backend_address.h"
#include "delivery/backend_answer.h"
#include "delivery/plain_form.h"
#include "delivery/presigned.h"
#include "system/digest.h"
#include "system/files.h"
#include "system/worker.h"

namespace auricle::delivery {

namespace asio = boost::asio;

namespace {

constexpr unsigned mostMismatches = 2;
constexpr unsigned mostFreshForms = 2;

/// The words of `accepts`, the best first.
std::vector<std::string> waysOf(const std::string& api) {
    if (api == "auto") return {"tus", "presigned", "multipart"};
    return {api};
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

}  // namespace

struct BackendDelivery::Errand {
    const Parcel& parcel;
    Visit visit;
    std::string sourceUrl;
    int file;  ///< descriptor, borrowed
    std::function<void(std::uint64_t)> uploaded;
    std::function<void(std::string)> registered;
    BackendLectures lectures;
    std::function<void(std::uint64_t)> sent{};  ///< as TusJob has it

    Registration registration(const BackendOptions& options) const {
        return {.courseId = options.courseId,
                .title = parcel.title.empty() ? "Recording" : parcel.title,
                .sourceUrl = sourceUrl,
                .site = parcel.site,
                .mime = parcel.mime,
                .durationMs = parcel.durationMs,
                .bytes = parcel.bytes,
                .idempotencyKey = parcel.idempotencyKey,
                .accepts = waysOf(options.api)};
    }
    FormJob form(const BackendOptions& options) const {
        return {.file = file,
                .parcel = parcel,
                .courseId = options.courseId,
                .sourceUrl = sourceUrl,
                .sent = uploaded};
    }
};

BackendDelivery::BackendDelivery(BackendOptions options) : options_(std::move(options)) {}

asio::awaitable<Result<Delivered>> BackendDelivery::deliver(const Parcel& parcel, Visit visit,
                                                            std::function<void(std::uint64_t)> uploaded,
                                                            std::function<void(std::string)> registered) {
    auto sourceUrl = judgeSourceUrl(parcel.sourceUrl);
    if (!sourceUrl) co_return std::unexpected(sourceUrl.error());
    auto file = openWhole(parcel);
    if (!file) co_return std::unexpected(file.error());
    Errand errand{.parcel = parcel,
                  .visit = visit,
                  .sourceUrl = std::move(*sourceUrl),
                  .file = file->get(),
                  .uploaded = std::move(uploaded),
                  .registered = std::move(registered),
                  .lectures = BackendLectures(options_.origin, visit, options_.policy)};
    if (visit.stop.stop_requested()) co_return fail(Kind::cancelled, "The capture was stopped.");
    if (options_.api == "multipart") co_return co_await sendPlainForm(errand);
    if (auto done = co_await completeFollowed(errand)) co_return std::move(*done);
    auto lecture = co_await enter(errand);
    if (!lecture) co_return std::unexpected(lecture.error());
    if (*lecture) co_return co_await upload(errand, std::move(**lecture));
    if (options_.api == "auto") co_return co_await sendPlainForm(errand);
    co_return std::unexpected(
        nonsense(options_.origin,
                 "does not know the interface that Auricle speaks (POST /api/lectures). "
                 "Check the backend's address, or set its way of uploading to 'auto'"));
}

asio::awaitable<Result<std::optional<Lecture>>> BackendDelivery::enter(Errand& errand) {
    const Registration registration = errand.registration(options_);
    auto lecture = co_await errand.lectures.enter(registration);
    if (lecture) {
        if (*lecture) errand.registered((*lecture)->id);
        co_return lecture;
    }
    // Stopped while the backend may have registered it already: without its id nobody could remove it there.
    if (errand.visit.stop.stop_requested()) {
        auto id = co_await errand.lectures.idAfterStop(registration);
        if (id) errand.registered(*id);
    }
    co_return lecture;
}

asio::awaitable<Result<Delivered>> BackendDelivery::upload(Errand& errand, Lecture lecture) {
    const Parcel& parcel = errand.parcel;
    const std::string captions = co_await bringCaptions(errand, lecture);
    if (lecture.status == "ready") {
        errand.uploaded(parcel.bytes);
        co_return Delivered{.lecture = lecture.id,
                            .file = {},
                            .confirmed = lecture.sha256.empty() || lecture.sha256 == parcel.sha256,
                            .captions = captions};
    }
    for (unsigned mismatches = 0;;) {
        if (!lecture.place) {
            auto place = co_await errand.lectures.freshPlace(lecture.id);
            if (!place) co_return std::unexpected(place.error());
            lecture.place = std::move(*place);
        }
        if (auto sent = co_await sendTo(errand, lecture.id, std::move(*lecture.place)); !sent)
            co_return std::unexpected(sent.error());
        lecture.place.reset();
        auto completion = co_await errand.lectures.complete(lecture.id, parcel.bytes, parcel.sha256);
        if (!completion) co_return std::unexpected(completion.error());
        if (*completion == Completion::ready)
            co_return Delivered{.lecture = lecture.id, .file = {}, .confirmed = true, .captions = captions};
        if (auto sound = co_await judgeFile(errand.file, parcel.sha256, errand.visit.stop); !sound)
            co_return std::unexpected(sound.error());
        if (++mismatches > mostMismatches)
            co_return fail(Kind::upload_rejected,
                           "What arrived at " + options_.origin.host() +
                               " was not what was sent, three times over. Try another network, or tell "
                               "the backend's maintainer.");
    }
}

asio::awaitable<std::optional<Delivered>> BackendDelivery::completeFollowed(Errand& errand) {
    const Parcel& parcel = errand.parcel;
    const auto followed = std::exchange(followed_, std::nullopt);
    if (!followed || followed->idempotencyKey != parcel.idempotencyKey || followed->bytes != parcel.bytes)
        co_return std::nullopt;
    std::string captions = co_await bringCaptions(errand, followed->lecture);
    auto completion = co_await errand.lectures.complete(followed->lecture.id, parcel.bytes, parcel.sha256);
    if (!completion || *completion != Completion::ready) co_return std::nullopt;
    co_return Delivered{
        .lecture = followed->lecture.id, .file = {}, .confirmed = true, .captions = std::move(captions)};
}

/// Before the lecture is complete: a backend that would transcribe it begins then.
asio::awaitable<std::string> BackendDelivery::bringCaptions(Errand& errand, const Lecture& lecture) {
    if (!errand.parcel.captions || !lecture.acceptsCaptions) co_return std::string();
    auto captions = co_await errand.parcel.captions();
    if (!captions) co_return std::string();
    const bool wereTaken = co_await errand.lectures.bringCaptions(lecture.id, *captions);
    co_return wereTaken ? std::move(captions->language) : std::string();
}

asio::awaitable<Result<void>> BackendDelivery::sendTo(Errand& errand, const std::string& id,
                                                      UploadPlace place) {
    switch (place.protocol) {
        case UploadPlace::Protocol::tus:
            return sendByTus(errand, id, std::move(place));
        case UploadPlace::Protocol::presigned:
            return sendInParts(errand, id, std::move(place));
        case UploadPlace::Protocol::multipart:
            break;
    }
    return sendAsForm(errand, id, std::move(place));
}

TusJob BackendDelivery::tusJob(Errand& errand, const std::string& id) const {
    TusJob job;
    job.file = errand.file;
    job.bytes = errand.parcel.bytes;
    job.partBytes = options_.partBytes;
    job.mostPartBytes = options_.mostPartBytes;
    job.freshPlace = [&errand, &id, this]() -> asio::awaitable<Result<vault::Secret>> {
        auto fresh = co_await errand.lectures.freshPlace(id);
        if (!fresh) co_return std::unexpected(std::move(fresh.error()));
        if (fresh->protocol != UploadPlace::Protocol::tus)
            co_return std::unexpected(nonsense(
                options_.origin, "wants another way of uploading half-way. Its maintainer has to look"));
        co_return std::move(fresh->url);
    };
    job.uploaded = errand.uploaded;
    job.sent = errand.sent;
    job.worker = options_.worker;
    job.policy = options_.policy;
    return job;
}

asio::awaitable<Result<void>> BackendDelivery::sendByTus(Errand& errand, const std::string& id,
                                                         UploadPlace place) {
    TusUpload tus(tusJob(errand, id), errand.visit);
    co_return co_await tus.run(std::move(place.url));
}

asio::awaitable<Result<void>> BackendDelivery::followByTus(Errand& errand, const Lecture& lecture,
                                                           UploadPlace place, Growing& growing) {
    TusJob job = tusJob(errand, lecture.id);
    job.growing = &growing;
    job.takesStreams = &takesStreams_;
    job.streamLimits = options_.streamLimits;
    TusUpload tus(std::move(job), errand.visit);
    // Where no length was told, it may be that the backend wants it declared.
    const bool isFresh = lecture.isNew && errand.parcel.bytes > 0;
    co_return co_await tus.run(std::move(place.url), isFresh);
}

asio::awaitable<Result<void>> BackendDelivery::sendInParts(Errand& errand, const std::string& id,
                                                           UploadPlace place) {
    PresignedJob job{.file = errand.file,
                     .bytes = errand.parcel.bytes,
                     .backend = options_.origin,
                     .freshPlace = [&errand, &id] { return errand.lectures.freshPlace(id); },
                     .uploaded = errand.uploaded,
                     .policy = options_.policy};
    PresignedUpload parts(std::move(job), errand.visit);
    co_return co_await parts.run(std::move(place));
}

asio::awaitable<Result<void>> BackendDelivery::sendAsForm(Errand& errand, const std::string& id,
                                                          UploadPlace place) {
    PlainForm form(options_.origin, errand.visit, options_.policy);
    for (unsigned freshPlaces = 0;;) {
        const bool isForm = place.protocol == UploadPlace::Protocol::multipart;
        if (!isForm || freshPlaces > mostFreshForms)
            co_return fail(
                Kind::upload_rejected,
                "The backend lost the upload's place again and again. Its maintainer has to look.");
        const FormJob job = errand.form(options_);
        auto sent = co_await form.sendTo(std::move(place.url), job);
        if (!sent) co_return std::unexpected(std::move(sent.error()));
        if (*sent) co_return Result<void>{};
        auto fresh = co_await errand.lectures.freshPlace(id);
        if (!fresh) co_return std::unexpected(std::move(fresh.error()));
        place = std::move(*fresh);
        ++freshPlaces;
    }
}

asio::awaitable<Result<Delivered>> BackendDelivery::sendPlainForm(Errand& errand) {
    PlainForm form(options_.origin, errand.visit, options_.policy);
    Delivered delivered;
    delivered.lecture = errand.parcel.lecture;
    bool isThere = false;
    // Ended after it was sent and before that was known to be all: it need not be sent once more.
    if (!delivered.lecture.empty()) isThere = co_await form.has(delivered.lecture);
    if (!isThere) {
        const FormJob job = errand.form(options_);
        auto receipt = co_await form.send(job);
        if (!receipt) co_return std::unexpected(std::move(receipt.error()));
        delivered.lecture = receipt->lecture;
        delivered.created = receipt->created;
        errand.registered(delivered.lecture);
    }
    errand.uploaded(errand.parcel.bytes);
    auto followed = co_await form.follow(delivered.lecture, options_.followStatusMs);
    if (!followed) co_return std::unexpected(std::move(followed.error()));
    co_return delivered;
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

asio::awaitable<void> BackendDelivery::approach(Visit visit) {
    if (!isFollowing()) co_return;
    BackendLectures lectures(options_.origin, visit, options_.policy);
    co_await lectures.knock();
}

asio::awaitable<void> BackendDelivery::follow(const Parcel& parcel, Growing& growing, Visit visit,
                                              std::function<void(std::uint64_t)> uploaded,
                                              std::function<void(std::string)> registered) {
    if (!isFollowing()) co_return;
    auto file = openFile(parcel.file, O_RDONLY);
    auto sourceUrl = judgeSourceUrl(parcel.sourceUrl);
    if (!file || !sourceUrl) co_return;
    Errand errand{.parcel = parcel,
                  .visit = visit,
                  .sourceUrl = std::move(*sourceUrl),
                  .file = file->get(),
                  .uploaded = std::move(uploaded),
                  .registered = std::move(registered),
                  .lectures = BackendLectures(options_.origin, visit, options_.policy)};
    auto lecture = co_await enter(errand);
    if (!lecture || !*lecture || (*lecture)->status == "ready" || !(*lecture)->place) co_return;
    if ((*lecture)->place->protocol != UploadPlace::Protocol::tus) co_return;
    auto place = std::move(*(*lecture)->place);
    (*lecture)->place.reset();
    std::uint64_t arrivedBytes = 0;
    // A stream is confirmed at its end alone: until then what has left is the best that is known.
    errand.sent = errand.uploaded;
    errand.uploaded = [&arrivedBytes, told = std::move(errand.uploaded)](std::uint64_t bytes) {
        arrivedBytes = bytes;
        told(bytes);
    };
    auto sent = co_await followByTus(errand, **lecture, std::move(place), growing);
    if (sent && parcel.bytes > 0 && arrivedBytes == parcel.bytes)
        followed_ = Followed{parcel.idempotencyKey, parcel.bytes, std::move(**lecture)};
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
