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

}  // namespace auricle
