#include "system/log.h"

#include <fcntl.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <sys/stat.h>

#include <cstdio>
#include <mutex>

#include "system/paths.h"

namespace auricle {
namespace {

constexpr std::size_t maxFileBytes = 1u << 20;
constexpr std::size_t olderFiles = 2;  // beside the one that is written

spdlog::level::level_enum spdlogLevel(LogLevel level) {
    switch (level) {
        case LogLevel::error:
            return spdlog::level::err;
        case LogLevel::warn:
            return spdlog::level::warn;
        case LogLevel::info:
            return spdlog::level::info;
        case LogLevel::debug:
            return spdlog::level::debug;
    }
    return spdlog::level::info;
}

/// Titles and server answers come from outside: a line break in one must not make a line of its own.
std::string oneLine(std::string_view text) {
    std::string line;
    line.reserve(text.size());
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte != 0x7f) {
            line += c;
        } else {
            line += fmt::format("\\x{:02x}", byte);
        }
    }
    return line;
}

spdlog::file_event_handlers privateFile() {
    spdlog::file_event_handlers handlers;
    handlers.after_open = [](const spdlog::filename_t&, std::FILE* stream) {
        const int descriptor = ::fileno(stream);
        ::fchmod(descriptor, 0600);
        ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    };
    return handlers;
}

}  // namespace

LogLevel logLevelOf(std::string_view word) {
    if (word == "error") return LogLevel::error;
    if (word == "warn") return LogLevel::warn;
    if (word == "debug") return LogLevel::debug;
    return LogLevel::info;
}

class Log::File {
  public:
    explicit File(Options options) : options_(std::move(options)) {}

    void write(LogLevel level, fmt::string_view format, fmt::format_args parts) {
        if (level > options_.level) return;
        const std::string line = oneLine(fmt::vformat(format, parts));
        std::call_once(opened_, [this] { open(); });
        if (logger_) logger_->log(spdlogLevel(level), spdlog::string_view_t(line));
        if (options_.toStandardError && level <= LogLevel::warn) fmt::print(stderr, "auricle: {}\n", line);
    }

  private:
    void open() noexcept {
        try {
            if (!makePrivateFolder(options_.file.parent_path())) return;
            auto sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
                options_.file.string(), maxFileBytes, olderFiles, false, privateFile());
            sink->set_formatter(std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%eZ %P %l: %v",
                                                                            spdlog::pattern_time_type::utc));
            auto logger = std::make_unique<spdlog::logger>("auricle", std::move(sink));
            logger->set_level(spdlog::level::debug);
            // Whole lines reach the file at once: hosts of two browsers append to the same one.
            logger->flush_on(spdlog::level::debug);
            logger->set_error_handler([](const std::string&) {});
            logger_ = std::move(logger);
        } catch (const std::exception& fault) {
            std::fprintf(stderr, "auricle: the log cannot be written: %s\n", fault.what());
        }
    }

    Options options_;
    std::once_flag opened_;
    std::unique_ptr<spdlog::logger> logger_;
};

Log::Log(Options options) : file_(std::make_unique<File>(std::move(options))) {}
Log::Log(Log&&) noexcept = default;
Log& Log::operator=(Log&&) noexcept = default;
Log::~Log() = default;

void Log::write(LogLevel level, fmt::string_view format, fmt::format_args parts) noexcept {
    try {
        file_->write(level, format, parts);
    } catch (const std::exception&) {
        // A line that cannot be written (no memory, no room) is no reason to end a capture.
    }
}

}  // namespace auricle
