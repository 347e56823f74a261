// What is asked of Auricle when it gets the sound of a lecture, by the lecture's form and the link.
#pragma once

#include <optional>
#include <string>

#include "lecture.h"
#include "web_server.h"

namespace auricle::bench {

/// Mbit/s of the link; 0: none, this machine's loopback.
using Rate = double;

constexpr double roundTripS = 0.040;
constexpr double maxPeakMiB = 32;
/// Against the time that the bytes need by arithmetic, and six round trips.
constexpr double maxToArithmetic = 1.1;
/// Encrypted segments against plain ones.
constexpr double maxToPlain = 1.03;

/// Ratios that are not to be exceeded; nothing: no goal is set.
std::optional<double> bytesGoal(const Form& form);
std::optional<double> wallGoal(const Form& form, const Grants& grants, Rate rate);
/// Against curl with the bare sound.
std::optional<double> floorGoal(const Form& form, const Grants& grants, Rate rate);
/// Against the best of those that fetch a playlist's parts from a list.
std::optional<double> bulkGoal(const Form& form, Rate rate);

/// "ratio <= 1.05"
std::string inWords(std::optional<double> goal);

}  // namespace auricle::bench
