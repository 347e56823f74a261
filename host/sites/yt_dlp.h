// yt-dlp as a child: confined to one folder and the network, its switches those that its version knows, the
// session handed to it in memory alone.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http.h"
#include "net/url.h"
#include "sites/yt_dlp_output.h"
#include "system/child.h"
#include "system/error.h"

namespace auricle::sites {

/// How the machine reaches the network, as far as yt-dlp can be told: it knows nothing of network.connectTo.
struct YtDlpNetwork {
    std::filesystem::path caFile;  ///< an authority beside the system's; may be empty
    std::string proxy;             ///< empty: none
};

/// A program that runs JavaScript for it: "deno" or "node", and where it lies.
struct JsRuntime {
    std::string name;
    std::filesystem::path program;
};

/// One run.
struct YtDlpRun {
    std::filesystem::path program;  ///< absolute
    std::string version;            ///< as probeVersion() gives it
    std::filesystem::path folder;   ///< absolute; all that it may write, and holds nothing else
    net::Url url;
    bool downloads = false;   ///< else it only says what there is
    bool hasCookies = false;  ///< a cookie file is handed on as the first descriptor
    YtDlpNetwork network{};
    std::vector<JsRuntime> jsRuntimes{};
};

/// "2025.04.30" and "2025.11.12.232323" as 20250430 and 20251112; 0 for what is no date.
unsigned ytDlpDate(std::string_view version);
/// Its whole command line and environment. No secret is in either.
ChildCommand ytDlpCommand(const YtDlpRun& run);

class YtDlp {
  public:
    using Clock = std::function<std::chrono::system_clock::time_point()>;
    struct Options {
        /// The absolute path of yt-dlp; tool_missing where there is none.
        std::function<Result<std::filesystem::path>()> program;
        std::function<std::vector<JsRuntime>()> jsRuntimes;  ///< those there are
        YtDlpNetwork network{};
    };
    /// What one use of it may use. `credentials` and `folder` as in sites::Visit.
    struct Use {
        net::Credentials* credentials = nullptr;
        std::filesystem::path folder{};
        std::stop_token stop{};
    };
    using OnProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

    explicit YtDlp(Options options, Clock now = std::chrono::system_clock::now)
        : options_(std::move(options)), now_(std::move(now)) {}

    /// Asks what the video is, and fetches nothing. Fails as ytDlpFault() says, with tool_missing, cancelled,
    /// timeout.
    boost::asio::awaitable<Result<YtDlpVideo>> look(net::Url url, Use use);
    /// Fetches the sound, or goes on with what an earlier run left; gives the file, which lies in the folder.
    /// Fails likewise; what was fetched stays.
    boost::asio::awaitable<Result<std::filesystem::path>> download(net::Url url, Use use,
                                                                   OnProgress onProgress);

  private:
    boost::asio::awaitable<Result<std::string>> versionOf(const std::filesystem::path& program,
                                                          std::stop_token stop);
    boost::asio::awaitable<Result<YtDlpOutput>> runOnce(net::Url url, const Use& use, bool downloads,
                                                        OnProgress onProgress);
    bool isOld(std::string_view version) const;

    Options options_;
    Clock now_;
    /// Of a program that has not been changed since it was asked.
    struct Known {
        std::filesystem::file_time_type changed;
        std::string version;
    };
    std::map<std::filesystem::path, Known> versions_;
};

}  // namespace auricle::sites
