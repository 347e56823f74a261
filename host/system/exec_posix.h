// Becoming another program: what stands between fork and exec, and what is prepared before.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace auricle {

/// The pointers that exec wants, over strings that live on.
std::vector<char*> pointersTo(std::vector<std::string>& strings);

/// By its number: the header of glibc 2.36 declares it without C linkage. A descriptor, readable when the
/// process has ended, or -1 and errno.
int openPidfd(pid_t id);

// Those below only make calls that are safe in a signal handler: the parent may have more threads (POSIX
// fork).

/// The child leads a group of its own and dies with `parent`, which is the process that forked it.
void bindToParent(pid_t parent);
/// Moves a descriptor out of the way of those that are about to be put in place; -1 and errno.
int moveAside(int descriptor);
/// Tells errno, an int, to whoever reads the other end of `fault`, and ends the child.
[[noreturn]] void giveUp(int fault);

}  // namespace auricle
