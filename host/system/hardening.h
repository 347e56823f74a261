// What the process does before anything else, so that no secret leaves it by the ways that every process has.
#pragma once

#include <string>
#include <vector>

#include "system/error.h"

namespace auricle {

/// What could be done, for `doctor`: the program goes on where something could not.
struct Hardening {
    bool coresAreOff = false;  ///< RLIMIT_CORE is 0
    bool isUndumpable =
        false;  ///< no core dump, no debugger, no reading of /proc/PID/mem by others (PR_SET_DUMPABLE 0)
    bool memoryIsWiped = false;                 ///< every free wipes (system/wiping_memory)
    std::vector<std::string> removedVariables;  ///< by name: of the environment, never with what they held
};

/// Called first in main, before threads start and before any library reads the environment. Besides what
/// Hardening tells:
/// - descriptors 0 to 2 that are closed become /dev/null, so that no socket is ever taken for standard
/// output;
/// - umask 077;
/// - SIGPIPE is ignored. exec keeps that: whoever starts a child gives it the default back (SIG_DFL);
/// - variables are removed that would let another process' environment change what is trusted or where
/// requests go:
///   SSLKEYLOGFILE, those of proxies, CURL_*, OPENSSL_*, SSL_CERT_FILE and SSL_CERT_DIR. A proxy or an
///   authority of one's own is configured (network.proxy, network.caFile).
/// "No new privileges" is left to the children that are confined: on the host it would pass to the file
/// manager that a person opens from it, where sudo and mounting would then fail.
Hardening hardenProcess();

/// Moves standard output to a new descriptor for frames, closed on exec, and puts standard error where it
/// was, so that no library can ever spoil a frame. Descriptor 3, if open, is Firefox' sentinel: it stays open
/// and is closed on exec. To be called before any other descriptor is opened. Fails with internal when
/// standard output cannot be duplicated.
Result<int> moveStandardOutputAway();

}  // namespace auricle
