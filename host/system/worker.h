// The one thread beside the loop: for what blocks (syncing, digests of files). Started when it is first needed.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/thread_pool.hpp>
#include <optional>

namespace auricle {

class Worker {
  public:
    Worker() = default;
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;
    ~Worker() { join(); }

    boost::asio::any_io_executor executor() {
        if (!pool_) pool_.emplace(1);
        return pool_->get_executor();
    }
    /// Returns when what was given to it is done.
    void join() {
        if (pool_) pool_->join();
    }

  private:
    std::optional<boost::asio::thread_pool> pool_;
};

}  // namespace auricle
