// A token that a person hands in on standard input, for the commands that take one.
#pragma once

#include <string_view>

#include "system/error.h"
#include "vault/secret.h"

namespace auricle::command {

/// Reads a descriptor, as a pipe or a file gives it, up to its end, without the last line break. Fails with
/// bad_params for nothing, for more than 16 KiB, and for what no header can hold. `command` is what the
/// person has typed ("auricle doctor"), to be shown back with what was missing.
Result<vault::Secret> readBearer(int descriptor, std::string_view command);

}  // namespace auricle::command
