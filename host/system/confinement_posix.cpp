#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <vector>

#include "system/confinement.h"

namespace auricle {
namespace {

namespace fs = std::filesystem;

#if defined(__x86_64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_AARCH64;
#elif defined(__riscv) && __riscv_xlen == 64
constexpr std::uint32_t architecture = AUDIT_ARCH_RISCV64;
#else
constexpr std::uint32_t architecture = 0;
#endif

/// The headers of Debian 12 know the first version of this alone.
struct RulesetAttributes {
    std::uint64_t files = 0, network = 0, scopes = 0;
};
constexpr std::uint64_t signalsStayInside = 2;

constexpr std::uint64_t execute = LANDLOCK_ACCESS_FS_EXECUTE, read = LANDLOCK_ACCESS_FS_READ_FILE,
                        list = LANDLOCK_ACCESS_FS_READ_DIR, write = LANDLOCK_ACCESS_FS_WRITE_FILE,
                        make = LANDLOCK_ACCESS_FS_MAKE_REG, remove = LANDLOCK_ACCESS_FS_REMOVE_FILE,
                        truncate = 1u << 14;
constexpr std::uint64_t makeFolder = LANDLOCK_ACCESS_FS_MAKE_DIR,
                        removeFolder = LANDLOCK_ACCESS_FS_REMOVE_DIR;
constexpr std::uint64_t folderRights =
    read | list | write | make | remove | truncate | makeFolder | removeFolder;

/// By what names are resolved, and certificates judged (resolv.conf(5), nsswitch.conf(5), OpenSSL's folder).
constexpr std::array<const char*, 12> netFiles{
    "/etc/resolv.conf", "/etc/hosts",     "/etc/host.conf",       "/etc/nsswitch.conf",
    "/etc/gai.conf",    "/etc/services",  "/etc/protocols",       "/etc/ssl",
    "/etc/pki",         "/etc/localtime", "/etc/ca-certificates", "/run/systemd/resolve"};

/// 0 where there is no Landlock.
int landlockVersion() {
    auto version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version > 0 ? static_cast<int>(version) : 0;
}

/// All rights over files that a version knows, so that what is not allowed is taken.
std::uint64_t allRights(int version) {
    constexpr std::array<int, 6> counts{0, 13, 14, 15, 15, 16};
    auto known = std::min<std::size_t>(static_cast<std::size_t>(version), counts.size() - 1);
    return (std::uint64_t{1} << counts[known]) - 1;
}

std::unexpected<Error> notConfined(std::string_view what) {
    return std::unexpected(
        systemError(errno, "Could not confine a helper program (" + std::string(what) + ")"));
}

FileHandle createRuleset(int version) {
    const RulesetAttributes attributes{.files = allRights(version),
                                       .scopes = version >= 6 ? signalsStayInside : 0};
    const std::size_t size = version >= 6 ? sizeof attributes : sizeof attributes.files;
    return FileHandle(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, size, 0)));
}

/// A path that is not there needs no rule. Rights over what folders hold are left out for files.
Result<void> allow(const FileHandle& ruleset, const fs::path& path, std::uint64_t rights) {
    const FileHandle place(::open(path.c_str(), O_PATH | O_CLOEXEC));
    if (!place) return {};
    struct stat status {};
    if (::fstat(place.get(), &status) != 0) return notConfined(path.string());
    if (!S_ISDIR(status.st_mode)) rights &= execute | read | write | truncate;
    const landlock_path_beneath_attr rule{.allowed_access = rights, .parent_fd = place.get()};
    if (::syscall(SYS_landlock_add_rule, ruleset.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
        return notConfined(path.string());
    return {};
}

struct Rule {
    fs::path path;
    std::uint64_t rights;
};

/// What a program needs to start and run: its own file, libraries, the loader's cache, the number of
/// processors. Nothing of a person's.
std::vector<Rule> rulesFor(const Confined& confined, std::uint64_t known) {
    std::error_code ignored;
    const fs::path file = fs::canonical(confined.program, ignored);
    std::vector<Rule> rules{{confined.folder, folderRights & known},
                            {file, execute | read},
                            {file.parent_path().parent_path() / "lib", execute | read | list},
                            {file.parent_path().parent_path() / "pyvenv.cfg", read},
                            {"/dev/null", read | write}};
    for (const char* system :
         {"/usr", "/bin", "/lib", "/lib32", "/lib64", "/opt", "/nix/store", "/gnu/store", "/snap"})
        rules.push_back({system, execute | read | list});
    for (const char* plain :
         {"/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/ld.so.preload",
          "/sys/devices/system/cpu", "/proc/cpuinfo", "/proc/meminfo", "/dev/urandom", "/dev/zero"})
        rules.push_back({plain, read | list});
    if (confined.mayUseNetwork) {
        for (const char* plain : netFiles) rules.push_back({plain, read | list});
    }
    for (const fs::path& also : confined.alsoReads) rules.push_back({also, execute | read | list});
    return rules;
}

Result<FileHandle> rulesetFor(const Confined& confined) {
    const int version = landlockVersion();
    if (version == 0) return FileHandle();
    FileHandle ruleset = createRuleset(version);
    if (!ruleset) return notConfined("Landlock");
    for (const Rule& rule : rulesFor(confined, allRights(version))) {
        if (auto allowed = allow(ruleset, rule.path, rule.rights); !allowed)
            return std::unexpected(std::move(allowed.error()));
    }
    return ruleset;
}

bool knowsFilters() {
    std::uint32_t action = SECCOMP_RET_ERRNO;
    return architecture != 0 && ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

/// Refuses one system call, and the ring through which it could be made as well. A system call of another
/// architecture has other numbers: it ends the program.
bool refuse(std::uint32_t call) noexcept {
    constexpr std::uint32_t refused = SECCOMP_RET_ERRNO | EACCES;
    constexpr std::uint32_t otherNumbers = 0x40000000;  // x32 calls on x86-64
    const sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, architecture, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, otherNumbers, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, refused),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog program{.len = std::size(code), .filter = const_cast<sock_filter*>(code)};
    return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

}  // namespace

Confinable confinable() {
    return {.files = landlockVersion() > 0, .sockets = knowsFilters()};
}

Result<Confinement> Confinement::make(const Confined& confined) {
    auto ruleset = rulesetFor(confined);
    if (!ruleset) return std::unexpected(std::move(ruleset.error()));
    Confinement made;
    made.ruleset_ = std::move(*ruleset);
    made.filtersCalls_ = knowsFilters();
    made.leavesNetwork_ = confined.mayUseNetwork;
    return made;
}

bool Confinement::putOn() const noexcept {
    if (!ruleset_ && !filtersCalls_) return true;
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
    if (ruleset_ && ::syscall(SYS_landlock_restrict_self, ruleset_.get(), 0) != 0) return false;
    return !filtersCalls_ || refuse(leavesNetwork_ ? SYS_listen : SYS_socket);
}

}  // namespace auricle
