#include "command/start.h"

#include <cstdio>
#include <cstdlib>
#include <span>

#include "channel/caller.h"
#include "command/line.h"
#include "command/serve.h"
#include "installer/callers.h"
#include "system/hardening.h"

namespace auricle::command {
namespace {

using channel::Caller;

channel::Registered registered(installer::Callers callers) {
    return {.origins = std::move(callers.origins), .ids = std::move(callers.ids)};
}

/// Our own extensions are known without reading a file; manifests are read for a stranger only.
Caller judge(std::span<const char* const> arguments) {
    Caller caller = channel::callerOf(arguments, registered(installer::registeredOrigins()));
    if (caller.who != Caller::Who::stranger) return caller;
    const Environment environment = [](const char* name) -> const char* { return std::getenv(name); };
    const auto machine = installer::thisMachine(findPaths(environment), environment);
    if (!machine) return caller;
    return channel::callerOf(arguments, registered(installer::callersInManifests(*machine)));
}

}  // namespace

int start(int argc, char** argv) {
    const Hardening hardening = hardenProcess();
    const std::span<const char* const> all(argv, static_cast<std::size_t>(argc));
    const Caller caller = judge(all.subspan(std::min<std::size_t>(1, all.size())));
    switch (caller.who) {
        case Caller::Who::extension:
            return serve(caller);
        case Caller::Who::stranger:
            std::fprintf(stderr, "%s\n", caller.refusal.c_str());
            return statusUsage;
        case Caller::Who::person:
            break;
    }
    return runLine(argc, argv, hardening);
}

}  // namespace auricle::command
