#include "capture/journal.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "capture/entry.h"
#include "capture/store.h"
#include "tests/unit/support/temporary_folder.h"

namespace {

using namespace auricle;
using capture::Journal;
using nlohmann::json;

void put(const std::filesystem::path& file, const std::string& text) {
    std::ofstream(file, std::ios::binary) << text;
}

capture::Entry anEntry(const std::string& id, capture::State state = capture::State::downloading) {
    capture::Entry entry;
    entry.capture.id = id;
    entry.capture.key = "key of " + id;
    entry.capture.page = "https://uni.hosted.panopto.com/Panopto/Pages/Viewer.aspx?id=1";
    entry.capture.site = "panopto";
    entry.capture.title =
        "Lecture \xe2\x80\x9c"
        "4\xe2\x80\x9d";
    entry.capture.state = state;
    entry.capture.startedAtMs = 1'700'000'000'000;
    entry.capture.plan = capture::PlanTaken{.how = "audio-direct", .bytes = 58, .wholeBytes = 465};
    entry.capture.error = Error{.kind = Kind::network, .message = "It broke off.", .retryable = true};
    entry.capture.target = {.to = delivery::Target::To::backend,
                            .origin = "https://study.example.edu",
                            .courseId = "c1",
                            .api = "auto",
                            .subfolder = ""};
    entry.part = {
        .bytes = 1000, .validator = {.etag = "\"v1\"", .lastModified = "", .total = 2000}, .isWhole = false};
    entry.about = {.title = "Lecture 4", .course = "Computing", .stableId = "s", .durationMs = 3'600'000};
    entry.lecture = "lecture-7";
    return entry;
}

TEST(Journal, gives_back_what_was_appended) {
    test::TemporaryFolder folder;
    {
        auto journal = Journal::create(folder.path() / "j");
        ASSERT_TRUE(journal);
        ASSERT_TRUE(journal->append({{"n", 1}}));
        ASSERT_TRUE(journal->append({{"n", 2}}));
        ASSERT_TRUE(journal->sync());
    }
    auto opened = Journal::open(folder.path() / "j");
    ASSERT_TRUE(opened);
    ASSERT_EQ(opened->records.size(), 2u);
    EXPECT_EQ(opened->records[1]["n"], 2);
}

TEST(Journal, cuts_a_tail_torn_at_any_byte_and_goes_on_behind_what_is_whole) {
    auto whole = capture::journalLine({{"n", 1}}) + capture::journalLine({{"n", 2}});
    auto first = capture::journalLine({{"n", 1}}).size();
    for (std::size_t cut = first; cut < whole.size(); ++cut) {
        test::TemporaryFolder folder;
        put(folder.path() / "j", whole.substr(0, cut));
        {
            auto opened = Journal::open(folder.path() / "j");
            ASSERT_TRUE(opened);
            ASSERT_EQ(opened->records.size(), 1u) << cut;
            ASSERT_TRUE(opened->journal.append({{"n", 3}}));
        }
        EXPECT_EQ(test::TemporaryFolder::read(folder.path() / "j"),
                  capture::journalLine({{"n", 1}}) + capture::journalLine({{"n", 3}}));
    }
}

TEST(Journal, believes_no_record_whose_bits_have_flipped) {
    auto line = capture::journalLine({{"n", 1}, {"text", "abc"}});
    for (std::size_t i = 0; i + 1 < line.size(); ++i) {
        auto wrong = line;
        wrong[i] = static_cast<char>(wrong[i] ^ 1);
        std::size_t valid = 0;
        auto records = capture::readJournal(wrong, valid);
        // The one bit that may differ without harm is none: the separator, the digits and the text all count.
        if (i != 8) {
            EXPECT_TRUE(records.empty()) << i;
        }
    }
}

TEST(Journal, belongs_to_one_process_at_a_time) {
    test::TemporaryFolder folder;
    auto journal = Journal::create(folder.path() / "j");
    ASSERT_TRUE(journal);
    auto second = Journal::open(folder.path() / "j");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, Kind::not_ready);
    EXPECT_TRUE(Journal::read(folder.path() / "j"));
}

TEST(Entry, survives_being_written_down) {
    auto entry = anEntry("a1");
    auto back = capture::entryOf(json::parse(capture::toRecord(entry).dump()));
    ASSERT_TRUE(back);
    EXPECT_EQ(capture::toRecord(*back), capture::toRecord(entry));
    EXPECT_EQ(back->capture.target, entry.capture.target);
    EXPECT_EQ(back->part.validator, entry.part.validator);
    EXPECT_EQ(back->capture.done, 1000u);
}

TEST(Entry, of_another_version_is_left_alone) {
    EXPECT_FALSE(capture::entryOf(json::object()));
    EXPECT_FALSE(capture::entryOf(json(7)));
    auto record = capture::toRecord(anEntry("a1"));
    record["part"] = "x";
    EXPECT_FALSE(capture::entryOf(record));
}

class Store : public testing::Test {
  protected:
    test::TemporaryFolder folder;
    capture::Store store{folder.path() / "state", folder.path() / "cache"};
};

TEST_F(Store, makes_nothing_before_the_first_capture) {
    EXPECT_TRUE(store.open().empty());
    EXPECT_TRUE(store.history().all().empty());
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST_F(Store, shows_a_capture_that_another_process_runs_but_does_not_give_it_away) {
    auto journal = store.create(anEntry("a1"));
    ASSERT_TRUE(journal);
    ASSERT_EQ(store.open().size(), 1u);
    EXPECT_EQ(store.take("a1").error().kind, Kind::not_ready);
}

TEST_F(Store, hands_over_what_an_ended_process_left) {
    (void)store.create(anEntry("a1"));
    auto held = store.take("a1");
    ASSERT_TRUE(held);
    EXPECT_EQ(held->entry.part.bytes, 1000u);
    EXPECT_EQ(store.take("nothing").error().kind, Kind::not_found);
    EXPECT_EQ(store.take("../../etc/passwd").error().kind, Kind::not_found);
}

TEST_F(Store, moves_a_done_capture_to_the_history_and_its_part_file_away) {
    auto journal = store.create(anEntry("a1"));
    put(store.partFile("a1"), "bytes");
    ASSERT_TRUE(store.archive(anEntry("a1", capture::State::done)));
    EXPECT_TRUE(store.open().empty());
    EXPECT_FALSE(std::filesystem::exists(store.partFile("a1")));
    ASSERT_EQ(store.history().all().size(), 1u);
    EXPECT_EQ(store.history().all()[0].capture.title, anEntry("a1").capture.title);
    store.erase("a1");
    EXPECT_TRUE(store.history().all().empty());
}

TEST_F(Store, forgets_what_is_over_and_old_but_nothing_that_is_not_over) {
    (void)store.create(anEntry("a1", capture::State::failed));
    (void)store.create(anEntry("a2", capture::State::parked));
    store.eraseOlderThan(1'700'000'000'000);
    EXPECT_EQ(store.open().size(), 2u);
    store.eraseOlderThan(1'700'000'000'001);
    ASSERT_EQ(store.open().size(), 1u);
    EXPECT_EQ(store.open()[0].capture.id, "a2");
}

TEST_F(Store, keeps_its_folders_to_this_user) {
    (void)store.create(anEntry("a1"));
    auto mode = std::filesystem::status(folder.path() / "state" / "captures").permissions();
    EXPECT_EQ(mode, std::filesystem::perms::owner_all);
}

}  // namespace
