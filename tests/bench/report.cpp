#include "report.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

namespace auricle::bench {
namespace {

template <class T>
nlohmann::json orNull(const std::optional<T>& value) {
    return value ? nlohmann::json(*value) : nlohmann::json();
}

const char* said(const std::optional<bool>& holds) {
    return !holds ? "" : *holds ? "holds" : "MISSED";
}

/// How wide a column is, its heading included.
int widest(const std::vector<Row>& rows, std::string Row::*column, const std::string& heading) {
    std::size_t most = heading.size();
    for (const Row& row : rows) most = std::max(most, (row.*column).size());
    return static_cast<int>(most);
}

nlohmann::json toJson(const Row& row) {
    return {{"what", row.what},
            {"unit", row.unit},
            {"ours", row.ours},
            {"other", orNull(row.other)},
            {"other_name", row.otherName},
            {"ratio", orNull(row.ratio())},
            {"goal", row.goal.empty() ? nlohmann::json() : nlohmann::json(row.goal)},
            {"holds", orNull(row.holds)}};
}

}  // namespace

std::optional<double> Row::ratio() const {
    if (!other || *other <= 0) return std::nullopt;
    return ours / *other;
}

void Report::print() const {
    const int whats = widest(rows, &Row::what, name), others = widest(rows, &Row::otherName, "other's name"),
              goals = widest(rows, &Row::goal, "goal");
    std::printf("%-*s %4s %9s %9s  %-*s %6s  %-*s %s\n", whats, name.c_str(), "unit", "ours", "other", others,
                "other's name", "ratio", goals, "goal", "");
    for (const Row& row : rows) {
        char other[16] = "missing", ratio[16] = "";
        if (row.other) std::snprintf(other, sizeof other, "%.2f", *row.other);
        if (row.ratio()) std::snprintf(ratio, sizeof ratio, "%.2f", *row.ratio());
        std::printf("%-*s %4s %9.2f %9s  %-*s %6s  %-*s %s\n", whats, row.what.c_str(), row.unit.c_str(),
                    row.ours, other, others, row.otherName.c_str(), ratio, goals, row.goal.c_str(),
                    said(row.holds));
    }
}

Report Report::withGoals() const {
    Report some{.name = name, .rows = {}};
    std::ranges::copy_if(rows, std::back_inserter(some.rows),
                         [](const Row& row) { return !row.goal.empty(); });
    return some;
}

bool Report::writeJson(const std::string& file) const {
    nlohmann::json all{{"name", name}, {"rows", nlohmann::json::array()}};
    for (const Row& row : rows) all["rows"].push_back(toJson(row));
    std::ofstream out(file);
    out << all.dump(2) << '\n';
    return static_cast<bool>(out.flush());
}

double median(std::vector<double> values) {
    if (values.empty()) return 0;
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

}  // namespace auricle::bench
