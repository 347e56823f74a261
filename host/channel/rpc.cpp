#include "channel/rpc.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "capture/capture.h"

namespace auricle::channel {
namespace {

/// An id comes back in every reply, so it has a size: no client needs more than a number or a UUID.
constexpr std::size_t maxIdBytes = 256;
/// Members that a request may have beside the four of JSON-RPC; what they say is not looked at.
constexpr std::size_t maxMembers = 32;

struct Envelope {
    std::optional<JsonView> version, id, method, params;
    bool hasTwice = false;
};

Envelope readEnvelope(const std::vector<JsonMember>& members) {
    Envelope envelope;
    const auto keep = [&](std::optional<JsonView>& slot, const JsonView& value) {
        envelope.hasTwice |= slot.has_value();
        slot = value;
    };
    for (const auto& [name, value] : members) {
        if (name.is("jsonrpc")) keep(envelope.version, value);
        if (name.is("id")) keep(envelope.id, value);
        if (name.is("method")) keep(envelope.method, value);
        if (name.is("params")) keep(envelope.params, value);
    }
    return envelope;
}

bool isIdGood(const JsonView& id) {
    const bool isRightType = id.type() == JsonView::Type::number || id.type() == JsonView::Type::string;
    return isRightType && id.text().size() <= maxIdBytes;
}

/// What keeps this from being a request, or nothing.
const char* whatIsWrong(const Envelope& envelope) {
    // Which of two members counts differs from reader to reader (RFC 8259 section 4), so neither does.
    if (envelope.hasTwice) return "The message names one of its members twice.";
    if (!envelope.version || !envelope.version->is("2.0")) return "The message is no JSON-RPC 2.0 request.";
    if (envelope.id && !isIdGood(*envelope.id))
        return "A request's id is a number or a string of at most 256 bytes.";
    if (!envelope.method || envelope.method->type() != JsonView::Type::string)
        return "The message names no method.";
    const auto type = envelope.params ? envelope.params->type() : JsonView::Type::object;
    if (type != JsonView::Type::object && type != JsonView::Type::array)
        return "A request's params are an object.";
    return nullptr;
}

std::string envelopeOf(std::string_view id, std::string_view member, std::string_view value) {
    std::string text;
    text.reserve(id.size() + member.size() + value.size() + 32);
    text.append(R"({"jsonrpc":"2.0","id":)")
        .append(id)
        .append(",\"")
        .append(member)
        .append("\":")
        .append(value)
        .append("}");
    return text;
}

/// Never throws: what is not UTF-8 (a site's title, a file's name) is replaced.
std::string dumped(const nlohmann::json& value) {
    return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::unexpected<ProtocolFault> fault(int code, std::string message, std::string id = "null") {
    return std::unexpected(ProtocolFault{code, std::move(message), std::move(id)});
}

}  // namespace

std::expected<Request, ProtocolFault> parseRequest(std::string_view frame) {
    switch (checkJson(frame, maxDepth)) {
        case JsonVerdict::not_json:
            return fault(notJson, "The message is not JSON in UTF-8.");
        case JsonVerdict::too_deep:
            return fault(noRequest, "The message is nested more than 64 deep.");
        case JsonVerdict::good:
            break;
    }
    const JsonView message(frame);
    if (message.type() == JsonView::Type::array)
        return fault(noRequest, "Send requests one by one: batches are not taken.");
    if (message.type() != JsonView::Type::object)
        return fault(noRequest, "The message is no JSON-RPC 2.0 request.");
    const auto members = message.members(maxMembers);
    if (!members) return fault(noRequest, "The message has more members than a request may have.");
    const Envelope envelope = readEnvelope(*members);
    if (const char* wrong = whatIsWrong(envelope)) {
        const bool hasId = !envelope.hasTwice && envelope.id && isIdGood(*envelope.id);
        return fault(noRequest, wrong, hasId ? std::string(envelope.id->text()) : "null");
    }
    return Request{.id = envelope.id ? std::string(envelope.id->text()) : std::string(),
                   .method = envelope.method->string(),
                   .params = envelope.params.value_or(JsonView("{}"))};
}

std::string resultText(std::string_view id, const nlohmann::json& result) {
    return envelopeOf(id, "result", dumped(result));
}

std::string errorText(std::string_view id, const Error& error) {
    return envelopeOf(id, "error", dumped(capture::toJson(error)));
}

std::string faultText(const ProtocolFault& fault) {
    return envelopeOf(fault.id, "error", dumped({{"code", fault.code}, {"message", fault.message}}));
}

std::string notificationText(std::string_view method, const nlohmann::json& params) {
    std::string text = R"({"jsonrpc":"2.0","method":")";
    return text.append(method).append(R"(","params":)").append(dumped(params)).append("}");
}

}  // namespace auricle::channel
