// Where a request goes, as far as cookies are concerned.
#pragma once

#include <string_view>

namespace auricle::vault {

/// A request's place, as cookie matching needs it (RFC 6265bis section 5.8.3).
struct Place {
    std::string_view host;  ///< canonical: lower case, punycode
    std::string_view path;  ///< of the URL, begins with '/'
    bool isSecure;          ///< https, or a loopback address
};

}  // namespace auricle::vault
