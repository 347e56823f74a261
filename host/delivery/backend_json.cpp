#include "delivery/backend_json.h"

#include <algorithm>

#include "delivery/backend_answer.h"

namespace auricle::delivery {

using nlohmann::json;

Result<json> objectOf(const net::Response& response, const net::Url& backend) {
    const auto first = response.body.find_first_not_of(" \t\r\n");
    if (first != std::string::npos && response.body[first] == '<')
        return std::unexpected(nonsense(backend,
                                        "answered with a web page where data was due. Check the backend's "
                                        "address in Auricle's settings"));
    json body = json::parse(response.body, nullptr, false);
    if (!body.is_object())
        return std::unexpected(
            nonsense(backend, "answered with something that is no JSON object. Its maintainer has to look"));
    return body;
}

std::string textOf(const json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string idOf(const json& object, const char* name) {
    const auto found = object.find(name);
    if (found == object.end()) return {};
    if (found->is_number_unsigned()) return std::to_string(found->get<std::uint64_t>());
    if (!found->is_string()) return {};
    std::string id = found->get<std::string>();
    const bool isPlain =
        id.size() <= 200 && std::ranges::all_of(id, [](unsigned char c) { return c > 0x20 && c < 0x7F; });
    return isPlain && id != "." && id != ".." ? id : std::string();
}

std::string written(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace auricle::delivery
