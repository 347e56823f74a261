// The extension's side of a sealed session, by OpenSSL's one-shot interfaces.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace auricle::channel_test {

class SealingClient {
  public:
    SealingClient();
    ~SealingClient();
    SealingClient(const SealingClient&) = delete;
    SealingClient& operator=(const SealingClient&) = delete;

    std::string publicKey() const;  ///< base64
    /// Takes session.open's result.
    void agree(const nlohmann::json& opened);
    /// The `sealed` of vault.put.
    nlohmann::json seal(std::string_view text, std::uint64_t seq) const;

  private:
    void* key_;  ///< EVP_PKEY
    std::string sessionId_, shared_;
};

}  // namespace auricle::channel_test
