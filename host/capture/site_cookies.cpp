#include "capture/site_cookies.h"

namespace auricle::capture {

std::vector<vault::SiteRules> siteCookies() {
    return {
        {.site = "panopto", .login = {{".ASPXAUTH"}}, .helpful = {"csrfToken", "ASP.NET_SessionId"}},
        // Signed in is who has both (yt-dlp judges by them too). The others go along because Google rotates
        // them together, and a session with a part of them is taken for a stolen one.
        {.site = "youtube",
         .login = {{"LOGIN_INFO"}, {"SAPISID", "__Secure-1PAPISID", "__Secure-3PAPISID"}},
         .helpful = {"SID", "HSID", "SSID", "APISID", "SIDCC", "__Secure-1PSID", "__Secure-3PSID",
                     "__Secure-1PSIDTS", "__Secure-3PSIDTS", "__Secure-1PSIDCC", "__Secure-3PSIDCC", "PREF",
                     "SOCS", "CONSENT", "VISITOR_INFO1_LIVE", "VISITOR_PRIVACY_METADATA", "YSC",
                     "__Secure-ROLLOUT_TOKEN"},
         .domains = {"youtube.com", "google.com"}},
        {.site = "mubi",
         .login = {{"lt", "_mubi_session", "remember_token"}},
         .helpful = {"_snow_id.c006"},
         .domains = {"mubi.com"}},
    };
}

}  // namespace auricle::capture
