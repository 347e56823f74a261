#include "sites/yt_dlp.h"

#include <gmock/gmock.h>

namespace auricle::sites {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

YtDlpRun runOf(std::string version) {
    return {.program = "/usr/bin/yt-dlp",
            .version = std::move(version),
            .folder = "/captures/one",
            .url = net::Url::parse("https://www.youtube.com/watch?v=dQw4w9WgXcQ").value(),
            .downloads = true,
            .hasCookies = true,
            .jsRuntimes = {{.name = "node", .program = "/usr/bin/node"}}};
}

TEST(YtDlpDate, is_read_from_releases_and_nightly_builds) {
    EXPECT_EQ(ytDlpDate("2023.03.04"), 20230304u);
    EXPECT_EQ(ytDlpDate("2025.11.12.232323"), 20251112u);
    for (const char* other : {"", "stable", "2023", "2023.3.4", "2023.03", "2023.03.0x", "v2023.03.04"})
        EXPECT_EQ(ytDlpDate(other), 0u) << other;
}

TEST(YtDlpCommand, gets_only_switches_that_its_version_knows) {
    const auto debians = ytDlpCommand(runOf("2023.03.04")).arguments;
    for (const char* later : {"--no-plugin-dirs", "--progress-delta", "--js-runtimes", "--no-js-runtimes",
                              "--no-remote-components"})
        EXPECT_THAT(debians, Not(Contains(later)));
    const auto backports = ytDlpCommand(runOf("2025.04.30")).arguments;
    EXPECT_THAT(backports, Contains("--no-plugin-dirs"));
    EXPECT_THAT(backports, Contains("--progress-delta"));
    EXPECT_THAT(backports, Not(Contains("--js-runtimes")));
    const auto newest = ytDlpCommand(runOf("2026.08.19")).arguments;
    EXPECT_THAT(newest, Contains("--no-remote-components"));
    EXPECT_THAT(newest, Contains("node:/usr/bin/node"));
}

TEST(YtDlpCommand, always_has_what_keeps_it_from_the_persons_own_affairs) {
    for (const char* version : {"2023.03.04", "2026.08.19", "unheard of"}) {
        for (bool downloads : {false, true}) {
            auto run = runOf(version);
            run.downloads = downloads;
            const auto command = ytDlpCommand(run);
            for (const char* always :
                 {"--ignore-config", "--no-cache-dir", "--no-update", "--no-playlist", "--quiet"})
                EXPECT_THAT(command.arguments, Contains(always)) << version;
            EXPECT_EQ(command.arguments.at(command.arguments.size() - 2), "--");
            EXPECT_EQ(command.arguments.back(), run.url.text());
            EXPECT_EQ(command.onlyFolder, run.folder);
            EXPECT_TRUE(command.mayUseNetwork);
            EXPECT_GT(command.timeLimit.count(), 0);
            EXPECT_THAT(command.environment, Contains("HOME=/captures/one/home"));
            EXPECT_THAT(command.environment, Contains("XDG_CONFIG_HOME=/captures/one/home"));
            EXPECT_THAT(command.environment, Contains("YTDLP_NO_PLUGINS=1"));
        }
    }
}

TEST(YtDlpCommand, names_the_cookies_by_a_descriptor_and_only_where_there_are_some) {
    auto run = runOf("2023.03.04");
    EXPECT_THAT(ytDlpCommand(run).arguments, Contains("/proc/self/fd/4"));
    run.hasCookies = false;
    EXPECT_THAT(ytDlpCommand(run).arguments, Not(Contains("--cookies")));
}

TEST(YtDlpCommand, asks_without_fetching_or_fetches) {
    auto run = runOf("2023.03.04");
    EXPECT_THAT(ytDlpCommand(run).arguments, Contains("--abort-on-unavailable-fragments"));
    EXPECT_THAT(ytDlpCommand(run).arguments, Not(Contains("--simulate")));
    run.downloads = false;
    EXPECT_THAT(ytDlpCommand(run).arguments, Contains("--simulate"));
    EXPECT_THAT(ytDlpCommand(run).arguments, Not(Contains("-o")));
}

TEST(YtDlpCommand, reaches_the_network_as_the_configuration_says_and_never_as_an_argument) {
    auto run = runOf("2023.03.04");
    for (const auto& variable : ytDlpCommand(run).environment) {
        EXPECT_THAT(variable, Not(HasSubstr("proxy")));
        EXPECT_THAT(variable, Not(HasSubstr("SSL_CERT")));
    }
    run.network = {.caFile = "/etc/uni/ca.pem", .proxy = "http://user:word@proxy.uni.example:3128"};
    const auto command = ytDlpCommand(run);
    EXPECT_THAT(command.environment, Contains("https_proxy=http://user:word@proxy.uni.example:3128"));
    EXPECT_THAT(command.environment, Contains("SSL_CERT_FILE=/etc/uni/ca.pem"));
    EXPECT_THAT(command.alsoReads, Contains("/etc/uni/ca.pem"));
    EXPECT_THAT(command.arguments, Contains("no-certifi"));
    for (const auto& argument : command.arguments) EXPECT_THAT(argument, Not(HasSubstr("word")));
}

}  // namespace
}  // namespace auricle::sites
