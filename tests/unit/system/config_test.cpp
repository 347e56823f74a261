#include "system/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/support/temporary_folder.h"

namespace auricle {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ConfigFile : public testing::Test {
  protected:
    ConfigFile() {
        paths_.home = folder_.path() / "home";
        paths_.music = paths_.home / "Music";
        paths_.systemConfigFile = folder_.path() / "etc/config.json";
        paths_.configFile = folder_.path() / "user/config.json";
    }

    void system(const std::string& text) { folder_.write("etc/config.json", text); }
    void user(const std::string& text) { folder_.write("user/config.json", text); }
    Result<LoadedConfig> load() { return loadConfig(paths_); }

    Config loaded() {
        auto result = load();
        EXPECT_TRUE(result) << result.error().message;
        return result ? result->config : Config{};
    }
    Error refused() {
        auto result = load();
        EXPECT_FALSE(result) << "was accepted";
        return result ? Error{} : result.error();
    }

    ConfigValue value(std::string_view key) {
        const auto result = load();
        if (!result) return {};
        const auto found = std::ranges::find(result->values, key, &ConfigValue::key);
        return found == result->values.end() ? ConfigValue{} : *found;
    }

    test::TemporaryFolder folder_;
    Paths paths_;
};

TEST_F(ConfigFile, absent_files_give_the_defaults) {
    const Config config = loaded();
    EXPECT_THAT(config.backends, IsEmpty());
    EXPECT_EQ(config.delivery.folder, paths_.music / "Auricle");
    EXPECT_EQ(config.captures.atOnce, 2u);
    EXPECT_EQ(config.captures.signInMs, 600'000u);
    EXPECT_EQ(config.panopto.whenDownloadsAreOff, "refuse");
    EXPECT_EQ(config.sites.size(), 5u);
    EXPECT_TRUE(config.sites.at("direct").useCookies);
    EXPECT_EQ(value("log.level").value, "\"info\"");
    EXPECT_EQ(value("log.level").source, "default");
}

TEST_F(ConfigFile, every_key_is_read) {
    user(R"({
        "backends": ["https://Study.Example.edu:443/", "http://127.0.0.1:8080"],
        "delivery": {"folder": "~/Lectures", "maxBytes": 5, "followStatusMs": 7},
        "network": {"caFile": "ca.pem", "connectTo": ["a.example:443:127.0.0.1:8443", "[::1]:443::8443"],
                    "proxy": "socks5h://Proxy.example:1080", "maxBytesPerSecond": 9007199254740992},
        "captures": {"atOnce": 3, "keepPartsDays": 0, "signInMs": 50, "language": "en-GB"},
        "sites": {"panopto": {"enabled": false, "hosts": ["Lectures.Example.edu"], "whenDownloadsAreOff": "stream"},
                  "youtube": {"useCookies": false}, "playback": {"origins": ["https://play.example"], "cookies": ["login"]}},
        "refresh": {"perHour": 0, "deadlineMs": 1},
        "vault": {"staleBeforeExpiryMs": 0, "staleAfterAnswerMs": 1, "sessionAgeMs": 2, "holdPreviousMs": 3},
        "tools": {"ffmpeg": "/opt/ffmpeg", "ytDlp": "../yt-dlp"},
        "log": {"level": "debug"}})");
    const Config config = loaded();
    EXPECT_THAT(config.backends, ElementsAre("https://study.example.edu", "http://127.0.0.1:8080"));
    EXPECT_EQ(config.delivery.folder, paths_.home / "Lectures");
    EXPECT_EQ(config.delivery.maxBytes, 5u);
    EXPECT_EQ(config.delivery.followStatusMs, 7u);
    EXPECT_EQ(config.network.caFile, folder_.path() / "user/ca.pem");
    EXPECT_THAT(config.network.connectTo, ElementsAre("a.example:443:127.0.0.1:8443", "[::1]:443::8443"));
    EXPECT_EQ(config.network.proxy, "socks5h://proxy.example:1080");
    EXPECT_EQ(config.network.maxBytesPerSecond, 1ull << 53);
    EXPECT_EQ(config.captures.atOnce, 3u);
    EXPECT_EQ(config.captures.keepPartsDays, 0u);
    EXPECT_EQ(config.captures.signInMs, 50u);
    EXPECT_EQ(config.captures.language, "en-GB");
    EXPECT_FALSE(config.sites.at("panopto").enabled);
    EXPECT_TRUE(config.sites.at("panopto").useCookies);
    EXPECT_FALSE(config.sites.at("youtube").useCookies);
    EXPECT_THAT(config.panopto.hosts, ElementsAre("lectures.example.edu"));
    EXPECT_EQ(config.panopto.whenDownloadsAreOff, "stream");
    EXPECT_THAT(config.playback.origins, ElementsAre("https://play.example"));
    EXPECT_THAT(config.playback.cookies, ElementsAre("login"));
    EXPECT_EQ(config.refresh.perHour, 0u);
    EXPECT_EQ(config.refresh.deadlineMs, 1u);
    EXPECT_EQ(config.vault.staleBeforeExpiryMs, 0u);
    EXPECT_EQ(config.vault.staleAfterAnswerMs, 1u);
    EXPECT_EQ(config.vault.sessionAgeMs, 2u);
    EXPECT_EQ(config.vault.holdPreviousMs, 3u);
    EXPECT_EQ(config.tools.ffmpeg, "/opt/ffmpeg");
    EXPECT_EQ(config.tools.ytDlp, folder_.path() / "yt-dlp");
    EXPECT_EQ(config.log.level, "debug");
}

TEST_F(ConfigFile, the_users_file_comes_after_the_systems_and_each_value_knows_its_source) {
    system(R"({"log": {"level": "warn"}, "captures": {"atOnce": 1}})");
    user(R"({"captures": {"atOnce": 4}})");
    EXPECT_EQ(loaded().captures.atOnce, 4u);
    EXPECT_EQ(value("log.level").source, paths_.systemConfigFile.string());
    EXPECT_EQ(value("captures.atOnce").source, paths_.configFile.string());
    EXPECT_EQ(value("captures.atOnce").value, "4");
    EXPECT_EQ(value("tools.ffmpeg").source, "default");
}

TEST_F(ConfigFile, a_locked_key_cannot_be_changed_by_the_user) {
    system(R"({"network": {"caFile": "/etc/ca.pem"}, "locked": ["network.caFile"]})");
    user(R"({"network": {"caFile": "/home/x/ca.pem"}})");
    const Error error = refused();
    EXPECT_EQ(error.kind, Kind::bad_params);
    EXPECT_EQ(error.path, "/network/caFile");
    EXPECT_THAT(error.message, HasSubstr("locked by " + paths_.systemConfigFile.string()));
    EXPECT_THAT(error.message, HasSubstr(paths_.configFile.string()));
}

TEST_F(ConfigFile, a_locked_key_may_be_locked_at_its_default_and_repeated_as_it_is) {
    system(R"({"locked": ["log.level"]})");
    user(R"({"log": {"level": "info"}})");
    EXPECT_EQ(loaded().log.level, "info");
    EXPECT_TRUE(value("log.level").isLocked);
    EXPECT_EQ(value("log.level").source, "default");
    user(R"({"log": {"level": "debug"}})");
    EXPECT_EQ(refused().path, "/log/level");
}

TEST_F(ConfigFile, a_locked_section_locks_all_its_keys) {
    system(R"({"locked": ["sites.panopto"]})");
    user(R"({"sites": {"panopto": {"whenDownloadsAreOff": "stream"}}})");
    EXPECT_EQ(refused().path, "/sites/panopto/whenDownloadsAreOff");
    user(R"({"sites": {"mubi": {"enabled": false}}})");
    EXPECT_FALSE(loaded().sites.at("mubi").enabled);
}

TEST_F(ConfigFile, the_user_cannot_lock_and_a_lock_must_name_a_key) {
    user(R"({"locked": ["log.level"]})");
    EXPECT_EQ(refused().path, "/locked");
    user("{}");
    system(R"({"locked": ["log.level", "network.cafile"]})");
    EXPECT_EQ(refused().path, "/locked/1");
    EXPECT_THAT(refused().message, HasSubstr("Did you mean \"network.caFile\"?"));
    system(R"({"locked": "log.level"})");
    EXPECT_EQ(refused().path, "/locked");
}

struct Wrong {
    const char* text;
    const char* pointer;
    const char* says;
};
void PrintTo(const Wrong& wrong, std::ostream* out) {
    *out << wrong.text;
}

class WrongConfig : public ConfigFile, public testing::WithParamInterface<Wrong> {};

TEST_P(WrongConfig, is_refused_with_the_place_and_what_would_be_right) {
    user(GetParam().text);
    const Error error = refused();
    EXPECT_EQ(error.kind, Kind::bad_params);
    EXPECT_EQ(error.path, GetParam().pointer);
    EXPECT_THAT(error.message, HasSubstr(GetParam().says));
    EXPECT_THAT(error.message, HasSubstr(paths_.configFile.string()));
}

INSTANTIATE_TEST_SUITE_P(
    Unknown, WrongConfig,
    testing::Values(Wrong{R"({"network": {"cafile": "x"}})", "/network/cafile",
                          "Did you mean \"network.caFile\"?"},
                    Wrong{R"({"networks": {}})", "/networks", "Did you mean \"network\"?"},
                    Wrong{R"({"caFile": "x"})", "/caFile", "Did you mean \"network.caFile\"?"},
                    Wrong{R"({"tools": {"yt-dlp": "x"}})", "/tools/yt-dlp", "Did you mean \"tools.ytDlp\"?"},
                    Wrong{R"({"sites": {"youtub": {"enabled": true}}})", "/sites/youtub",
                          "Did you mean \"sites.youtube\"?"},
                    Wrong{R"({"sites": {"mubi": {"hosts": []}}})", "/sites/mubi/hosts", "is not a key"},
                    Wrong{R"({"qqqqqqqqqqqq": 1})", "/qqqqqqqqqqqq", "is not a key of the configuration."},
                    Wrong{R"({"network.caFile": "x"})", "/network.caFile", "keys stand one in the other"},
                    Wrong{R"({"a/b~c": 1})", "/a~1b~0c", "is not a key"}));

INSTANTIATE_TEST_SUITE_P(
    Types, WrongConfig,
    testing::Values(Wrong{R"({"network": []})", "/network", "must be an object that holds keys, not array"},
                    Wrong{R"({"backends": "https://a.example"})", "/backends", "a list of texts"},
                    Wrong{R"({"backends": ["https://a.example", 7]})", "/backends/1", "a text"},
                    Wrong{R"({"captures": {"atOnce": "2"}})", "/captures/atOnce",
                          "a whole number of captures from 1 to 32"},
                    Wrong{R"({"captures": {"atOnce": 0}})", "/captures/atOnce", "from 1 to 32"},
                    Wrong{R"({"captures": {"atOnce": 4294967297}})", "/captures/atOnce", "from 1 to 32"},
                    Wrong{R"({"captures": {"atOnce": -1}})", "/captures/atOnce", "from 1 to 32"},
                    Wrong{R"({"captures": {"atOnce": 2.5}})", "/captures/atOnce", "a whole number"},
                    Wrong{R"({"captures": {"atOnce": null}})", "/captures/atOnce", "a whole number"},
                    Wrong{R"({"sites": {"mubi": {"enabled": 1}}})", "/sites/mubi/enabled", "true or false"},
                    Wrong{R"({"log": {"level": "verbose"}})", "/log/level",
                          "one of \"error\", \"warn\", \"info\", \"debug\""},
                    Wrong{R"({"log": {"level": 3}})", "/log/level", "one of"},
                    Wrong{R"({"tools": {"ffmpeg": true}})", "/tools/ffmpeg", "a path"},
                    Wrong{R"({"delivery": {"folder": "~root/x"}})", "/delivery/folder", "\"~/\""},
                    Wrong{"[]", "", "one JSON object"}, Wrong{"{\"log\": ", "", "no valid JSON"},
                    Wrong{"", "", "no valid JSON"}));

INSTANTIATE_TEST_SUITE_P(
    Values, WrongConfig,
    testing::Values(
        Wrong{R"({"backends": ["http://a.example"]})", "/backends/0", "an origin"},
        Wrong{R"({"backends": ["https://a.example/api"]})", "/backends/0", "no path"},
        Wrong{R"({"backends": ["https://me@a.example"]})", "/backends/0", "an origin"},
        Wrong{R"({"backends": ["https://a.example."]})", "/backends/0", "an origin"},
        Wrong{R"({"backends": ["https://a.example:0"]})", "/backends/0", "an origin"},
        Wrong{R"({"backends": ["https://a.example:65536"]})", "/backends/0", "an origin"},
        Wrong{R"({"backends": ["https://[::1"]})", "/backends/0", "an origin"},
        Wrong{R"({"backends": ["http://127.0.0.1.example"]})", "/backends/0", "an origin"},
        Wrong{R"({"backends": [""]})", "/backends/0", "an origin"},
        Wrong{R"({"sites": {"playback": {"cookies": ["a b"]}}})", "/sites/playback/cookies/0",
              "the name of a cookie"},
        Wrong{R"({"sites": {"playback": {"origins": ["a.example"]}}})", "/sites/playback/origins/0",
              "an origin"},
        Wrong{R"({"sites": {"panopto": {"hosts": ["https://a.example"]}}})", "/sites/panopto/hosts/0",
              "a host name"},
        Wrong{R"({"sites": {"panopto": {"hosts": ["a.example:443"]}}})", "/sites/panopto/hosts/0",
              "a host name"},
        Wrong{R"({"network": {"connectTo": ["a.example:443:127.0.0.1"]}})", "/network/connectTo/0",
              "HOST:PORT:HOST:PORT"},
        Wrong{R"({"network": {"connectTo": ["a:b:c:d"]}})", "/network/connectTo/0", "HOST:PORT:HOST:PORT"},
        Wrong{R"({"network": {"connectTo": ["a:1:b:2:c"]}})", "/network/connectTo/0", "HOST:PORT:HOST:PORT"},
        Wrong{R"({"network": {"proxy": "proxy.example:3128"}})", "/network/proxy", "a proxy such as"},
        Wrong{R"({"network": {"proxy": "http://me:pw@proxy.example:3128"}})", "/network/proxy",
              "without a password"}));

TEST_F(ConfigFile, a_refused_value_is_not_repeated_since_it_may_be_a_password) {
    user(R"({"network": {"proxy": "http://me:canary@proxy.example:3128"}})");
    EXPECT_THAT(refused().message, testing::Not(HasSubstr("canary")));
}

TEST_F(ConfigFile, that_cannot_be_read_is_an_error_and_not_an_absent_one) {
    std::filesystem::create_directories(paths_.configFile);
    EXPECT_THAT(refused().message, HasSubstr("cannot be read"));
}

TEST_F(ConfigFile, that_is_huge_is_refused) {
    user("{" + std::string(1u << 20, ' ') + "}");
    EXPECT_THAT(refused().message, HasSubstr("larger"));
}

TEST_F(ConfigFile, an_empty_path_is_the_default_again) {
    system(R"({"tools": {"ffmpeg": "/opt/ffmpeg"}})");
    user(R"({"tools": {"ffmpeg": ""}})");
    EXPECT_EQ(loaded().tools.ffmpeg, "");
}

}  // namespace
}  // namespace auricle
