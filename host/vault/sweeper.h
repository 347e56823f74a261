// Wipes what a vault holds for a time only when that time is over, without anybody asking for it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "vault/vault.h"

namespace auricle::vault {

/// Listens to onHeld() of that vault, which must outlive it; on the loop.
class Sweeper {
  public:
    Sweeper(boost::asio::any_io_executor loop, Vault& vault);
    ~Sweeper();
    Sweeper(const Sweeper&) = delete;
    Sweeper& operator=(const Sweeper&) = delete;

  private:
    void sweep();

    Vault& vault_;
    boost::asio::steady_timer timer_;
};

}  // namespace auricle::vault
