// The one thread beside the loop: for what blocks (syncing, digests of files). Started when it is first
// needed.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/thread_pool.hpp>
#include <optional>

namespace auricle {

class WorkerThread {
  public:
    WorkerThread() = default;
    WorkerThread(const WorkerThread&) = delete;
    WorkerThread& operator=(const WorkerThread&) = delete;
    ~WorkerThread() { join(); }

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
