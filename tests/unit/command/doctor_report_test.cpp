#include "command/doctor_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace auricle::command {
namespace {

using installer::Finding;
using installer::Mend;
using installer::Severity;
using nlohmann::json;
using testing::HasSubstr;

Finding finding(std::string id, Severity severity, Mend how = Mend::none) {
    return {.id = id,
            .severity = severity,
            .about = "Firefox",
            .sentence = "This is " + id + ".",
            .remedy = "Do this.",
            .repair = {.how = how, .what = "/x"}};
}

DoctorReport report(installer::Findings findings) {
    return {.program = "/opt/auricle", .findings = std::move(findings)};
}

TEST(DoctorsReport, has_an_exit_status_for_the_worst_of_all) {
    EXPECT_EQ(statusOf(report({})), 0);
    EXPECT_EQ(statusOf(report({finding("a", Severity::fine), finding("b", Severity::note)})), 0);
    EXPECT_EQ(statusOf(report({finding("a", Severity::warning), finding("b", Severity::note)})), 1);
    EXPECT_EQ(statusOf(report({finding("a", Severity::broken), finding("b", Severity::warning)})), 2);
}

TEST(DoctorsReport, counts_what_needs_care_and_what_can_be_mended) {
    EXPECT_THAT(textOf(report({finding("a", Severity::fine)})), HasSubstr("All is well."));
    const auto text =
        textOf(report({finding("a", Severity::broken, Mend::registerAnew), finding("b", Severity::warning)}));
    EXPECT_THAT(text,
                HasSubstr("Firefox\n  BROKEN  This is a.\n          -> Do this.\n  warning This is b."));
    EXPECT_THAT(text, HasSubstr("2 things need care. `auricle doctor --fix` mends 1 of them."));
}

TEST(DoctorsReport, says_after_mending_what_was_done_and_what_is_left_and_why) {
    auto fixed = report({finding("left", Severity::broken, Mend::makeFolder)});
    fixed.wasFixing = true;
    fixed.mended = {{finding("mended", Severity::broken), "Registered it."}};
    fixed.unmended = {{finding("left", Severity::broken), "The disk is full."}};
    EXPECT_THAT(textOf(fixed), HasSubstr("Mended\n  Firefox: Registered it.\nLeft to you\n  Firefox: This is "
                                         "left.\n          tried in vain: The disk is full.\n"));
    const json all = json::parse(jsonOf(fixed));
    EXPECT_EQ(all["mended"],
              json::array({{{"id", "mended"}, {"about", "Firefox"}, {"what", "Registered it."}}}));
    EXPECT_EQ(all["left"][0]["why"], "The disk is full.");
}

TEST(DoctorsReport, is_whole_json_whatever_a_path_holds) {
    auto odd = finding("a", Severity::warning);
    odd.sentence = "\xff\"";
    const json all = json::parse(jsonOf(report({odd})));
    EXPECT_EQ(all["status"], "warning");
    EXPECT_EQ(all["program"], "/opt/auricle");
    EXPECT_EQ(all["findings"][0]["sentence"], "\xef\xbf\xbd\"");
    EXPECT_FALSE(all.contains("mended"));
}

}  // namespace
}  // namespace auricle::command
