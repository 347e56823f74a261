#include "capture/entry.h"

#include <nlohmann/json.hpp>

namespace auricle::capture {
namespace {

using nlohmann::json;

json errorRecord(const Error& error) {
    return {{"kind", word(error.kind)}, {"message", error.message}, {"retryable", error.retryable}};
}

json targetRecord(const delivery::Target& target) {
    bool toBackend = target.to == delivery::Target::To::backend;
    return {{"to", toBackend ? "backend" : "folder"},
            {"origin", target.origin},
            {"courseId", target.courseId},
            {"api", target.api},
            {"subfolder", target.subfolder}};
}

delivery::Target targetOf(const json& record) {
    return {.to = record.at("to") == "backend" ? delivery::Target::To::backend : delivery::Target::To::folder,
            .origin = record.at("origin"),
            .courseId = record.at("courseId"),
            .api = record.at("api"),
            .subfolder = record.at("subfolder")};
}

json resultRecord(const Outcome& outcome) {
    json record{
        {"file", outcome.file},          {"bytes", outcome.bytes},           {"sha256", outcome.sha256},
        {"mime", outcome.mime},          {"durationMs", outcome.durationMs}, {"lecture", outcome.lecture},
        {"confirmed", outcome.confirmed}};
    if (outcome.created) record["created"] = *outcome.created;
    if (outcome.encodedFrom) record["encodedFrom"] = outcome.encodedFrom;
    if (!outcome.captions.empty()) record["captions"] = outcome.captions;
    return record;
}

Outcome resultOf(const json& record) {
    const auto created = record.find("created");
    return {.file = record.at("file"),
            .bytes = record.at("bytes"),
            .sha256 = record.at("sha256"),
            .mime = record.at("mime"),
            .durationMs = record.at("durationMs"),
            .lecture = record.at("lecture"),
            .confirmed = record.at("confirmed"),
            .created = created == record.end() ? std::nullopt : std::optional(created->get<bool>()),
            .encodedFrom = record.value("encodedFrom", std::uint64_t{0}),
            .captions = record.value("captions", "")};
}

std::optional<Error> errorOf(const json& record) {
    auto kind = kindOf(record.at("kind").get<std::string>());
    return Error{.kind = kind.value_or(Kind::internal),
                 .message = record.at("message"),
                 .retryable = record.at("retryable")};
}

void readOptional(const json& record, Capture& capture) {
    if (auto plan = record.find("plan"); plan != record.end()) {
        capture.plan = PlanTaken{
            .how = plan->at("how"), .bytes = plan->at("bytes"), .wholeBytes = plan->at("wholeBytes")};
    }
    if (auto ended = record.find("endedAt"); ended != record.end())
        capture.endedAtMs = ended->get<std::int64_t>();
    if (auto error = record.find("error"); error != record.end()) capture.error = errorOf(*error);
    if (auto result = record.find("result"); result != record.end()) capture.result = resultOf(*result);
}

Entry read(const json& record) {
    Entry entry;
    auto& capture = entry.capture;
    capture.id = record.at("id");
    capture.key = record.at("key");
    capture.page = record.at("page");
    capture.site = record.at("site");
    capture.title = record.at("title");
    capture.state = stateOf(record.at("state").get<std::string>()).value_or(State::parked);
    capture.total = record.at("total");
    capture.attempt = record.at("attempt");
    capture.startedAtMs = record.at("startedAt");
    capture.store = record.at("store");
    capture.target = targetOf(record.at("deliver"));
    readOptional(record, capture);
    const auto& part = record.at("part");
    entry.part = {.bytes = part.at("bytes"),
                  .validator = {.etag = part.at("etag"),
                                .lastModified = part.at("lastModified"),
                                .total = part.at("total")},
                  .cursor = part.value("cursor", std::uint64_t{0}),
                  .isWhole = part.at("isWhole")};
    capture.done = capture.result ? capture.result->bytes : entry.part.bytes;
    const auto& about = record.at("about");
    entry.about = {.title = about.at("title"),
                   .course = about.at("course"),
                   .stableId = about.at("stableId"),
                   .durationMs = about.at("durationMs"),
                   .date = about.value("date", ""),
                   .captionLanguages = about.value("captionLanguages", std::vector<std::string>())};
    entry.hasOwnTitle = record.at("hasOwnTitle");
    entry.lecture = record.at("lecture");
    return entry;
}

}  // namespace

json toRecord(const Entry& entry) {
    const auto& capture = entry.capture;
    json record{
        {"id", capture.id},
        {"key", capture.key},
        {"page", capture.page},
        {"site", capture.site},
        {"title", capture.title},
        {"state", word(capture.state)},
        {"total", capture.total},
        {"attempt", capture.attempt},
        {"startedAt", capture.startedAtMs},
        {"store", capture.store},
        {"deliver", targetRecord(capture.target)},
        {"part",
         {{"bytes", entry.part.bytes},
          {"etag", entry.part.validator.etag},
          {"lastModified", entry.part.validator.lastModified},
          {"total", entry.part.validator.total},
          {"cursor", entry.part.cursor},
          {"isWhole", entry.part.isWhole}}},
        {"about",
         {{"title", entry.about.title},
          {"course", entry.about.course},
          {"stableId", entry.about.stableId},
          {"durationMs", entry.about.durationMs},
          {"date", entry.about.date},
          {"captionLanguages", entry.about.captionLanguages}}},
        {"hasOwnTitle", entry.hasOwnTitle},
        {"lecture", entry.lecture},
    };
    if (capture.plan) {
        record["plan"] = {{"how", capture.plan->how},
                          {"bytes", capture.plan->bytes},
                          {"wholeBytes", capture.plan->wholeBytes}};
    }
    if (capture.endedAtMs) record["endedAt"] = *capture.endedAtMs;
    if (capture.error) record["error"] = errorRecord(*capture.error);
    if (capture.result) record["result"] = resultRecord(*capture.result);
    return record;
}

std::optional<Entry> entryOf(const json& record) {
    try {
        return read(record);
    } catch (const json::exception&) {
        return std::nullopt;
    }
}

}  // namespace auricle::capture
