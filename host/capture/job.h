// A capture that this process holds: its entry, its journal, and what is under way for it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>

#include "capture/entry.h"
#include "capture/journal.h"
#include "capture/part_file.h"
#include "sites/site.h"

namespace auricle::capture {

/// Why a running capture is being stopped; what becomes of it follows from that.
enum class StopReason : std::uint8_t { none, cancel, pause, remove, park };

struct Job : std::enable_shared_from_this<Job> {
    Job(Entry what, Journal where, sites::Page of)
        : entry(std::move(what)), journal(std::move(where)), page(std::move(of)) {}

    Entry entry;
    Journal journal;
    sites::Page page;
    sites::PageMedia given;          ///< what the page handed over; never written down
    std::shared_ptr<PartFile> part;  ///< open while bytes are coming or are used
    std::stop_source stop;
    std::stop_source finish;  ///< ends what is live, with what is there
    bool isLive = false;      ///< what is being fetched goes on until it is finished
    StopReason stopReason = StopReason::none;
    bool isRunning = false;
    /// Told on every change of state, after it was written down.
    std::function<void(const Job&)> changed;
    /// Told at most 5 times a second while bytes move.
    std::function<void(const Job&)> progressed;

    /// A new state is written down before anyone hears of it. A journal that cannot be written (a full disk)
    /// does not stop the capture: what is lost is the way back after a crash.
    void enter(State state) {
        entry.capture.state = state;
        note();
        if (changed) changed(*this);
    }
    void note();
    /// So much of the part file is on the disk.
    void saved(const SavedPart& safe) {
        entry.part = safe;
        if (safe.isWhole) entry.capture.done = entry.capture.total = safe.bytes;
        note();
    }
};

}  // namespace auricle::capture
