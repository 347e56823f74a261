#include "capture/history.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "capture/journal.h"
#include "capture/store.h"
#include "tests/unit/support/temporary_folder.h"

namespace {

using namespace auricle;
using capture::Entry;

Entry doneEntry(const std::string& id, const std::string& page = "p", const std::string& key = "k") {
    Entry entry;
    entry.capture.id = id;
    entry.capture.key = key;
    entry.capture.page = page;
    entry.capture.site = "panopto";
    entry.capture.state = capture::State::done;
    return entry;
}

std::string idOf(const std::optional<Entry>& entry) {
    return entry ? entry->capture.id : "none";
}

class History : public testing::Test {
  protected:
    test::TemporaryFolder folder;
    std::filesystem::path file = folder.path() / "history";
    capture::History history{file};

    void appendRaw(const std::string& text) { std::ofstream(file, std::ios::app | std::ios::binary) << text; }
};

TEST_F(History, is_empty_where_nothing_was_ever_done) {
    EXPECT_EQ(idOf(history.byId("a")), "none");
    EXPECT_TRUE(history.all().empty());
}

TEST_F(History, finds_a_capture_by_its_id_its_key_and_its_page) {
    ASSERT_TRUE(history.add(doneEntry("a1", "page 1", "key 1")));
    ASSERT_TRUE(history.add(doneEntry("a2", "page 2", "key 2")));
    EXPECT_EQ(idOf(history.byId("a1")), "a1");
    EXPECT_EQ(idOf(history.byKey("key 2")), "a2");
    EXPECT_EQ(idOf(history.byPage("page 1")), "a1");
    EXPECT_EQ(idOf(history.byPage("page 3")), "none");
}

TEST_F(History, gives_the_newest_of_several_and_forgets_what_was_erased) {
    ASSERT_TRUE(history.add(doneEntry("a1")));
    ASSERT_TRUE(history.add(doneEntry("a2")));
    EXPECT_EQ(idOf(history.byPage("p")), "a2");
    ASSERT_TRUE(history.erase("a2"));
    EXPECT_EQ(idOf(history.byPage("p")), "a1");
    EXPECT_EQ(history.all().size(), 1u);
    EXPECT_EQ(idOf(capture::History(file).byKey("k")), "a1");
}

TEST_F(History, sees_what_another_process_adds_and_erases) {
    capture::History other(file);
    ASSERT_TRUE(history.add(doneEntry("a1")));
    EXPECT_EQ(idOf(other.byId("a1")), "a1");
    ASSERT_TRUE(history.add(doneEntry("a2")));
    EXPECT_EQ(idOf(other.byId("a2")), "a2");
    ASSERT_TRUE(history.erase("a1"));
    EXPECT_EQ(idOf(other.byId("a1")), "none");
    EXPECT_EQ(idOf(other.byPage("p")), "a2");
}

TEST_F(History, reads_what_was_appended_and_nothing_anew) {
    ASSERT_TRUE(history.add(doneEntry("a1", "page 1")));
    ASSERT_TRUE(history.add(doneEntry("a2", "page 2")));
    EXPECT_EQ(idOf(history.byPage("page 2")), "a2");
    // Another record in the first one's place, of the same length: who reads the whole file finds it.
    std::fstream(file, std::ios::in | std::ios::out | std::ios::binary)
        << capture::journalLine(capture::toRecord(doneEntry("a9", "page 9")));
    ASSERT_TRUE(history.add(doneEntry("a3", "page 3")));
    EXPECT_EQ(idOf(history.byPage("page 3")), "a3");
    EXPECT_EQ(idOf(history.byPage("page 9")), "none");
    EXPECT_EQ(idOf(history.byPage("page 1")), "none") << "what it reads is held against what it looks for";
    EXPECT_EQ(idOf(capture::History(file).byPage("page 9")), "a9");
}

TEST_F(History, loses_a_record_that_was_torn_and_no_other) {
    ASSERT_TRUE(history.add(doneEntry("a1")));
    appendRaw("0badc0de {\"id\":\"torn");
    EXPECT_EQ(idOf(history.byId("a1")), "a1");
    ASSERT_TRUE(history.add(doneEntry("a2")));
    appendRaw("00000000 {\"id\":\"wrong\"}\n");
    ASSERT_TRUE(history.add(doneEntry("a3")));
    for (const auto* id : {"a1", "a2", "a3"}) EXPECT_EQ(idOf(history.byId(id)), id);
    EXPECT_EQ(history.all().size(), 3u);
    EXPECT_EQ(capture::History(file).all().size(), 3u);
}

TEST_F(History, takes_in_a_line_that_was_half_written_when_it_looked) {
    auto line = capture::journalLine(capture::toRecord(doneEntry("a1")));
    appendRaw(line.substr(0, 40));
    EXPECT_EQ(idOf(history.byId("a1")), "none");
    appendRaw(line.substr(40));
    EXPECT_EQ(idOf(history.byId("a1")), "a1");
}

TEST_F(History, begins_anew_where_the_file_is_another_one) {
    ASSERT_TRUE(history.add(doneEntry("a1")));
    EXPECT_EQ(idOf(history.byId("a1")), "a1");
    std::filesystem::remove(file);
    EXPECT_EQ(idOf(history.byId("a1")), "none");
    ASSERT_TRUE(history.add(doneEntry("a2")));
    EXPECT_EQ(idOf(history.byId("a2")), "a2");
    EXPECT_EQ(history.all().size(), 1u);
}

TEST_F(History, holds_ten_thousand_captures_and_finds_each) {
    std::string text;
    for (int n = 0; n < 10'000; ++n) {
        auto name = std::to_string(n);
        text += capture::journalLine(capture::toRecord(doneEntry("a" + name, "page " + name, "key " + name)));
    }
    appendRaw(text);
    for (int n = 0; n < 10'000; n += 331) {
        EXPECT_EQ(idOf(history.byPage("page " + std::to_string(n))), "a" + std::to_string(n));
        EXPECT_EQ(idOf(history.byKey("key " + std::to_string(n))), "a" + std::to_string(n));
    }
    EXPECT_EQ(history.all().size(), 10'000u);
}

TEST_F(History, is_what_a_store_looks_into_behind_its_open_journals) {
    capture::Store store(folder.path() / "state", folder.path() / "cache");
    auto open = doneEntry("b1", "page", "same");
    open.capture.state = capture::State::parked;
    ASSERT_TRUE(store.create(open));
    auto old = doneEntry("a1", "page", "other");
    ASSERT_TRUE(store.create(old));
    ASSERT_TRUE(store.archive(old));
    EXPECT_EQ(idOf(store.findByKey("same")), "b1");
    EXPECT_EQ(idOf(store.findByKey("other")), "a1");
    EXPECT_EQ(idOf(store.find("a1")), "a1");
    EXPECT_EQ(idOf(store.find("b1")), "b1");
    EXPECT_EQ(idOf(store.find("../b1")), "none");
}

TEST_F(History, leaves_open_journals_to_the_store_which_sees_them_change) {
    capture::Store store(folder.path() / "state", folder.path() / "cache");
    auto entry = doneEntry("b1");
    entry.capture.state = capture::State::queued;
    auto journal = store.create(entry);
    ASSERT_TRUE(journal);
    ASSERT_EQ(store.open().at(0).capture.state, capture::State::queued);
    entry.capture.state = capture::State::parked;
    ASSERT_TRUE(journal->append(capture::toRecord(entry)));
    EXPECT_EQ(store.open().at(0).capture.state, capture::State::parked);
    store.erase("b1");
    EXPECT_TRUE(store.open().empty());
}

}  // namespace
