// A secret text that is put together piece by piece.
#pragma once

#include <string_view>

#include "vault/secret.h"

namespace auricle::vault {

class SecretText {
  public:
    SecretText& add(std::string_view piece);
    /// As a JSON string (RFC 8259 section 7), its quotes included.
    SecretText& addJsonString(std::string_view piece);
    /// What was put together; the text is empty afterwards.
    Secret take();

  private:
    void makeRoom(std::size_t more);

    Secret room_;  ///< wiped when a larger one takes its place
    std::size_t size_ = 0;
};

}  // namespace auricle::vault
