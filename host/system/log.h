// The log: lines into a bounded, private file of the state folder; warnings and errors on standard error too.
#pragma once

#include <fmt/core.h>

#include <filesystem>
#include <memory>
#include <string_view>

namespace auricle {

enum class LogLevel : std::uint8_t { error, warn, info, debug };

/// The level of a configured word ("error", "warn", "info", "debug"); info for any other.
LogLevel logLevelOf(std::string_view word);

/// What may stand in a line: things that a formatter knows. vault::Secret is none on purpose, so a line with
/// one does not compile. A URL is handed in as net::Url::safeText(), never with its query.
template <class T>
concept Loggable = fmt::is_formattable<std::remove_cvref_t<T>>::value;

/// Opens `file` (and makes its folder, 0700) when the first line is written, not before: 1 MiB a file, three
/// files, mode 0600. Where that fails the log goes on with standard error alone. May be used from several
/// threads; several hosts may write the same file. A line never fails and never throws.
class Log {
  public:
    struct Options {
        std::filesystem::path file;
        LogLevel level = LogLevel::info;
        bool toStandardError = true;  ///< warnings and errors only
    };
    explicit Log(Options options);
    Log(Log&&) noexcept;
    Log& operator=(Log&&) noexcept;
    ~Log();

    template <Loggable... Parts>
    void error(fmt::format_string<Parts...> format, Parts&&... parts) {
        write(LogLevel::error, format, fmt::make_format_args(parts...));
    }
    template <Loggable... Parts>
    void warn(fmt::format_string<Parts...> format, Parts&&... parts) {
        write(LogLevel::warn, format, fmt::make_format_args(parts...));
    }
    template <Loggable... Parts>
    void info(fmt::format_string<Parts...> format, Parts&&... parts) {
        write(LogLevel::info, format, fmt::make_format_args(parts...));
    }
    template <Loggable... Parts>
    void debug(fmt::format_string<Parts...> format, Parts&&... parts) {
        write(LogLevel::debug, format, fmt::make_format_args(parts...));
    }

  private:
    class File;
    void write(LogLevel level, fmt::string_view format, fmt::format_args parts) noexcept;

    std::unique_ptr<File> file_;
};

}  // namespace auricle
