#include "audio_goals.h"

#include <cstdio>

namespace auricle::bench {
namespace {

/// Six connections with one range each round trip are slower than the whole file from about here on.
constexpr Rate fastMbit = 50;

bool grantsNothing(const Grants& grants) {
    return !grants.isHttp2 && !grants.hasManyRanges;
}

}  // namespace

std::optional<double> bytesGoal(const Form& form) {
    if (form.isPlaylist) return std::nullopt;
    return form.isFinest ? 1.25 : 1.05;
}

std::optional<double> wallGoal(const Form& form, const Grants& grants, Rate rate) {
    if (form.isPlaylist) return std::nullopt;
    if (grantsNothing(grants)) return rate > fastMbit ? 1.02 : 0.7;
    if (rate == 0) return 0.4;
    return form.isFinest ? 0.18 : 0.15;
}

std::optional<double> floorGoal(const Form& form, const Grants& grants, Rate rate) {
    if (form.isPlaylist || !grants.hasManyRanges || rate < fastMbit) return std::nullopt;
    if (form.isFinest) return 1.27;
    return form.isFragmented ? 1.2 : 1.06;
}

std::optional<double> bulkGoal(const Form& form, Rate rate) {
    if (!form.isPlaylist || rate == 0) return std::nullopt;
    return 1.03;
}

std::string inWords(std::optional<double> goal) {
    if (!goal) return {};
    char text[32];
    std::snprintf(text, sizeof text, "ratio <= %.2f", *goal);
    return text;
}

}  // namespace auricle::bench
