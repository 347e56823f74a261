#include "command/doctor_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace auricle::command {
namespace {

using installer::Finding;
using installer::Findings;
using installer::Severity;
using nlohmann::json;

std::string_view label(Severity severity) {
    switch (severity) {
        case Severity::fine:
            return "ok      ";
        case Severity::note:
            return "note    ";
        case Severity::warning:
            return "warning ";
        case Severity::broken:
            break;
    }
    return "BROKEN  ";
}

std::vector<std::string> subjects(const Findings& findings) {
    std::vector<std::string> all;
    for (const Finding& finding : findings) {
        if (std::ranges::count(all, finding.about) == 0) all.push_back(finding.about);
    }
    return all;
}

std::string linesOf(const Finding& finding) {
    std::string text = "  " + std::string(label(finding.severity)) + finding.sentence + '\n';
    if (!finding.remedy.empty()) text += "          -> " + finding.remedy + '\n';
    return text;
}

/// What is wrong still, and stays so until a person does something.
Findings leftOf(const DoctorReport& report) {
    Findings left;
    std::ranges::copy_if(report.findings, std::back_inserter(left), &Finding::isTrouble);
    return left;
}

std::string whyNot(const DoctorReport& report, const Finding& finding) {
    const auto tried = std::ranges::find_if(report.unmended, [&](const Unmended& each) {
        return each.finding.id == finding.id && each.finding.about == finding.about;
    });
    return tried == report.unmended.end() ? "" : tried->why;
}

std::string mendingText(const DoctorReport& report) {
    std::string text = "Mended\n";
    for (const Mended& each : report.mended) text += "  " + each.finding.about + ": " + each.what + '\n';
    if (report.mended.empty()) text += "  nothing\n";
    const Findings left = leftOf(report);
    if (left.empty()) return text;
    text += "Left to you\n";
    for (const Finding& finding : left) {
        text += "  " + finding.about + ": " + finding.sentence + '\n';
        if (const auto why = whyNot(report, finding); !why.empty())
            text += "          tried in vain: " + why + '\n';
        if (!finding.remedy.empty()) text += "          -> " + finding.remedy + '\n';
    }
    return text;
}

std::string verdict(const DoctorReport& report) {
    const auto troubles = leftOf(report).size();
    if (troubles == 0) return "All is well.\n";
    const auto fixable = std::ranges::count_if(
        report.findings, [](const Finding& each) { return each.isTrouble() && each.isFixable(); });
    std::string text =
        std::to_string(troubles) + (troubles == 1 ? " thing needs" : " things need") + " care.";
    if (fixable > 0 && !report.wasFixing)
        text += " `auricle doctor --fix` mends " + std::to_string(fixable) + " of them.";
    return text + '\n';
}

json toJson(const Finding& finding) {
    json entry{{"id", finding.id},
               {"severity", installer::word(finding.severity)},
               {"about", finding.about},
               {"sentence", finding.sentence},
               {"fixable", finding.isFixable()}};
    if (!finding.remedy.empty()) entry["remedy"] = finding.remedy;
    return entry;
}

}  // namespace

std::string textOf(const DoctorReport& report) {
    std::string text;
    for (const auto& subject : subjects(report.findings)) {
        text += subject + '\n';
        for (const Finding& finding : report.findings) {
            if (finding.about == subject) text += linesOf(finding);
        }
    }
    text += '\n';
    if (report.wasFixing) text += mendingText(report) + '\n';
    return text + verdict(report);
}

std::string jsonOf(const DoctorReport& report) {
    json all{{"status", installer::word(installer::worst(report.findings))},
             {"version", AURICLE_VERSION},
             {"program", report.program.string()},
             {"findings", json::array()}};
    for (const Finding& finding : report.findings) all["findings"].push_back(toJson(finding));
    if (report.wasFixing) {
        all["mended"] = all["left"] = json::array();
        for (const Mended& each : report.mended)
            all["mended"].push_back(
                {{"id", each.finding.id}, {"about", each.finding.about}, {"what", each.what}});
        for (const Finding& finding : leftOf(report)) {
            json entry = toJson(finding);
            if (const auto why = whyNot(report, finding); !why.empty()) entry["why"] = why;
            all["left"].push_back(std::move(entry));
        }
    }
    return all.dump(2, ' ', false, json::error_handler_t::replace) + '\n';
}

int statusOf(const DoctorReport& report) {
    switch (installer::worst(report.findings)) {
        case Severity::warning:
            return 1;
        case Severity::broken:
            return 2;
        default:
            return 0;
    }
}

}  // namespace auricle::command
