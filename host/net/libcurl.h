// libcurl, loaded when the first URL or request needs it: with the 30 libraries behind it, it is dearer than
// all the rest of the host's start (SPEED "The channel").
#pragma once

#include <curl/curl.h>

namespace auricle::net {

/// The functions of libcurl that the host uses, by their names without `curl_`.
struct Libcurl {
    decltype(&::curl_global_init) global_init;
    decltype(&::curl_easy_init) easy_init;
    decltype(&::curl_easy_setopt) easy_setopt;
    decltype(&::curl_easy_strerror) easy_strerror;
    decltype(&::curl_easy_pause) easy_pause;
    decltype(&::curl_easy_cleanup) easy_cleanup;
    decltype(&::curl_multi_init) multi_init;
    decltype(&::curl_multi_setopt) multi_setopt;
    decltype(&::curl_multi_add_handle) multi_add_handle;
    decltype(&::curl_multi_remove_handle) multi_remove_handle;
    decltype(&::curl_multi_socket_action) multi_socket_action;
    decltype(&::curl_multi_info_read) multi_info_read;
    decltype(&::curl_multi_cleanup) multi_cleanup;
    decltype(&::curl_slist_append) slist_append;
    decltype(&::curl_slist_free_all) slist_free_all;
    decltype(&::curl_url) url;
    decltype(&::curl_url_set) url_set;
    decltype(&::curl_url_get) url_get;
    decltype(&::curl_url_cleanup) url_cleanup;
    decltype(&::curl_free) free;
    decltype(&::curl_getdate) getdate;
    decltype(&::curl_strnequal) strnequal;
};

/// Loads it at the first call and sets it up for the process. Throws std::runtime_error when it is not
/// installed.
const Libcurl& libcurl();

}  // namespace auricle::net
