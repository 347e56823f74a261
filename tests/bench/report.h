// What a bench found: both sides, the ratio and whether the goal holds, as a table and as SPEED's JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace auricle::bench {

struct Row {
    std::string what, unit;
    double ours = 0;
    std::optional<double> other;  ///< nothing: the peer is not installed, or does not answer
    std::string otherName;
    std::string goal;  ///< in words; empty: none is set
    std::optional<bool> holds;

    std::optional<double> ratio() const;
};

struct Report {
    std::string name;
    std::vector<Row> rows;

    void print() const;
    /// Its rows that a goal is set for.
    Report withGoals() const;
    /// False when the file cannot be written.
    bool writeJson(const std::string& file) const;
};

double median(std::vector<double> values);

}  // namespace auricle::bench
