#include "system/hardening.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "system/wiping_memory.h"

namespace auricle {
namespace {

// Each of these changes the whole process, so each happens in a child. The exit status counts the first check
// that failed.
template <class Checks>
int failedCheck(Checks checks) {
    const pid_t child = fork();
    if (child == 0) {
        int number = 0, failed = 0;
        checks([&](bool isTrue) {
            ++number;
            if (!isTrue && !failed) failed = number;
        });
        _exit(failed);
    }
    int status = -1;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool isClosedOnExec(int descriptor) {
    return fcntl(descriptor, F_GETFD) & FD_CLOEXEC;
}

bool isSameFile(int left, int right) {
    struct stat a, b;
    return fstat(left, &a) == 0 && fstat(right, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

TEST(Hardening, turns_off_cores_dumps_and_sigpipe) {
    EXPECT_EQ(failedCheck([](auto check) {
                  const Hardening done = hardenProcess();
                  rlimit cores{};
                  getrlimit(RLIMIT_CORE, &cores);
                  check(done.coresAreOff && cores.rlim_cur == 0 && cores.rlim_max == 0);
                  check(done.isUndumpable && prctl(PR_GET_DUMPABLE) == 0);
                  check(umask(0) == 077);
                  check(std::signal(SIGPIPE, SIG_DFL) == SIG_IGN);
                  check(done.memoryIsWiped == activateWipingMemory());
              }),
              0);
}

TEST(Hardening, removes_what_changes_trust_or_route_from_the_environment) {
    EXPECT_EQ(failedCheck([](auto check) {
                  static constexpr std::array removed{
                      "SSLKEYLOGFILE", "http_proxy",      "HTTP_PROXY",     "https_proxy", "HTTPS_PROXY",
                      "ALL_PROXY",     "all_proxy",       "no_proxy",       "NO_PROXY",    "ftp_proxy",
                      "SSL_CERT_FILE", "SSL_CERT_DIR",    "CURL_CA_BUNDLE", "CURL_HOME",   "CURL_SSL_BACKEND",
                      "OPENSSL_CONF",  "OPENSSL_MODULES", "OPENSSL_ENGINES"};
                  static constexpr std::array kept{"HOME", "PATH", "XDG_STATE_HOME", "PROXYLESS", "CURLY"};
                  for (const char* name : removed) setenv(name, "x", 1);
                  for (const char* name : kept) setenv(name, "x", 1);
                  const Hardening done = hardenProcess();
                  for (const char* name : removed)
                      check(!std::getenv(name) && std::ranges::count(done.removedVariables, name) == 1);
                  for (const char* name : kept)
                      check(std::getenv(name) && std::ranges::count(done.removedVariables, name) == 0);
              }),
              0);
}

TEST(Hardening, closed_standard_descriptors_become_dev_null) {
    EXPECT_EQ(failedCheck([](auto check) {
                  close(0);
                  close(2);
                  hardenProcess();
                  const int null = open("/dev/null", O_RDWR);
                  check(null > 2);
                  check(isSameFile(0, null) && isSameFile(2, null) && !isSameFile(1, null));
                  check(!isClosedOnExec(0) && !isClosedOnExec(2));
              }),
              0);
}

TEST(Hardening, frames_get_a_descriptor_of_their_own_and_stdout_becomes_stderr) {
    EXPECT_EQ(failedCheck([](auto check) {
                  int out[2], err[2], sentinel[2];
                  check(pipe(out) == 0 && pipe(err) == 0 && pipe(sentinel) == 0);
                  dup2(out[1], 1);
                  dup2(err[1], 2);
                  const int original = dup(sentinel[1]);
                  dup2(original, 3);
                  const Result<int> frames = moveStandardOutputAway();
                  check(frames && *frames > 3 && isClosedOnExec(*frames));
                  check(isSameFile(*frames, out[1]) && isSameFile(1, err[1]) && isSameFile(2, err[1]));
                  check(!isClosedOnExec(1));
                  check(isSameFile(3, original) && isClosedOnExec(3));
              }),
              0);
}

TEST(Hardening, without_a_sentinel_descriptor_3_stays_free) {
    EXPECT_EQ(failedCheck([](auto check) {
                  close(3);
                  const Result<int> frames = moveStandardOutputAway();
                  check(frames && *frames > 3);
                  check(fcntl(3, F_GETFD) < 0);
              }),
              0);
}

TEST(Hardening, without_a_standard_output_there_are_no_frames) {
    EXPECT_EQ(failedCheck([](auto check) {
                  close(1);
                  const Result<int> frames = moveStandardOutputAway();
                  check(!frames && frames.error().kind == Kind::internal);
              }),
              0);
}

}  // namespace
}  // namespace auricle
