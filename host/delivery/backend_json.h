// Reading and writing the JSON that a backend and the host exchange.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "net/http.h"
#include "net/url.h"
#include "system/error.h"

namespace auricle::delivery {

/// The answer's body, which must be an object: upload_rejected with what came in its place.
Result<nlohmann::json> objectOf(const net::Response& response, const net::Url& backend);
/// A member that is a text; empty where there is none.
std::string textOf(const nlohmann::json& object, const char* name);
/// An id as it can stand in a path: text, or the number that many a table has; empty where it is neither.
std::string idOf(const nlohmann::json& object, const char* name = "id");
/// As JSON text; what is no UTF-8 in it is replaced (titles come from pages).
std::string written(const nlohmann::json& value);

}  // namespace auricle::delivery
