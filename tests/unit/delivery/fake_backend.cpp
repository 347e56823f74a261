#include "fake_backend.h"

#include <openssl/evp.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>

#include "system/digest.h"

namespace auricle::delivery::testing {

namespace asio = boost::asio;
using nlohmann::json;

namespace {

std::string sum(Digest::Algorithm algorithm, const std::string& bytes, bool asHex) {
    Digest digest(algorithm);
    digest.update(std::as_bytes(std::span(bytes)));
    if (asHex) return digest.hex();
    const auto value = digest.value();
    std::string text(4 * ((value.size() + 2) / 3) + 1, '\0');
    const int size =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                        reinterpret_cast<const unsigned char*>(value.data()), static_cast<int>(value.size()));
    text.resize(static_cast<std::size_t>(size));
    return text;
}

Error broken() {
    return {.kind = Kind::network, .message = "The connection broke off.", .retryable = true};
}

std::string header(const net::Request& request, std::string_view name) {
    net::Headers headers;
    for (const auto& [key, value] : request.headers) headers.add(key, value);
    return std::string(headers.find(name).value_or(""));
}

net::Response plain(int status, std::string body = "", std::vector<net::Header> headers = {}) {
    net::Response response;
    response.head.status = status;
    for (auto& [name, value] : headers) response.head.headers.add(name, value);
    response.body = std::move(body);
    return response;
}

net::Response said(int status, const std::string& kind, const std::string& detail) {
    return plain(status, json{{"detail", detail}, {"kind", kind}}.dump());
}

/// 0: the registration does not say it.
std::uint64_t sizeIn(const std::string& registration) {
    return json::parse(registration).value("size_bytes", std::uint64_t{0});
}

/// Returns when the body does not pause any more.
asio::awaitable<void> ready(net::BodySource& source) {
    while (!source.isReady()) {
        asio::steady_timer paused(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
        source.onReady([&paused] { paused.cancel(); });
        co_await paused.async_wait(asio::as_tuple(asio::use_awaitable));
        source.onReady({});
    }
}

bool isUpload(const std::string& path) {
    return path.starts_with("/files/");
}

}  // namespace

void FakeBackend::order(std::string method, Fault fault, unsigned times) {
    for (unsigned i = 0; i < times; ++i) orders[method].push_back(fault);
}

std::vector<std::string> FakeBackend::methods() const {
    std::vector<std::string> lines;
    for (const auto& one : seen) lines.push_back(one.method + " " + one.path);
    return lines;
}

std::size_t FakeBackend::count(std::string_view method) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(seen, [&](const Seen& one) { return one.method == method; }));
}

bool FakeBackend::isReady(const std::string& key) const {
    const auto row = rows.find(key);
    return row != rows.end() && row->second.status == "ready";
}

asio::awaitable<Result<net::Response>> FakeBackend::send(net::Request request, net::BodySink&) {
    co_return co_await send(std::move(request));
}

asio::awaitable<Result<net::Response>> FakeBackend::send(net::Request request) {
    if (before) before(request);
    if (request.stop.stop_requested()) co_return fail(Kind::cancelled, "It was stopped.");
    std::string body = request.body;
    if (request.source) {
        std::vector<std::byte> buffer(5000);
        for (;;) {
            co_await ready(*request.source);
            auto got = request.source->read(buffer);
            if (!got) co_return std::unexpected(got.error());
            if (*got == 0) break;
            body.append(reinterpret_cast<const char*>(buffer.data()), *got);
            if (request.onSent) request.onSent(body.size());
        }
        if (request.source->size().value_or(body.size()) != body.size())
            co_return fail(Kind::internal, "The source was cut short.");
    }
    Seen note{.method = request.method,
              .origin = request.url.origin(),
              .path = request.url.path(),
              .body = body,
              .headers = {},
              .authorization = {},
              .totalTimeoutMs = request.totalTimeoutMs,
              .http1 = request.http1,
              .isStream = request.source && !request.source->size(),
              .hasCredentials = request.credentials != nullptr,
              .expectsContinue = request.expectsContinue};
    for (const auto& [name, value] : request.headers) note.headers.add(name, value);
    if (request.credentials) note.authorization = request.credentials->authorization(request.url).reveal();
    seen.push_back(std::move(note));

    std::optional<Fault> fault;
    if (auto& waiting = orders[request.method]; !waiting.empty()) {
        fault = waiting.front();
        waiting.pop_front();
    } else if (chance) {
        fault = chance(request);
    }
    const std::string path = request.url.path();
    if (request.method == "PATCH" && isUpload(path) && owesHead_[path]) ++patchesWithoutHead;
    if (fault && fault->what == Fault::What::lost) {
        // What OPTIONS would have said is no matter of the upload's offset.
        if (request.method != "OPTIONS") owesHead_[path] = true;
        co_return std::unexpected(broken());
    }
    auto response = answer(request, body, fault);
    response.head.url = request.url;
    const bool isLost = fault && (fault->what == Fault::What::answerLost || fault->what == Fault::What::cut);
    if (request.method == "HEAD" || request.method == "PATCH")
        owesHead_[path] = isLost || response.head.status >= 300;
    // An answer that came too late for whoever stopped is none.
    if (request.stop.stop_requested()) co_return fail(Kind::cancelled, "It was stopped.");
    if (isLost) co_return std::unexpected(broken());
    if (after) after(request);
    co_return response;
}

net::Response FakeBackend::answer(const net::Request& request, const std::string& body,
                                  const std::optional<Fault>& fault) {
    if (fault && fault->what == Fault::What::status) return plain(fault->status, fault->body, fault->headers);
    if (request.url.origin() == storeOrigin) return part(request, body);
    return isUpload(request.url.path()) && request.method != "POST" ? tus(request, body, fault)
                                                                    : lectures(request, body);
}

FakeBackend::Row* FakeBackend::byId(const std::string& id) {
    for (auto& [key, row] : rows)
        if (row.id == id) return &row;
    return nullptr;
}

std::string FakeBackend::newUpload(std::uint64_t length) {
    const std::string path = "/files/" + std::to_string(++madeUploads_);
    uploads[path] = {.bytes = {}, .length = length, .isDeferred = defersLength || length == 0};
    return path;
}

std::string FakeBackend::describe(const Row& row) const {
    json body{{"id", row.id}, {"status", row.status}};
    if (row.status == "uploading") body["upload"] = json::parse(place(row));
    if (acceptsCaptions) body["accepts_captions"] = true;
    return body.dump();
}

std::string FakeBackend::place(const Row& row) const {
    if (protocol != "presigned")
        return json{{"protocol", protocol}, {"url", uploadOrigin + row.upload}}.dump();
    const auto length = uploads.at(row.upload).length;
    json parts = json::array();
    for (std::size_t i = 0; i * storePartBytes < length; ++i)
        parts.push_back(storeOrigin + row.upload + "/" + std::to_string(i + 1) + "?Signature=s1gned");
    return json{{"protocol", "presigned"},
                {"part_bytes", storePartBytes},
                {"parts", parts},
                {"complete_url", uploadOrigin + "/api/lectures/" + row.id + "/parts"}}
        .dump();
}

/// A store of presigned parts: whoever has the address may write.
net::Response FakeBackend::part(const net::Request& request, const std::string& body) {
    const std::string path = request.url.path();
    const auto slash = path.rfind('/');
    const auto found = uploads.find(path.substr(0, slash));
    if (found == uploads.end()) return plain(404, "<Error><Code>NoSuchUpload</Code></Error>");
    const auto number = static_cast<std::size_t>(std::stoul(path.substr(slash + 1)));
    found->second.parts[number] = body;
    return plain(200, "", {{"ETag", "\"etag-" + std::to_string(number) + "\""}});
}

net::Response FakeBackend::join(Row& row, const std::string& body) {
    const auto found = uploads.find(row.upload);
    if (found == uploads.end()) return said(404, "gone", "No such upload.");
    Upload& upload = found->second;
    upload.bytes.clear();
    std::size_t expected = 0;
    const json told = json::parse(body);
    for (const auto& one : told.at("parts")) {
        const auto number = one.at("number").get<std::size_t>();
        if (number != ++expected || one.at("etag") != "\"etag-" + std::to_string(number) + "\"")
            return said(400, "bad_parts", "These are not the parts that were stored.");
        upload.bytes += upload.parts.at(number);
    }
    return plain(200, "{}");
}

net::Response FakeBackend::standing() {
    const auto [status, body] = standings.front();
    if (standings.size() > 1) standings.pop_front();
    return plain(status, body);
}

net::Response FakeBackend::lectures(const net::Request& request, const std::string& body) {
    const std::string path = request.url.path();
    if (speaksForm && path == "/api/lectures/audio") return plain(200, formAnswer);
    if (speaksForm && path.ends_with("/status")) return standing();
    if (path == "/api/health") return plain(200, R"({"status":"ok"})");
    if (!speaksLectures) return said(404, "not_found", "Not Found");
    if (isUpload(path)) {
        const auto found = uploads.find(path);
        if (found == uploads.end()) return said(404, "gone", "No such upload.");
        // The file is what stands between the blank line behind its type and the last boundary.
        const auto begin = body.find("\r\n\r\n", body.find("Content-Type: ")) + 4;
        found->second.bytes = body.substr(begin, found->second.length);
        return plain(200, "{}");
    }
    if (path == "/api/lectures") return enter(request, body);
    const std::string prefix = "/api/lectures/";
    const std::string rest = path.substr(prefix.size());
    const auto slash = rest.find('/');
    Row* row = byId(rest.substr(0, slash));
    if (!row) return said(404, "not_found", "There is no such lecture.");
    const std::string what = slash == std::string::npos ? "" : rest.substr(slash);
    if (what == "/complete") return complete(*row, body);
    if (what == "/captions") {
        row->captions[header(request, "Content-Language")] = body;
        return plain(201, "{}");
    }
    if (what == "/parts") return join(*row, body);
    if (what == "/upload") {
        uploads.erase(row->upload);
        row->status = "uploading";
        row->upload = newUpload(sizeIn(row->registration));
        return plain(200, R"({"upload":)" + place(*row) + "}");
    }
    if (request.method == "PATCH") {
        row->status = json::parse(body).at("status").get<std::string>();
        row->error = json::parse(body).at("error_message").get<std::string>();
        return plain(200, describe(*row));
    }
    uploads.erase(row->upload);
    rows.erase(std::string(row->key));
    return plain(204);
}

net::Response FakeBackend::enter(const net::Request& request, const std::string& body) {
    const std::string key = header(request, "Idempotency-Key");
    const bool isNew = !rows.contains(key);
    if (isNew) {
        Row row{.id = "lecture-" + std::to_string(rows.size() + 1), .key = key, .registration = body};
        row.upload = newUpload(sizeIn(body));
        rows[key] = row;
    }
    return plain(isNew ? 201 : 200, describe(rows[key]));
}

net::Response FakeBackend::complete(Row& row, const std::string& body) {
    const json claim = json::parse(body);
    if (row.status == "ready") return plain(200, describe(row));
    const auto found = uploads.find(row.upload);
    const std::string bytes = found == uploads.end() ? "" : found->second.bytes;
    const std::string digest = sum(Digest::Algorithm::sha256, bytes, true);
    if (digest != claim.at("sha256") || bytes.size() != claim.at("size_bytes"))
        return said(409, "digest_mismatch", "What arrived is not what was announced.");
    row.status = "ready";
    row.sha256 = digest;
    return plain(200, describe(row));
}

net::Response FakeBackend::tus(const net::Request& request, const std::string& body,
                               const std::optional<Fault>& fault) {
    if (request.method == "OPTIONS") {
        if (!answersOptions) return plain(405);
        std::vector<net::Header> headers{{"Tus-Version", "1.0.0"}};
        if (!checksums.empty()) {
            headers.push_back({"Tus-Extension", "creation, checksum,termination"});
            headers.push_back({"Tus-Checksum-Algorithm", checksums});
        }
        if (maxSize) headers.push_back({"Tus-Max-Size", std::to_string(*maxSize)});
        return plain(204, "", headers);
    }
    const std::string path = request.url.path();
    if (fault && fault->what == Fault::What::forget) uploads.erase(path);
    const auto found = uploads.find(path);
    if (found == uploads.end())
        return said(fault && fault->status == 410 ? 410 : 404, "gone", "No such upload.");
    Upload& upload = found->second;
    if (fault && fault->what == Fault::What::lose)
        upload.bytes.resize(upload.bytes.size() - std::min<std::size_t>(upload.bytes.size(), fault->bytes));
    if (fault && fault->what == Fault::What::flipStored && !upload.bytes.empty()) upload.bytes[0] ^= 4;
    if (request.method == "PATCH") return patch(request, upload, body, fault);
    if (fault && fault->what == Fault::What::mute) return plain(200);
    const std::uint64_t raised = fault && fault->what == Fault::What::raise ? fault->bytes : 0;
    std::vector<net::Header> headers{{"Tus-Resumable", "1.0.0"},
                                     {"Upload-Offset", std::to_string(upload.bytes.size() + raised)}};
    headers.push_back(upload.isDeferred ? net::Header{"Upload-Defer-Length", "1"}
                                        : net::Header{"Upload-Length", std::to_string(upload.length)});
    return plain(200, "", headers);
}

net::Response FakeBackend::patch(const net::Request& request, Upload& upload, std::string body,
                                 const std::optional<Fault>& fault) {
    if (header(request, "Tus-Resumable") != "1.0.0") return plain(412);
    if (header(request, "Content-Type") != "application/offset+octet-stream") return plain(415);
    if (header(request, "Upload-Offset") != std::to_string(upload.bytes.size()))
        return said(409, "offset", "Wrong offset.");
    const std::string declared = header(request, "Upload-Length");
    if (!declared.empty() && !upload.isDeferred) return said(400, "length", "The length is known already.");
    const bool isUnknown = upload.length == 0;
    if (upload.isDeferred && declared.empty() && !isUnknown)
        return said(400, "length", "The length was not declared.");
    upload.isDeferred = upload.isDeferred && declared.empty();
    if (fault && fault->what == Fault::What::flip && !body.empty()) body[body.size() / 2] ^= 1;
    const std::string checksum = header(request, "Upload-Checksum");
    if (!checksum.empty()) {
        const auto space = checksum.find(' ');
        const auto algorithm =
            checksum.substr(0, space) == "sha1" ? Digest::Algorithm::sha1 : Digest::Algorithm::sha256;
        const bool isWhole = !fault || fault->what != Fault::What::cut;
        if (!isWhole || sum(algorithm, body, false) != checksum.substr(space + 1)) return plain(460);
    }
    const bool isShort = fault && (fault->what == Fault::What::cut || fault->what == Fault::What::less);
    if (isShort) body.resize(std::min<std::size_t>(body.size(), fault->bytes));
    if (!isUnknown && upload.bytes.size() + body.size() > upload.length) return plain(413);
    upload.bytes += body;
    if (fault && fault->what == Fault::What::mute) return plain(204);
    const std::uint64_t raised = fault && fault->what == Fault::What::raise ? fault->bytes : 0;
    return plain(204, "", {{"Upload-Offset", std::to_string(upload.bytes.size() + raised)}});
}

}  // namespace auricle::delivery::testing
