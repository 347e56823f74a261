#include "command/fetch_report.h"

#include <array>
#include <nlohmann/json.hpp>

namespace auricle::command {
namespace {

using nlohmann::json;

std::string dumped(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json orNull(std::uint64_t value) {
    return value ? json(value) : json(nullptr);
}

std::string share(double of) {
    return std::to_string(static_cast<int>(of * 100 + 0.5)) + " %";
}

}  // namespace

std::string sizeInWords(std::uint64_t bytes) {
    static constexpr std::array<const char*, 5> units{"B", "kB", "MB", "GB", "TB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; value >= 999.5 && unit + 1 < units.size(); ++unit) value /= 1000;
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), unit == 0 || value >= 99.95 ? "%.0f %s" : "%.1f %s", value,
                  units[unit]);
    return text.data();
}

std::string durationInWords(std::uint64_t ms) {
    auto seconds = (ms + 500) / 1000;
    std::array<char, 32> text{};
    if (seconds >= 3600) {
        std::snprintf(text.data(), text.size(), "%d:%02d:%02d", static_cast<int>(seconds / 3600),
                      static_cast<int>(seconds / 60 % 60), static_cast<int>(seconds % 60));
    } else {
        std::snprintf(text.data(), text.size(), "%d:%02d", static_cast<int>(seconds / 60),
                      static_cast<int>(seconds % 60));
    }
    return text.data();
}

void FetchReport::line(const std::string& text) {
    // Drawn over the last one; what was longer is erased (ECMA-48, EL).
    std::fprintf(out_, "\r%s\x1b[K", text.c_str());
    std::fflush(out_);
    isLineOpen_ = true;
}

void FetchReport::endLine() {
    if (std::exchange(isLineOpen_, false)) std::fputc('\n', out_);
}

void FetchReport::changed(const capture::Capture& capture) {
    if (!isTerminal_) {
        std::fprintf(out_, "%s\n", dumped({{"event", "changed"}, {"capture", toJson(capture)}}).c_str());
        std::fflush(out_);
        return;
    }
    std::string text(word(capture.state));
    if (!capture.title.empty()) text = capture.title + ": " + text;
    if (capture.state == capture::State::downloading && capture.plan) text += ", " + capture.plan->how;
    line(text);
}

void FetchReport::progressed(const capture::Progress& progress) {
    if (!isTerminal_) {
        json said{{"event", "progress"},   {"phase", progress.phase},
                  {"done", progress.done}, {"total", orNull(progress.total)},
                  {"rate", progress.rate}, {"etaMs", progress.etaMs ? json(*progress.etaMs) : json(nullptr)}};
        std::fprintf(out_, "%s\n", dumped(said).c_str());
        std::fflush(out_);
        return;
    }
    constexpr int cells = 24;
    std::string text;
    if (progress.total) {
        auto part = static_cast<double>(progress.done) / static_cast<double>(progress.total);
        auto full = static_cast<std::size_t>(std::min(1.0, part) * cells);
        text = "[" + std::string(full, '#') + std::string(cells - full, '.') + "] " + share(part) + "  ";
    }
    text += sizeInWords(progress.done);
    if (progress.total) text += " of " + sizeInWords(progress.total);
    if (progress.rate) text += ", " + sizeInWords(progress.rate) + "/s";
    if (progress.etaMs) text += ", " + durationInWords(*progress.etaMs) + " left";
    line(text);
}

void FetchReport::ended(const capture::Capture& capture) {
    if (!isTerminal_) return;
    endLine();
    if (!capture.result) return;
    const auto& result = *capture.result;
    std::fprintf(out_, "%s\n%s, %s, %s", result.file.c_str(), sizeInWords(result.bytes).c_str(),
                 durationInWords(result.durationMs).c_str(), result.mime.c_str());
    if (capture.plan) std::fprintf(out_, ", %s", capture.plan->how.c_str());
    if (capture.plan && capture.plan->wholeBytes) {
        std::fprintf(out_, " (the video: %s, %s not downloaded)",
                     sizeInWords(capture.plan->wholeBytes).c_str(), share(capture.saved()).c_str());
    }
    std::fprintf(out_, "\nSHA-256 %s\n", result.sha256.c_str());
}

void FetchReport::planned(const sites::Plan& plan) {
    if (!isTerminal_) {
        json ways = json::array();
        for (const auto& way : plan.ways) {
            ways.push_back({{"how", way->how()},
                            {"bytes", orNull(way->bytes())},
                            {"wholeBytes", orNull(way->wholeBytes() ? way->wholeBytes() : plan.wholeBytes)}});
        }
        json said{{"title", plan.about.title},
                  {"durationMs", orNull(plan.about.durationMs)},
                  {"wholeBytes", orNull(plan.wholeBytes)},
                  {"ways", std::move(ways)}};
        std::fprintf(out_, "%s\n", dumped(said).c_str());
        return;
    }
    std::fprintf(out_, "%s\n", plan.about.title.c_str());
    for (const auto& way : plan.ways) {
        std::fprintf(out_, "  %-18s %s\n", std::string(way->how()).c_str(),
                     way->bytes() ? sizeInWords(way->bytes()).c_str() : "size not known");
    }
    if (plan.wholeBytes)
        std::fprintf(out_, "  %-18s %s\n", "(the video)", sizeInWords(plan.wholeBytes).c_str());
}

}  // namespace auricle::command
