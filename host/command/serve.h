// Serving the channel to the extension that started us.
#pragma once

#include "channel/caller.h"

namespace auricle::command {

/// Serves until the browser ends the channel. `caller` has been judged to be an extension. Returns the exit
/// status.
int serve(const channel::Caller& caller);

}  // namespace auricle::command
