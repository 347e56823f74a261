#include "system/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/unit/support/temporary_folder.h"
#include "vault/secret.h"

namespace auricle {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

template <class T>
concept CanBeLogged = requires(Log& log, T&& value) {
    log.info("{}", std::forward<T>(value));
};

static_assert(Loggable<int> && Loggable<std::string> && Loggable<std::string_view> && Loggable<const char*>);
static_assert(!Loggable<vault::Secret> && !Loggable<const vault::Secret&> && !Loggable<vault::Secret*>);
static_assert(CanBeLogged<int> && !CanBeLogged<vault::Secret> && !CanBeLogged<const vault::Secret&>);

class LogFile : public testing::Test {
  protected:
    Log open(LogLevel level = LogLevel::info) {
        return Log({.file = file_, .level = level, .toStandardError = true});
    }
    std::string content() const { return test::TemporaryFolder::read(file_); }

    test::TemporaryFolder folder_;
    fs::path file_ = folder_.path() / "state/auricle/auricle.log";
};

TEST_F(LogFile, is_not_made_before_the_first_line_is_written) {
    Log log = open();
    log.debug("below the level");
    EXPECT_FALSE(fs::exists(folder_.path() / "state"));
    log.info("first {}", 1);
    EXPECT_THAT(content(), HasSubstr(" info: first 1\n"));
}

TEST_F(LogFile, is_for_its_owner_alone) {
    Log log = open();
    log.info("line");
    EXPECT_EQ(fs::status(file_).permissions(), fs::perms{0600});
    EXPECT_EQ(fs::status(file_.parent_path()).permissions(), fs::perms{0700});
}

TEST_F(LogFile, takes_lines_up_to_its_level_and_standard_error_only_warnings_and_errors) {
    testing::internal::CaptureStderr();
    Log log = open(LogLevel::warn);
    log.info("one");
    log.warn("two");
    log.error("three");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "auricle: two\nauricle: three\n");
    EXPECT_THAT(content(), Not(HasSubstr("one")));
    EXPECT_THAT(content(), HasSubstr(" warning: two\n"));
    EXPECT_THAT(content(), HasSubstr(" error: three\n"));
}

TEST_F(LogFile, keeps_what_comes_from_outside_on_one_line) {
    Log log = open();
    log.info("title: {}", "a\nb\r\x1b[31m\x7f");
    EXPECT_THAT(content(), HasSubstr("title: a\\x0ab\\x0d\\x1b[31m\\x7f\n"));
}

TEST_F(LogFile, never_grows_over_its_bound) {
    Log log = open();
    const std::string kilobyte(1024, 'x');
    for (int i = 0; i < 5 * 1024; ++i) log.info("{}", kilobyte);
    std::uintmax_t bytes = 0;
    int files = 0;
    for (const auto& entry : fs::directory_iterator(file_.parent_path())) {
        EXPECT_LE(entry.file_size(), 1u << 20) << entry.path();
        EXPECT_EQ(entry.status().permissions(), fs::perms{0600}) << entry.path();
        bytes += entry.file_size();
        ++files;
    }
    EXPECT_EQ(files, 3);
    EXPECT_GT(bytes, 2u << 20);
}

TEST_F(LogFile, that_cannot_be_written_leaves_standard_error) {
    folder_.write("state", "a file stands where the folder should be");
    testing::internal::CaptureStderr();
    Log log = open();
    log.warn("still said");
    EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("auricle: still said\n"));
}

TEST(LogLevelWords, are_those_of_the_configuration) {
    EXPECT_EQ(logLevelOf("error"), LogLevel::error);
    EXPECT_EQ(logLevelOf("warn"), LogLevel::warn);
    EXPECT_EQ(logLevelOf("info"), LogLevel::info);
    EXPECT_EQ(logLevelOf("debug"), LogLevel::debug);
}

}  // namespace
}  // namespace auricle
