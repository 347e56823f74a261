#include "system/wiping_memory.h"

#ifndef AURICLE_SANITIZED

#include <gtest/gtest.h>
#include <malloc.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "tests/unit/vault/memory.h"

namespace auricle {
namespace {

using test::Canary;

char* volatile keepAlive;  // what is allocated for its side effects alone may not be optimised away

TEST(WipingMemory, every_librarys_free_is_ours) {
    EXPECT_TRUE(activateWipingMemory());
}

TEST(WipingMemory, freed_blocks_of_every_size_hold_nothing) {
    ASSERT_TRUE(activateWipingMemory());
    const Canary canary;
    for (const std::size_t size : {40u, 100u, 1000u, 5000u, 70'000u, 200'000u, 3'000'000u}) {
        keepAlive = static_cast<char*>(std::malloc(size));
        canary.writeTo(keepAlive + size - canary.size());
        ASSERT_EQ(canary.copiesInMemory(), 1u);
        std::free(keepAlive);
        EXPECT_EQ(canary.copiesInMemory(), 0u) << size;
    }
}

TEST(WipingMemory, deleted_strings_and_json_hold_nothing) {
    ASSERT_TRUE(activateWipingMemory());
    const Canary canary;
    {
        std::string text(canary.size(), 'x');
        canary.writeTo(text.data());
        nlohmann::json tree = {{"list", {text + "1", text + "2"}}, {text, 1}};
        tree = nlohmann::json::parse(tree.dump());
        tree["more"].push_back(tree.dump());
        EXPECT_GT(canary.copiesInMemory(), 3u);
    }
    EXPECT_EQ(canary.copiesInMemory(), 0u);
}

TEST(WipingMemory, a_block_that_grows_leaves_no_copy_on_its_way) {
    ASSERT_TRUE(activateWipingMemory());
    const Canary canary;
    std::mt19937 random(1);
    std::vector<std::unique_ptr<void, decltype(&std::free)>> behind;
    std::size_t size = canary.size();
    keepAlive = static_cast<char*>(std::malloc(size));
    canary.writeTo(keepAlive);
    while (size < 1'000'000) {
        size += 1 + random() % (size / 2);
        keepAlive = static_cast<char*>(std::realloc(keepAlive, size));
        // Something that stays right behind it, so that it must move.
        behind.emplace_back(std::malloc(100), std::free);
        ASSERT_TRUE(canary.is({keepAlive, canary.size()}));
        ASSERT_EQ(canary.copiesInMemory(), 1u) << size;
    }
    std::free(keepAlive);
    EXPECT_EQ(canary.copiesInMemory(), 0u);
}

TEST(WipingMemory, a_block_that_shrinks_loses_what_is_cut_off) {
    ASSERT_TRUE(activateWipingMemory());
    for (const std::size_t size : {200u, 3000u, 100'000u}) {
        for (const std::size_t smaller : {size / 8, size - 50}) {
            const Canary head, tail;
            keepAlive = static_cast<char*>(std::malloc(size));
            head.writeTo(keepAlive);
            tail.writeTo(keepAlive + size - tail.size());
            keepAlive = static_cast<char*>(std::realloc(keepAlive, std::max(smaller, head.size())));
            EXPECT_TRUE(head.is({keepAlive, head.size()}));
            EXPECT_EQ(head.copiesInMemory(), 1u);
            EXPECT_EQ(tail.copiesInMemory(), 0u);
            std::free(keepAlive);
        }
    }
}

TEST(WipingMemory, keeps_to_what_the_standard_says_of_edge_cases) {
    std::free(nullptr);
    errno = 4711;
    keepAlive = static_cast<char*>(std::realloc(nullptr, 10));
    ASSERT_NE(keepAlive, nullptr);
    std::free(keepAlive);
    EXPECT_EQ(errno, 4711);
    keepAlive = static_cast<char*>(std::malloc(10));
    EXPECT_EQ(std::realloc(keepAlive, 0), nullptr);
    keepAlive = static_cast<char*>(std::malloc(100));
    std::memcpy(keepAlive, "stays", 6);
    volatile std::size_t tooMuch = PTRDIFF_MAX - 4096;
    errno = 0;
    EXPECT_EQ(std::realloc(keepAlive, tooMuch), nullptr);
    EXPECT_EQ(errno, ENOMEM);
    errno = 0;
    EXPECT_EQ(reallocarray(keepAlive, tooMuch, 16), nullptr);
    EXPECT_EQ(errno, ENOMEM);
    EXPECT_STREQ(keepAlive, "stays");
    keepAlive = static_cast<char*>(reallocarray(keepAlive, 50, 40));
    EXPECT_STREQ(keepAlive, "stays");
    EXPECT_GE(malloc_usable_size(keepAlive), 2000u);
    std::free(keepAlive);
    void* aligned = nullptr;
    ASSERT_EQ(posix_memalign(&aligned, 4096, 10'000), 0);
    std::memset(aligned, 'x', 10'000);
    std::free(aligned);
}

TEST(WipingMemory, content_survives_any_order_of_resizing_in_several_threads) {
    std::vector<std::jthread> threads;
    std::atomic<int> wrong = 0;
    for (unsigned t = 0; t < 3; ++t) {
        threads.emplace_back([&wrong, t] {
            std::mt19937 random(t);
            std::vector<std::pair<unsigned char*, std::size_t>> blocks(50, {nullptr, 0});
            for (int i = 0; i < 20'000; ++i) {
                auto& [block, size] = blocks[random() % blocks.size()];
                const std::size_t wanted = 1 + random() % (random() % 50 ? 3000 : 300'000);
                block = static_cast<unsigned char*>(std::realloc(block, wanted));
                const std::size_t same = std::min(size, wanted);
                if (same && (block[0] != (same & 0xFF) % 7 && block[0] != size % 7)) ++wrong;
                size = wanted;
                block[0] = static_cast<unsigned char>(size % 7);
                block[size - 1] = block[0];
            }
            for (auto& [block, size] : blocks) std::free(block);
        });
    }
    threads.clear();
    EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace auricle

#endif
