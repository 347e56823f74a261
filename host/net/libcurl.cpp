#include "net/libcurl.h"

#include <stdexcept>

#include "system/library.h"

// The header's macros check argument types of calls by name; here the names themselves are wanted.
#undef curl_easy_setopt
#undef curl_multi_setopt

namespace auricle::net {
namespace {

Libcurl load() {
    Library library("libcurl.so.4");
    Libcurl curl{};
    library.find(curl.global_init, "curl_global_init");
    library.find(curl.easy_init, "curl_easy_init");
    library.find(curl.easy_setopt, "curl_easy_setopt");
    library.find(curl.easy_strerror, "curl_easy_strerror");
    library.find(curl.easy_pause, "curl_easy_pause");
    library.find(curl.easy_cleanup, "curl_easy_cleanup");
    library.find(curl.multi_init, "curl_multi_init");
    library.find(curl.multi_setopt, "curl_multi_setopt");
    library.find(curl.multi_add_handle, "curl_multi_add_handle");
    library.find(curl.multi_remove_handle, "curl_multi_remove_handle");
    library.find(curl.multi_socket_action, "curl_multi_socket_action");
    library.find(curl.multi_info_read, "curl_multi_info_read");
    library.find(curl.multi_cleanup, "curl_multi_cleanup");
    library.find(curl.slist_append, "curl_slist_append");
    library.find(curl.slist_free_all, "curl_slist_free_all");
    library.find(curl.url, "curl_url");
    library.find(curl.url_set, "curl_url_set");
    library.find(curl.url_get, "curl_url_get");
    library.find(curl.url_cleanup, "curl_url_cleanup");
    library.find(curl.free, "curl_free");
    library.find(curl.getdate, "curl_getdate");
    library.find(curl.strnequal, "curl_strnequal");
    // Never undone: other threads may be running by the time the process ends.
    if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        throw std::runtime_error("libcurl could not be set up");
    return curl;
}

}  // namespace

const Libcurl& libcurl() {
    static const Libcurl curl = load();
    return curl;
}

}  // namespace auricle::net
