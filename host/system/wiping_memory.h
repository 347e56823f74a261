// Freed memory is wiped in the whole process: the executable brings its own free, realloc and reallocarray.
#pragma once

namespace auricle {

/// Makes the allocator ready for wiping and tells whether every library's free is ours. Calling it is also
/// what links these functions into a program: they stand in a static library, and nothing else names this
/// file. False under sanitizers, whose own allocator is not replaced. Call it before threads start.
bool activateWipingMemory() noexcept;

}  // namespace auricle
