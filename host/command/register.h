// `auricle install` and `auricle uninstall`: the installer's report in plain words or as JSON.
#pragma once

#include "installer/registration.h"

namespace auricle::command {

struct RegisterOptions {
    installer::Request request;
    bool isJson = false;
};

/// Both return the exit status: failed where a foreign file was in the way or a manifest could not be
/// written.
int runInstall(const RegisterOptions& options);
int runUninstall(const RegisterOptions& options);

}  // namespace auricle::command
