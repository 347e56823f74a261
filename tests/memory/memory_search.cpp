// Looks for texts in all writable memory of another process: memory_search PID [--at-exit] <needles
//
// Needles come on standard input, one a line: a label, a space, the bytes as hex (at least 8). What is found
// is printed, one line each: label, address, mapping; then "searched N bytes". Reads with process_vm_readv,
// which a process that is not dumpable allows to root alone. With --at-exit it prints "waiting", lets the
// process run on and looks when it ends, after its last instruction and before the kernel takes its memory.
// Status 0: it looked; 77: this is not permitted here; 1: something else went wrong.
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace {

constexpr std::size_t keyBytes = 8;
constexpr std::size_t windowBytes = 1 << 20;
constexpr int notPermitted = 77;

struct Needle {
    std::string label, bytes;
};

struct Mapping {
    std::uintptr_t begin, end;
    std::string name;
};

[[noreturn]] void giveUp(const char* what) {
    const int why = errno;
    std::fprintf(stderr, "memory_search: %s: %s\n", what, std::strerror(why));
    std::exit(why == EPERM ? notPermitted : 1);
}

std::uint64_t keyOf(const char* bytes) {
    std::uint64_t key;
    std::memcpy(&key, bytes, sizeof key);
    return key;
}

/// All needles at once: a position is looked at closely only where eight bytes agree, and eight bytes only
/// where the first two do.
class Haystack {
  public:
    explicit Haystack(std::vector<Needle> needles) : needles_(std::move(needles)), begins_(1 << 16) {
        for (std::size_t i = 0; i < needles_.size(); ++i) {
            const auto& bytes = needles_[i].bytes;
            byKey_[keyOf(bytes.data())].push_back(i);
            begins_[twoOf(bytes.data())] = true;
            longest_ = std::max(longest_, bytes.size());
        }
    }
    std::size_t longest() const { return longest_; }

    /// Prints each needle that begins before `until`.
    void search(std::string_view piece, std::size_t until, std::uintptr_t address,
                const std::string& mapping) const {
        for (std::size_t at = 0; at < until && at + keyBytes <= piece.size(); ++at) {
            if (!begins_[twoOf(piece.data() + at)]) continue;
            const auto found = byKey_.find(keyOf(piece.data() + at));
            if (found == byKey_.end()) continue;
            for (const std::size_t index : found->second) {
                const auto& [label, bytes] = needles_[index];
                if (piece.substr(at, bytes.size()) != bytes) continue;
                std::printf("%s %lx %s\n", label.c_str(), address + at,
                            mapping.empty() ? "(anonymous)" : mapping.c_str());
            }
        }
    }

  private:
    static std::size_t twoOf(const char* bytes) {
        return static_cast<unsigned char>(bytes[0]) * 256u + static_cast<unsigned char>(bytes[1]);
    }

    std::vector<Needle> needles_;
    std::unordered_map<std::uint64_t, std::vector<std::size_t>> byKey_;
    std::vector<bool> begins_;
    std::size_t longest_ = 0;
};

std::vector<Needle> readNeedles(std::istream& lines) {
    std::vector<Needle> needles;
    std::string label, hex;
    while (lines >> label >> hex) {
        Needle needle{label, {}};
        for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
            needle.bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
        if (needle.bytes.size() < keyBytes) {
            errno = EINVAL;
            giveUp("a needle is too short");
        }
        needles.push_back(std::move(needle));
    }
    return needles;
}

std::vector<Mapping> writableMappings(pid_t pid) {
    std::ifstream maps("/proc/" + std::to_string(pid) + "/maps");
    std::vector<Mapping> writable;
    for (std::string line; std::getline(maps, line);) {
        std::istringstream fields(line);
        std::string range, access, offset, device, inode;
        Mapping mapping{};
        fields >> range >> access >> offset >> device >> inode >> mapping.name;
        if (access.size() < 2 || access[1] != 'w') continue;
        std::sscanf(range.c_str(), "%lx-%lx", &mapping.begin, &mapping.end);
        writable.push_back(std::move(mapping));
    }
    return writable;
}

/// Bytes that were read; 0 where a page cannot be.
std::size_t readMemory(pid_t pid, std::uintptr_t address, char* into, std::size_t size) {
    const iovec local{into, size}, remote{reinterpret_cast<void*>(address), size};
    const ssize_t got = process_vm_readv(pid, &local, 1, &remote, 1, 0);
    if (got < 0 && errno != EFAULT) giveUp("the process' memory cannot be read");
    return got < 0 ? 0 : static_cast<std::size_t>(got);
}

void search(pid_t pid, const Haystack& haystack) {
    std::vector<char> window(windowBytes + haystack.longest());
    std::size_t searched = 0;
    const auto mappings = writableMappings(pid);
    for (const auto& [begin, end, name] : mappings) {
        for (std::uintptr_t at = begin; at < end; at += windowBytes) {
            const std::size_t got = readMemory(pid, at, window.data(), std::min(window.size(), end - at));
            haystack.search({window.data(), got}, windowBytes, at, name);
            searched += std::min(got, windowBytes);
        }
    }
    // Nothing read is no proof of anything.
    if (searched == 0) giveUp("no memory could be read");
    std::printf("searched %zu bytes\n", searched);
}

void waitForExit(pid_t pid) {
    if (ptrace(PTRACE_SEIZE, pid, nullptr, PTRACE_O_TRACEEXIT) != 0) giveUp("the process cannot be watched");
    std::puts("waiting");
    std::fflush(stdout);
    for (int status = 0;;) {
        if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status)) {
            errno = ECHILD;
            giveUp("the process ended unseen");
        }
        if (status >> 8 == (SIGTRAP | (PTRACE_EVENT_EXIT << 8))) return;
        ptrace(PTRACE_CONT, pid, nullptr, WSTOPSIG(status));
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fputs("usage: memory_search PID [--at-exit] <needles\n", stderr);
        return 1;
    }
    const pid_t pid = std::atoi(argv[1]);
    const Haystack haystack(readNeedles(std::cin));
    const bool atExit = argc > 2 && std::string_view(argv[2]) == "--at-exit";
    if (atExit) waitForExit(pid);
    search(pid, haystack);
    if (atExit) ptrace(PTRACE_DETACH, pid, nullptr, 0);
    return 0;
}
