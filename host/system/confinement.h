// What a child is kept from: every file but those of one folder and the system's programs and libraries, and
// every socket, or every socket that listens. Made before the fork, put on between fork and exec.
#pragma once

#include <filesystem>
#include <vector>

#include "system/error.h"
#include "system/files.h"

namespace auricle {

/// What this kernel lets a process take from itself without rights of its own.
struct Confinable {
    bool files = false;    ///< Landlock (Linux 5.13), where it is switched on
    bool sockets = false;  ///< seccomp filters
};
Confinable confinable();

/// What is left to a child that is confined. Paths are absolute; one that is not there is left out.
struct Confined {
    std::filesystem::path folder;                    ///< may be read and written
    std::filesystem::path program;                   ///< is to be run
    std::vector<std::filesystem::path> alsoReads{};  ///< may be read and run
    /// Sockets too, and the files by which names are resolved and certificates are judged.
    bool mayUseNetwork = false;
};

class Confinement {
  public:
    /// None at all.
    Confinement() = default;
    /// What the kernel cannot do is left out. Fails with internal where it can and does not.
    static Result<Confinement> make(const Confined& confined);

    /// In the child; only calls that are safe in a signal handler. False with errno set where the kernel
    /// refuses. There is no way back, and no new right by a program with the set-user-ID bit.
    bool putOn() const noexcept;

  private:
    FileHandle ruleset_;
    bool filtersCalls_ = false;
    bool leavesNetwork_ = false;
};

}  // namespace auricle
