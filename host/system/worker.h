<<<<<<< HEAD
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
=======
// Blocking work (hashing, reading, fsync) away from the loop, awaited on it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <type_traits>
#include <utility>

namespace auricle {

/// Runs `work()` on `worker`, which is a small boost::asio::thread_pool in the program and may be the loop
/// itself in a test; whoever awaits goes on upon its own executor. What `work` refers to must live until
/// then. The pool is joined before the loop is destroyed.
template <class Work>
boost::asio::awaitable<std::invoke_result_t<Work>> onWorker(boost::asio::any_io_executor worker, Work work) {
    auto run = [](Work task) -> boost::asio::awaitable<std::invoke_result_t<Work>> { co_return task(); };
    co_return co_await boost::asio::co_spawn(std::move(worker), run(std::move(work)),
                                             boost::asio::use_awaitable);
}
>>>>>>> delivery

}  // namespace auricle
