#include "installer/trial.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "tests/unit/support/temporary_folder.h"

namespace auricle::installer {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;
using testing::HasSubstr;
using namespace std::chrono_literals;

std::string frame(std::string_view body) {
    const auto length = static_cast<std::uint32_t>(body.size());
    std::string bytes(reinterpret_cast<const char*>(&length), sizeof length);
    return bytes.append(body);
}

HostAnswer said(std::string output) {
    return {.output = std::move(output)};
}

TEST(JudgingATrial, a_hello_gives_the_version) {
    const Trial trial = judge(said(frame(R"({"id":1,"result":{"host":{"version":"1.2"}}})")));
    EXPECT_EQ(trial.end, Trial::End::hello);
    EXPECT_EQ(trial.version, "1.2");
}

TEST(JudgingATrial, text_is_told_from_a_frame_by_its_length) {
    const Trial trial = judge(said("Welcome!\n"));
    EXPECT_EQ(trial.end, Trial::End::text);
    EXPECT_EQ(trial.detail, "Welcome!\\n");
    EXPECT_EQ(judge(said("ok")).end, Trial::End::text);
    EXPECT_EQ(judge(said(frame("no JSON"))).end, Trial::End::text);
}

TEST(JudgingATrial, an_answer_that_is_no_hello_is_a_refusal) {
    EXPECT_EQ(judge(said(frame(R"({"id":1,"error":{"code":-32601}})"))).end, Trial::End::refused);
    EXPECT_EQ(judge(said(frame(R"({"result":{"host":{"version":7}}})"))).end, Trial::End::refused);
}

TEST(JudgingATrial, half_an_answer_is_silence_or_an_early_end) {
    const std::string half = frame(R"({"id":1})").substr(0, 6);
    EXPECT_EQ(judge({.output = half, .isLate = true}).end, Trial::End::silent);
    EXPECT_EQ(judge({.output = half, .isOver = true}).end, Trial::End::ended);
}

TEST(JudgingATrial, an_end_is_told_with_the_last_line_of_the_complaint) {
    const Trial trial = judge({.errors = "first\nno libcurl\n", .isOver = true, .status = 127});
    EXPECT_EQ(trial.detail, "status 127: no libcurl");
    EXPECT_EQ(judge({.isOver = true, .signal = 11}).detail, "signal 11");
}

TEST(JudgingATrial, what_a_host_wrote_cannot_command_a_terminal) {
    EXPECT_EQ(shown("\x1b[2Jred\xff"), "\\x1b[2Jred\\xff");
    EXPECT_EQ(shown(std::string(200, 'a')), std::string(80, 'a') + "…");
}

class StartingAHost : public testing::Test {
  protected:
    // As in the program: a host that has ended must not end us.
    StartingAHost() : before_(std::signal(SIGPIPE, SIG_IGN)) {}
    ~StartingAHost() override { std::signal(SIGPIPE, before_); }

    TrialStart host(std::string_view script, Flavour flavour = Flavour::chromium) {
        const auto file = folder_.write("bin/host", script);
        fs::permissions(file, fs::perms{0755});
        return {.flavour = flavour,
                .program = file,
                .manifest = folder_.path() / "manifest.json",
                .caller = "the-caller"};
    }
    HostAnswer start(const TrialStart& how, std::chrono::milliseconds deadline = 10s) {
        return startAndGreet(how, {"PATH=/usr/bin:/bin"}, deadline);
    }

    TemporaryFolder folder_;

  private:
    void (*before_)(int);
};

TEST_F(StartingAHost, hands_it_a_whole_greeting) {
    const auto answer = start(host("#!/bin/sh\nexec cat\n"));
    EXPECT_TRUE(answer.output.ends_with('}'));
    EXPECT_THAT(answer.output, HasSubstr(R"("method":"hello")"));
    EXPECT_FALSE(answer.isLingering);
}

TEST_F(StartingAHost, says_why_the_system_does_not_start_it) {
    EXPECT_EQ(start(host("neither script nor program")).startFault, "Exec format error");
    auto none = host("");
    none.program = folder_.path() / "none";
    EXPECT_EQ(start(none).startFault, "No such file or directory");
}

TEST_F(StartingAHost, hears_what_it_complained_of_before_it_ended) {
    const auto answer = start(host("#!/bin/sh\necho 'no library' >&2\nexit 3\n"));
    EXPECT_TRUE(answer.isOver);
    EXPECT_EQ(answer.status, 3);
    EXPECT_EQ(answer.errors, "no library\n");
}

TEST_F(StartingAHost, does_not_wait_longer_than_the_deadline) {
    EXPECT_TRUE(start(host("#!/bin/sh\nexec sleep 600\n"), 100ms).isLate);
}

/// Returns when the process has ended, or false after a while.
bool hasEnded(pid_t id) {
    const int watched = static_cast<int>(::syscall(SYS_pidfd_open, id, 0u));
    if (watched < 0) return errno == ESRCH;
    pollfd end{.fd = watched, .events = POLLIN, .revents = 0};
    const bool ended = ::poll(&end, 1, 10'000) == 1;
    ::close(watched);
    return ended;
}

TEST_F(StartingAHost, leaves_no_child_of_it_behind) {
    const auto child = folder_.path() / "child";
    const auto answer =
        start(host("#!/bin/sh\nsleep 600 >/dev/null 2>&1 &\necho $! >'" + child.string() + "'\nexit 0\n"));
    EXPECT_TRUE(answer.isOver);
    EXPECT_TRUE(hasEnded(std::stoi(TemporaryFolder::read(child))));
}

TEST_F(StartingAHost, gives_it_the_arguments_folder_and_descriptors_of_either_browser) {
    const std::string script =
        "#!/bin/sh\nprintf '%s ' \"$@\" >&2\npwd >&2\nif [ -e /proc/self/fd/3 ]; then echo three >&2; fi\n"
        "exit 0\n";
    const auto chromium = start(host(script)).errors;
    EXPECT_EQ(chromium, "the-caller " + (folder_.path() / "bin").string() + "\n");
    const auto firefox = start(host(script, Flavour::gecko)).errors;
    EXPECT_EQ(firefox, (folder_.path() / "manifest.json").string() + " the-caller " +
                           (folder_.path() / "bin").string() + "\nthree\n");
}

TEST(ABrowsersEnvironment, is_bare) {
    const auto handed = browserEnvironment([](const char* name) -> const char* {
        return std::strcmp(name, "HOME") == 0   ? "/home/a"
               : std::strcmp(name, "PATH") == 0 ? "/mine"
                                                : nullptr;
    });
    EXPECT_THAT(handed, testing::ElementsAre("PATH=/usr/bin:/bin", "HOME=/home/a"));
}

}  // namespace
}  // namespace auricle::installer
