// What a child is kept from: every file but those of one folder and the system's programs and libraries, and
// every socket. Made before the fork, put on between fork and exec.
#pragma once

#include <filesystem>

#include "system/error.h"
#include "system/files.h"

namespace auricle {

/// What this kernel lets a process take from itself without rights of its own.
struct Confinable {
    bool files = false;    ///< Landlock (Linux 5.13), where it is switched on
    bool sockets = false;  ///< seccomp filters
};
Confinable confinable();

class Confinement {
  public:
    /// None at all.
    Confinement() = default;
    /// `folder` is what may be read and written, `program` what is to be run. What the kernel cannot do is
    /// left out. Fails with internal where it can and does not.
    static Result<Confinement> make(const std::filesystem::path& folder,
                                    const std::filesystem::path& program);

    /// In the child; only calls that are safe in a signal handler. False with errno set where the kernel
    /// refuses. There is no way back, and no new right by a program with the set-user-ID bit.
    bool putOn() const noexcept;

  private:
    FileHandle ruleset_;
    bool takesSockets_ = false;
};

}  // namespace auricle
