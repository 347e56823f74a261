#include "system/child.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>

#include "system/confinement.h"
#include "tests/unit/support/temporary_folder.h"

namespace auricle {
namespace {

namespace asio = boost::asio;
using testing::HasSubstr;

ChildCommand shell(std::string script) {
    return {
        .program = "/bin/sh", .arguments = {"-c", std::move(script)}, .environment = {"PATH=/usr/bin:/bin"}};
}

class Child : public testing::Test {
  protected:
    Result<ChildOutcome> runToEnd(ChildCommand command, std::stop_token stop = {}) {
        std::optional<Result<ChildOutcome>> result;
        asio::co_spawn(context_, run(std::move(command), std::move(stop)),
                       [&](std::exception_ptr, Result<ChildOutcome> got) { result = std::move(got); });
        context_.restart();
        context_.run();
        return std::move(*result);
    }
    ChildOutcome outcome(ChildCommand command) {
        auto result = runToEnd(std::move(command));
        EXPECT_TRUE(result) << result.error().message;
        return result ? *result : ChildOutcome{};
    }
    Kind failure(ChildCommand command, std::stop_token stop = {}) {
        const auto result = runToEnd(std::move(command), std::move(stop));
        EXPECT_FALSE(result) << "ended with status " << result->status;
        return result ? Kind::internal : result.error().kind;
    }

    /// No child of ours is left, not even a dead one.
    static bool allAreReaped() { return ::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD; }

    /// True when the process, no child of ours, is gone or goes without anybody's doing.
    static bool endsSoon(pid_t id) {
        struct pollfd ended {
            .fd = static_cast<int>(::syscall(SYS_pidfd_open, id, 0u)), .events = POLLIN, .revents = 0
        };
        if (ended.fd < 0) return errno == ESRCH;
        const bool isOver = ::poll(&ended, 1, 10'000) == 1;
        ::close(ended.fd);
        return isOver;
    }

    asio::io_context context_;
};

TEST_F(Child, gives_both_streams_and_its_status) {
    const auto got = outcome(shell("echo out; echo err >&2; exit 3"));
    EXPECT_EQ(got.output, "out\n");
    EXPECT_EQ(got.errors, "err\n");
    EXPECT_EQ(got.status, 3);
    EXPECT_EQ(got.signal, 0);
    EXPECT_FALSE(got.succeeded());
    EXPECT_TRUE(allAreReaped());
}

TEST_F(Child, gets_its_arguments_as_they_are_without_a_shell) {
    const auto got = outcome({.program = "/bin/echo", .arguments = {"-n", "$HOME", "a b", "*", "\";ls"}});
    EXPECT_EQ(got.output, "$HOME a b * \";ls");
    EXPECT_TRUE(got.succeeded());
}

TEST_F(Child, gets_the_named_environment_and_no_other) {
    ::setenv("AURICLE_CANARY", "canary", 1);
    const auto got = outcome({.program = "/usr/bin/env", .environment = {"A=1"}});
    ::unsetenv("AURICLE_CANARY");
    EXPECT_EQ(got.output, "A=1\n");
}

TEST_F(Child, starts_in_the_named_folder_with_nothing_to_read) {
    auto command = shell("pwd; cat; echo $?");
    command.folder = "/usr";
    EXPECT_EQ(outcome(command).output, "/usr\n0\n");
}

TEST_F(Child, inherits_no_descriptor_but_the_three_standard_ones) {
    const int plain = ::open("/dev/zero", O_RDONLY);  // on purpose without O_CLOEXEC
    const int high = ::fcntl(plain, F_DUPFD, 200);
    // The shell's glob opens the folder itself, as descriptor 3.
    const auto got = outcome(shell("for f in /proc/self/fd/*; do echo ${f##*/} $(readlink $f); done"));
    ::close(plain);
    ::close(high);
    EXPECT_THAT(got.output, testing::Not(HasSubstr("/dev/zero")));
    EXPECT_THAT(got.output, HasSubstr("0 /dev/null\n"));
    EXPECT_THAT(got.output, testing::Not(HasSubstr("\n200 ")));
}

TEST_F(Child, finds_its_own_streams_even_where_ours_are_closed) {
    const int saved = ::fcntl(0, F_DUPFD_CLOEXEC, 50);
    ::close(0);
    const auto got = outcome(shell("echo out; echo err >&2"));
    ::dup2(saved, 0);
    ::close(saved);
    EXPECT_EQ(got.output, "out\n");
    EXPECT_EQ(got.errors, "err\n");
}

TEST_F(Child, has_no_signal_ignored_or_blocked) {
    struct sigaction ignore {
    }, before{};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(SIGPIPE, &ignore, &before);
    sigset_t blocked, unblocked;
    ::sigemptyset(&blocked);
    ::sigaddset(&blocked, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &blocked, &unblocked);
    const auto got = outcome({.program = "/bin/cat", .arguments = {"/proc/self/status"}});
    ::pthread_sigmask(SIG_SETMASK, &unblocked, nullptr);
    ::sigaction(SIGPIPE, &before, nullptr);
    EXPECT_THAT(got.output, HasSubstr("SigBlk:\t0000000000000000"));
    EXPECT_THAT(got.output, HasSubstr("SigIgn:\t0000000000000000"));
}

TEST_F(Child, has_a_process_group_of_its_own) {
    const auto got = outcome(shell("cut -d' ' -f1,5 /proc/$$/stat"));
    const auto space = got.output.find(' ');
    ASSERT_NE(space, std::string::npos);
    EXPECT_EQ(got.output.substr(0, space), got.output.substr(space + 1, got.output.size() - space - 2));
}

TEST_F(Child, that_writes_more_than_the_bound_ends_all_the_same) {
    auto command = shell("head -c 5000000 /dev/zero; head -c 300000 /dev/zero >&2; echo end >&2; exit 7");
    command.maxOutputBytes = 1000;
    const auto got = outcome(command);
    EXPECT_EQ(got.output.size(), 1000u);
    EXPECT_EQ(got.errors.size(), 1000u);
    EXPECT_TRUE(got.outputCut);
    EXPECT_TRUE(got.errorsCut);
    EXPECT_EQ(got.status, 7);
}

TEST_F(Child, whose_output_just_fits_is_not_called_cut) {
    auto command = shell("head -c 70000 /dev/zero");
    command.maxOutputBytes = 70000;
    const auto got = outcome(command);
    EXPECT_EQ(got.output.size(), 70000u);
    EXPECT_FALSE(got.outputCut);
}

TEST_F(Child, that_a_signal_ended_says_which) {
    const auto got = outcome(shell("kill -SEGV $$"));
    EXPECT_EQ(got.signal, SIGSEGV);
    EXPECT_EQ(got.status, -1);
}

TEST_F(Child, is_killed_when_its_time_is_up_with_all_its_group) {
    test::TemporaryFolder folder;
    auto command = shell("sleep 60 & echo $! > pid; wait");
    command.folder = folder.path();
    command.timeLimit = std::chrono::milliseconds(200);
    EXPECT_EQ(failure(command), Kind::timeout);
    EXPECT_TRUE(allAreReaped());
    const pid_t grandchild = std::stoi(test::TemporaryFolder::read(folder.path() / "pid"));
    EXPECT_TRUE(endsSoon(grandchild));
}

TEST_F(Child, is_killed_when_asked_to_stop) {
    std::stop_source source;
    auto command = shell("echo ready; exec sleep 60");
    asio::post(context_, [&] { source.request_stop(); });
    EXPECT_EQ(failure(command, source.get_token()), Kind::cancelled);
    EXPECT_TRUE(allAreReaped());
}

TEST_F(Child, is_not_started_after_a_stop) {
    std::stop_source source;
    source.request_stop();
    EXPECT_EQ(failure({.program = "/nowhere/at/all"}, source.get_token()), Kind::cancelled);
}

TEST_F(Child, is_killed_and_reaped_when_the_loop_goes_away) {
    {
        asio::io_context context;
        asio::co_spawn(context, run(shell("exec sleep 60")), asio::detached);
        context.poll();
        context.poll();
        EXPECT_FALSE(allAreReaped());
    }
    EXPECT_TRUE(allAreReaped());
}

TEST_F(Child, does_not_wait_for_a_grandchild_that_left_the_group_and_holds_the_stream) {
    // setsid takes it out of the group, so that it outlives the child; it ends when the test's folder is
    // gone.
    test::TemporaryFolder folder;
    auto command = shell(
        "setsid sh -c 'echo $$ > pid; exec sleep 60' & while ! test -s pid; do sleep 0.01; done; echo done");
    command.folder = folder.path();
    EXPECT_EQ(outcome(command).output, "done\n");
    ::kill(std::stoi(test::TemporaryFolder::read(folder.path() / "pid")), SIGKILL);
}

TEST_F(Child, that_cannot_be_run_is_a_missing_tool) {
    const auto absent = runToEnd({.program = "/nowhere/at/all"});
    ASSERT_FALSE(absent);
    EXPECT_EQ(absent.error().kind, Kind::tool_missing);
    EXPECT_THAT(absent.error().message, HasSubstr("/nowhere/at/all"));
    test::TemporaryFolder folder;
    EXPECT_EQ(failure({.program = folder.write("plain", "no program")}), Kind::tool_missing);
    EXPECT_TRUE(allAreReaped());
}

TEST_F(Child, leaves_no_descriptor_behind) {
    const auto count = [] {
        return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                             std::filesystem::directory_iterator{});
    };
    outcome(shell("exit 0"));  // the loop opens its own at the first use
    const auto before = count();
    for (int i = 0; i < 20; ++i) outcome(shell("echo x"));
    failure({.program = "/nowhere/at/all"});
    EXPECT_EQ(count(), before);
}

TEST_F(Child, of_many_at_once_get_their_own_output) {
    std::vector<std::string> outputs(20);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        asio::co_spawn(context_, run({.program = "/bin/echo", .arguments = {"-n", std::to_string(i)}}),
                       [&outputs, i](std::exception_ptr, Result<ChildOutcome> got) {
                           outputs[i] = got ? got->output : "failed";
                       });
    }
    context_.run();
    for (std::size_t i = 0; i < outputs.size(); ++i) EXPECT_EQ(outputs[i], std::to_string(i));
}

TEST_F(Child, hands_its_output_on_as_it_comes_and_keeps_none) {
    std::string heard;
    auto command = shell("echo one; echo two");
    command.onOutput = [&](std::string_view bytes) { heard += bytes; };
    EXPECT_EQ(outcome(command).output, "");
    EXPECT_EQ(heard, "one\ntwo\n");
}

TEST_F(Child, may_keep_the_end_of_what_it_says_is_wrong) {
    auto command = shell("head -c 100000 /dev/zero >&2; echo the last words >&2; exit 1");
    command.maxOutputBytes = 1000;
    command.keepsLastErrors = true;
    const auto got = outcome(command);
    EXPECT_EQ(got.errors.size(), 1000u);
    EXPECT_TRUE(got.errors.ends_with("the last words\n"));
    EXPECT_TRUE(got.errorsCut);
}

TEST_F(Child, that_is_confined_sees_one_folder_and_no_other) {
    if (!confinable().files) GTEST_SKIP() << "this kernel confines no files";
    test::TemporaryFolder inside, outside;
    inside.write("mine", "mine\n");
    outside.write("other", "other\n");
    auto command = shell("cat mine; echo new > written; cat written; rm written; cat " +
                         (outside.path() / "other").string() + " /etc/passwd /proc/$PPID/environ; ls " +
                         outside.path().string() + "; echo x > " + (outside.path() / "new").string());
    command.folder = inside.path();
    EXPECT_THAT(outcome(command).output, HasSubstr("other\n"));  // it could, were it not confined
    command.onlyFolder = inside.path();
    std::filesystem::remove(outside.path() / "new");
    EXPECT_EQ(outcome(command).output, "mine\nnew\n");
    EXPECT_FALSE(std::filesystem::exists(outside.path() / "new"));
}

TEST_F(Child, that_is_confined_makes_no_socket) {
    if (!confinable().sockets) GTEST_SKIP() << "this kernel has no filters for system calls";
    asio::ip::tcp::acceptor listener(context_, {asio::ip::address_v4::loopback(), 0});
    listener.non_blocking(true);
    const auto isReached = [&] {
        boost::system::error_code error;
        asio::ip::tcp::socket peer(context_);
        listener.accept(peer, error);
        return !error;
    };
    test::TemporaryFolder folder;
    ChildCommand command{
        .program = "/bin/bash",
        .arguments = {"-c", "echo > /dev/tcp/127.0.0.1/" + std::to_string(listener.local_endpoint().port())}};
    EXPECT_TRUE(outcome(command).succeeded());
    EXPECT_TRUE(isReached());
    command.onlyFolder = folder.path();
    EXPECT_FALSE(outcome(command).succeeded());
    EXPECT_FALSE(isReached());
}

TEST_F(Child, gets_the_descriptors_that_are_handed_on_and_they_stay_ours) {
    test::TemporaryFolder folder;
    folder.write("one", "first\n");
    folder.write("two", "second\n");
    const int one = ::open((folder.path() / "one").c_str(), O_RDONLY | O_CLOEXEC);
    const int two = ::open((folder.path() / "two").c_str(), O_RDONLY | O_CLOEXEC);
    auto command = shell("cat /proc/self/fd/4 /proc/self/fd/5; ls /proc/self/fd | wc -l");
    command.handedOn = {two, one};
    // The three standard ones, the two, and the folder that ls reads.
    EXPECT_EQ(outcome(command).output, "second\nfirst\n6\n");
    EXPECT_EQ(::close(one), 0);
    EXPECT_EQ(::close(two), 0);
}

TEST_F(Child, that_is_confined_may_have_the_network_and_still_cannot_listen) {
    if (!confinable().files || !confinable().sockets) GTEST_SKIP() << "this kernel does not confine";
    asio::ip::tcp::acceptor listener(context_, {asio::ip::address_v4::loopback(), 0});
    test::TemporaryFolder inside, outside;
    outside.write("other", "other\n");
    outside.write("named", "named\n");
    const auto port = std::to_string(listener.local_endpoint().port());
    ChildCommand command{.program = "/usr/bin/python3",
                         .arguments = {"-c",
                                       "import socket,sys\n"
                                       "socket.create_connection(('127.0.0.1'," +
                                           port +
                                           ")); print('reached')\n"
                                           "socket.getaddrinfo('localhost', 1); print('resolved')\n"
                                           "for name in sys.argv[1:]:\n"
                                           "  try: print(open(name).read().strip())\n"
                                           "  except PermissionError: print('refused')\n"
                                           "try: socket.create_server(('127.0.0.1', 0)); print('listens')\n"
                                           "except PermissionError: print('cannot listen')\n",
                                       (outside.path() / "other").string(),
                                       (outside.path() / "named").string(), "/etc/passwd"},
                         .onlyFolder = inside.path(),
                         .mayUseNetwork = true,
                         .alsoReads = {outside.path() / "named"}};
    EXPECT_EQ(outcome(command).output, "reached\nresolved\nrefused\nnamed\nrefused\ncannot listen\n");
}

TEST_F(Child, that_is_confined_reads_a_file_in_memory_that_was_handed_on) {
    if (!confinable().files) GTEST_SKIP() << "this kernel confines no files";
    test::TemporaryFolder inside;
    const int memory = ::memfd_create("test", MFD_CLOEXEC);
    ASSERT_EQ(::write(memory, "within\n", 7), 7);
    auto command = shell("cat /proc/self/fd/4; echo anew > /proc/self/fd/4");
    command.onlyFolder = inside.path();
    command.handedOn = {memory};
    EXPECT_EQ(outcome(command).output, "within\n");
    char text[8]{};
    EXPECT_EQ(::pread(memory, text, 5, 0), 5);
    EXPECT_STREQ(text, "anew\n");
    ::close(memory);
}

TEST(PlainEnvironment, hands_on_what_tools_need_and_nothing_else) {
    ::setenv("AURICLE_CANARY", "canary", 1);
    ::setenv("LC_ALL", "C.UTF-8", 1);
    const auto environment = plainEnvironment();
    ::unsetenv("AURICLE_CANARY");
    ::unsetenv("LC_ALL");
    EXPECT_THAT(environment, testing::Contains("LC_ALL=C.UTF-8"));
    EXPECT_THAT(environment, testing::Not(testing::Contains(HasSubstr("canary"))));
}

}  // namespace
}  // namespace auricle
