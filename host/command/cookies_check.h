// `auricle cookies check`: which sites' sessions a cookie file holds, and what is missing. Never a value.
#pragma once

#include <filesystem>

namespace auricle::command {

struct CookiesCheckOptions {
    std::filesystem::path file;
    bool isJson = false;
};

/// Prints a line for each site of which something is in the file. Returns the exit status: 0 where one of
/// them is a whole session.
int runCookiesCheck(const CookiesCheckOptions& options);

}  // namespace auricle::command
