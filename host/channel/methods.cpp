#include "channel/methods.h"

#include <array>

#include "system/rfc3339.h"

namespace auricle::channel {

const Method* findMethod(std::string_view name) {
    for (const auto methods :
         {helloMethods(), sessionMethods(), vaultMethods(), captureMethods(), recordingMethods(),
          siteMethods(), loginMethods(), refreshMethods(), statsMethods()}) {
        for (const Method& method : methods) {
            if (method.name == name) return &method;
        }
    }
    return nullptr;
}

nlohmann::json timeOrNull(std::optional<std::int64_t> unixMs) {
    if (!unixMs) return nullptr;
    return rfc3339(*unixMs);
}

}  // namespace auricle::channel
