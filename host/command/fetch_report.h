// What `auricle fetch` shows of a capture: one line on a terminal, JSON lines for a program.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

#include "capture/manager.h"
#include "sites/site.h"

namespace auricle::command {

/// "11.4 MB": decimal, as file managers have it.
std::string sizeInWords(std::uint64_t bytes);
/// "1:02:09".
std::string durationInWords(std::uint64_t ms);

class FetchReport {
  public:
    /// `isTerminal`: a person looks at it. Borrows the stream.
    FetchReport(std::FILE* out, bool isTerminal) : out_(out), isTerminal_(isTerminal) {}

    void changed(const capture::Capture& capture);
    void progressed(const capture::Progress& progress);
    void ended(const capture::Capture& capture);
    void planned(const sites::Plan& plan);

  private:
    void line(const std::string& text);
    void endLine();

    std::FILE* out_;
    bool isTerminal_;
    bool isLineOpen_ = false;
};

}  // namespace auricle::command
