#include "command/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace auricle::command {
namespace {

using testing::HasSubstr;

std::string causeOf(std::string_view message) {
    const auto explanation = explain(message);
    EXPECT_TRUE(explanation) << message;
    return explanation ? explanation->cause : "";
}

TEST(Explaining, knows_what_either_browser_says) {
    for (const char* message :
         {"Specified native messaging host not found.",
          "Access to the specified native messaging host is forbidden.",
          "Access to the native messaging host was disabled by the system administrator.",
          "Failed to start native messaging host.", "Invalid native messaging host name specified.",
          "Native host has exited.", "Error when communicating with the native messaging host.",
          "Message exceeded maximum allowed size of 64MiB.", "No such native application org.auricle.host",
          "This extension does not have permission to use native manifest /x/org.auricle.host.json",
          "Native manifest /x.json has type property pkcs11 (expected stdio)",
          "Native manifest /x.json has name property a (expected b)",
          "Native manifest /x.json has relative path value a (expected absolute path)",
          "Error parsing native manifest /x.json: unexpected end of data",
          "File at path \"/opt/auricle\" does not exist, or is not executable",
          "Attempt to postMessage on disconnected port", "Write too big",
          "auricle: error while loading shared libraries: libpsl.so.5: cannot open shared object file",
          "auricle: x@y is not registered to use this program. If it is yours, run `auricle install` with "
          "its "
          "id."}) {
        const auto explanation = explain(message);
        ASSERT_TRUE(explanation) << message;
        EXPECT_FALSE(explanation->cause.empty());
        EXPECT_FALSE(explanation->steps.empty()) << message;
    }
}

TEST(Explaining, takes_a_message_with_what_a_console_puts_around_it) {
    EXPECT_EQ(causeOf("  \"Unchecked runtime.lastError: Native host has exited.\"\n"),
              causeOf("Native host has exited."));
}

TEST(Explaining, decodes_a_huge_length_to_the_text_that_it_was) {
    EXPECT_THAT(causeOf("Native application tried to send a message of 1819043144 bytes, which exceeds the "
                        "limit of 1048576 bytes."),
                HasSubstr("\"Hell\""));
    EXPECT_THAT(causeOf("Native Messaging host tried sending a message that is 174419297 bytes long."),
                HasSubstr("\"ame\\n\""));
    EXPECT_THAT(causeOf("1528519451"), HasSubstr("\"\\e[\\e[\""));
}

TEST(Explaining, tells_a_long_message_from_text) {
    EXPECT_THAT(causeOf("tried to send a message of 1048577 bytes"),
                HasSubstr("1048577 bytes; browsers take"));
    EXPECT_THAT(causeOf("99999999999"), HasSubstr("browsers take 1048576"));
    EXPECT_THAT(causeOf("1048576"), HasSubstr("is within what browsers take"));
}

TEST(Explaining, invents_nothing_for_a_message_that_it_does_not_know) {
    for (const char* message : {"", " ", "computer says no", "99999999999999999999999", "12 monkeys"})
        EXPECT_FALSE(explain(message)) << message;
}

}  // namespace
}  // namespace auricle::command
