// The sentences are yt-dlp's own (2026.08.19), as it writes them: with U+2019 and double spaces where it has
// them.
#include "sites/yt_dlp_words.h"

#include <gmock/gmock.h>

namespace auricle::sites {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string hint =
    "Use --cookies-from-browser or --cookies for the authentication. See  "
    "https://github.com/yt-dlp/yt-dlp/wiki/FAQ#how-do-i-pass-cookies-to-yt-dlp  for how to manually pass "
    "cookies. Also "
    "see  https://github.com/yt-dlp/yt-dlp/wiki/Extractors#exporting-youtube-cookies  for tips on "
    "effectively exporting "
    "YouTube cookies";
const std::string error = "ERROR: [youtube] dQw4w9WgXcQ: ";
const std::string rotated =
    "WARNING: [youtube] The provided YouTube account cookies are no longer valid. They have likely been "
    "rotated in the "
    "browser as a security measure. For tips on how to effectively export YouTube cookies, refer to  "
    "https://github.com/yt-dlp/yt-dlp/wiki/Extractors#exporting-youtube-cookies .\n";
const std::string noRuntime =
    "WARNING: [youtube] No supported JavaScript runtime could be found. Only deno is enabled by default; to "
    "use another "
    "runtime add  --js-runtimes RUNTIME[:PATH]  to your command/config. YouTube extraction without a JS "
    "runtime has been "
    "deprecated, and some formats may be missing. See  https://github.com/yt-dlp/yt-dlp/wiki/EJS  for "
    "details on "
    "installing one\n";
const std::string noFormat =
    "ERROR: [youtube] dQw4w9WgXcQ: Requested format is not available. Use --list-formats for a list of "
    "available formats\n";

const YtDlpCircumstances current{.version = "2026.08.19"};
const YtDlpCircumstances old{.version = "2023.03.04", .isOld = true};

struct Row {
    std::string name, said;
    Kind kind;
    std::string words{};  ///< in the sentence that a person gets
};

class YtDlpWords : public testing::TestWithParam<Row> {};

TEST_P(YtDlpWords, mean_what_they_mean) {
    const auto fault = ytDlpFault(GetParam().said, current);
    EXPECT_EQ(fault.kind, GetParam().kind) << word(fault.kind) << ": " << fault.message;
    EXPECT_THAT(fault.message, HasSubstr(GetParam().words));
    EXPECT_THAT(fault.message, testing::EndsWith("."));
}

INSTANTIATE_TEST_SUITE_P(
    Each, YtDlpWords,
    testing::Values(
        Row{"bot_check", error + "Sign in to confirm you’re not a bot. " + hint, Kind::bot_detected, "robot"},
        Row{"bot_check_in_ascii", error + "SIGN IN to confirm you're not a bot. " + hint, Kind::bot_detected},
        Row{"captcha", error + "Something. YouTube is requiring a captcha challenge before playback",
            Kind::bot_detected},
        Row{"age",
            error + "Sign in to confirm your age. This video may be inappropriate for some users. " + hint,
            Kind::forbidden, "age"},
        Row{"private_video",
            error + "Private video. Sign in if you've been granted access to this video. " + hint,
            Kind::forbidden, "private"},
        Row{"private_too", error + "Video unavailable. This video is private", Kind::forbidden, "private"},
        Row{"members",
            error + "Join this channel to get access to members-only content like this video, and other "
                    "exclusive perks.",
            Kind::forbidden, "members"},
        Row{"members_on_android",
            error + "Join this channel from your computer or Android app to get access to members-only "
                    "content like this video.",
            Kind::forbidden, "members"},
        Row{"members_of_a_level",
            error + "This video is available to this channel's members on level: Gold (or any higher level). "
                    "Join this channel",
            Kind::forbidden, "members"},
        Row{"rotated", rotated + error + "Sign in to confirm you’re not a bot. " + hint, Kind::login_required,
            "session"},
        Row{"rotated_and_private",
            rotated + error + "Private video. Sign in if you've been granted access to this video. " + hint,
            Kind::login_required},
        Row{"login", error + "Login details are needed to download this content. " + hint,
            Kind::login_required, "signed in"},
        Row{"rate",
            error + "This content isn't available, try again later. Your account has been rate-limited by "
                    "YouTube for up to an hour. It is recommended to use `-t sleep` to add a delay between "
                    "video requests to avoid exceeding the rate limit.",
            Kind::rate_limited},
        Row{"rate_of_a_guest",
            error + "This content isn't available, try again later. The current session has been "
                    "rate-limited by YouTube for up to an hour.",
            Kind::rate_limited},
        Row{"too_many",
            error + "Unable to download API page: HTTP Error 429: Too Many Requests (caused by <HTTPError "
                    "429: Too Many Requests>)",
            Kind::rate_limited},
        Row{"refused", "ERROR: unable to download video data: HTTP Error 403: Forbidden", Kind::forbidden,
            "403"},
        Row{"drm", error + "This video is DRM protected", Kind::drm_protected, "DRM"},
        Row{"gone", error + "Video unavailable", Kind::not_found},
        Row{"gone_with_its_account",
            error + "Video unavailable. This video is no longer available because the YouTube account "
                    "associated with this video has been terminated.",
            Kind::not_found},
        Row{"not_in_this_country",
            error + "Video unavailable. The uploader has not made this video available in your country",
            Kind::forbidden, "country"},
        Row{"format", noFormat, Kind::not_media}, Row{"js", noRuntime + noFormat, Kind::tool_missing, "deno"},
        Row{"js_riddle",
            "WARNING: [youtube] n challenge solving failed: Some formats may be missing. See\n" + noFormat,
            Kind::tool_missing, "yt-dlp-ejs"},
        Row{"stale", "WARNING: Your yt-dlp version (2026.01.01) is older than 90 days!\n" + noFormat,
            Kind::tool_missing, "newer"},
        Row{"not_begun", error + "This live event will begin in 5 hours.", Kind::not_ready_yet},
        Row{"premiere", error + "Premieres in 3 days", Kind::not_ready_yet},
        Row{"no_room", "ERROR: unable to write data: [Errno 28] No space left on device", Kind::disk_full},
        Row{"certificate",
            error + "Unable to download API page: <urlopen error [SSL: CERTIFICATE_VERIFY_FAILED] "
                    "certificate verify failed>",
            Kind::tls, "network.caFile"},
        Row{"no_name",
            error +
                "Unable to download webpage: <urlopen error [Errno -3] Temporary failure in name resolution>",
            Kind::network},
        Row{"broken_off",
            "ERROR: unable to download video data: IncompleteRead(100 bytes read, 300 more expected)",
            Kind::network},
        Row{"anything_else", error + "Something new happened", Kind::internal, "Something new happened"},
        Row{"nothing_at_all", "", Kind::internal, "no word why"}),
    [](const auto& row) { return row.param.name; });

TEST(YtDlpFault, asks_to_wait_as_long_as_youtube_does) {
    const auto fault =
        ytDlpFault(error + "Your account has been rate-limited by YouTube for up to an hour.", current);
    EXPECT_EQ(fault.retryAfterMs, 3'600'000);
    EXPECT_FALSE(fault.retryable);  // an hour is no time to hold a slot for
}

TEST(YtDlpFault, begins_again_where_an_address_has_run_out_or_the_network_broke_off) {
    EXPECT_TRUE(
        ytDlpFault("ERROR: unable to download video data: HTTP Error 403: Forbidden", current).retryable);
    EXPECT_TRUE(ytDlpFault("ERROR: The read operation timed out", current).retryable);
    EXPECT_FALSE(ytDlpFault(error + "Private video", current).retryable);
}

TEST(YtDlpFault, of_an_old_one_names_the_remedy_where_nothing_else_explains_it) {
    for (const auto& said :
         {noFormat, std::string("ERROR: unable to download video data: HTTP Error 403: Forbidden"),
          error + "Unable to extract uploader id"}) {
        const auto fault = ytDlpFault(said, old);
        EXPECT_EQ(fault.kind, Kind::tool_missing) << said;
        EXPECT_THAT(fault.message, HasSubstr("2023.03.04"));
        EXPECT_THAT(fault.message, HasSubstr("newer"));
    }
    EXPECT_EQ(ytDlpFault(error + "Private video", old).kind, Kind::forbidden);
    EXPECT_EQ(ytDlpFault(error + "Unable to download webpage: <urlopen error timed out>", old).kind,
              Kind::network);
}

TEST(YtDlpFault, is_no_warning_that_did_no_harm) {
    const std::string soft =
        "WARNING: [youtube] dQw4w9WgXcQ: This video is age-restricted; some formats may be missing without "
        "authentication. " +
        hint + "\n";
    EXPECT_EQ(ytDlpFault(soft + error + "Video unavailable", current).kind, Kind::not_found);
    EXPECT_EQ(
        ytDlpFault(soft + "ERROR: unable to download video data: HTTP Error 403: Forbidden", current).kind,
        Kind::forbidden);
    EXPECT_TRUE(ytDlpFault(soft + "ERROR: unable to download video data: HTTP Error 403: Forbidden", current)
                    .retryable);
}

TEST(SaysCookiesWereRotated, in_yt_dlps_words_alone) {
    EXPECT_TRUE(saysCookiesWereRotated(rotated));
    EXPECT_FALSE(saysCookiesWereRotated(error + "Sign in to confirm you’re not a bot. " + hint));
}

const std::string_view cookieFile =
    "# Netscape HTTP Cookie File\n.youtube.com\tTRUE\t/\tTRUE\t0\tLOGIN_INFO\tc4nary-of-the-login\n";

TEST(Scrubbed, has_no_line_about_the_cookie_file) {
    const auto file = vault::Secret::copyOf(cookieFile);
    for (const char* line : {"WARNING: skipping cookie file entry due to invalid length 6: "
                             "'.youtube.com\\tTRUE\\t/\\tc4nary-in-a-line'",
                             "WARNING: skipping cookie file entry due to invalid expires at never: "
                             "'.x\\tTRUE\\tc4nary-in-a-line'",
                             "http.cookiejar.LoadError: invalid Netscape format cookies file "
                             "'/proc/self/fd/4': '.x\\tFALSE\\tc4nary-in-a-line'",
                             "ERROR: .youtube.com\tTRUE\t/\tTRUE\t0\tLOGIN_INFO\tc4nary-in-a-line"}) {
        const auto clean = scrubbed(std::string(line) + "\nERROR: after it\n", file);
        EXPECT_EQ(clean, "ERROR: after it\n") << line;
    }
}

TEST(Scrubbed, has_no_value_of_a_cookie_wherever_it_stands) {
    const auto file = vault::Secret::copyOf(cookieFile);
    const auto clean = scrubbed("ERROR: the header c4nary-of-the-login, twice: c4nary-of-the-login", file);
    EXPECT_THAT(clean, Not(HasSubstr("c4nary")));
    EXPECT_THAT(clean, HasSubstr("ERROR: the header [cookie], twice"));
}

TEST(Scrubbed, has_no_query_of_an_address) {
    const auto clean = scrubbed(
        "ERROR: at https://rr1.googlevideo.com/videoplayback?sig=c4nary&ip=10.0.0.1 it broke, "
        "\"https://x/?a=c4nary\"",
        {});
    EXPECT_EQ(clean, "ERROR: at https://rr1.googlevideo.com/videoplayback it broke, \"https://x/\"\n");
}

}  // namespace
}  // namespace auricle::sites
