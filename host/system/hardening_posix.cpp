#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "system/hardening.h"
#include "system/wiping_memory.h"

namespace auricle {
namespace {

constexpr int kSentinel = 3;

std::string upperCase(std::string_view text) {
    std::string upper(text);
    for (char& c : upper) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return upper;
}

bool changesTrustOrRoute(std::string_view variable) {
    static constexpr std::array names{"SSLKEYLOGFILE", "SSL_CERT_FILE", "SSL_CERT_DIR"};
    static constexpr std::array prefixes{"CURL_", "OPENSSL_"};
    const std::string name = upperCase(variable);
    return std::ranges::find(names, name) != names.end() || name.ends_with("_PROXY") ||
           std::ranges::any_of(prefixes, [&](const char* prefix) { return name.starts_with(prefix); });
}

std::vector<std::string> removeVariables() {
    std::vector<std::string> removed;
    for (char** entry = environ; entry && *entry; ++entry) {
        const std::string_view name(*entry, std::strcspn(*entry, "="));
        if (changesTrustOrRoute(name)) removed.emplace_back(name);
    }
    for (const std::string& name : removed) unsetenv(name.c_str());
    return removed;
}

void openStandardDescriptors() {
    int descriptor = 0;
    // open gives the lowest free descriptor, so the loop ends with the first that is none of the three.
    while (descriptor >= 0 && descriptor <= STDERR_FILENO) descriptor = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (descriptor > STDERR_FILENO) close(descriptor);
    for (int standard = 0; standard <= STDERR_FILENO; ++standard) fcntl(standard, F_SETFD, 0);
}

bool turnCoresOff() {
    const rlimit none{0, 0};
    return setrlimit(RLIMIT_CORE, &none) == 0;
}

}  // namespace

Hardening hardenProcess() {
    Hardening done;
    done.isUndumpable = prctl(PR_SET_DUMPABLE, 0) == 0;
    done.coresAreOff = turnCoresOff();
    done.memoryIsWiped = activateWipingMemory();
    openStandardDescriptors();
    umask(077);
    std::signal(SIGPIPE, SIG_IGN);
    done.removedVariables = removeVariables();
    return done;
}

Result<int> moveStandardOutputAway() {
    if (const int flags = fcntl(kSentinel, F_GETFD); flags >= 0)
        fcntl(kSentinel, F_SETFD, flags | FD_CLOEXEC);
    const int frames = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, kSentinel + 1);
    if (frames < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
        const std::string why = std::strerror(errno);
        if (frames >= 0) close(frames);
        return fail(Kind::internal,
                    "Standard output cannot be used for frames: " + why + ". Start the browser again.");
    }
    return frames;
}

}  // namespace auricle
