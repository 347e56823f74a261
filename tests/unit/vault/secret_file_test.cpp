#include "vault/secret_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

namespace auricle::vault {
namespace {

std::string pathOf(const SecretFile& file) {
    return "/proc/self/fd/" + std::to_string(file.descriptor());
}

std::string contentOf(int descriptor) {
    std::string text(10'000, '\0');
    const auto read = ::pread(descriptor, text.data(), text.size(), 0);
    text.resize(read > 0 ? static_cast<std::size_t>(read) : 0);
    return text;
}

TEST(SecretFile, is_opened_by_its_descriptors_path_and_has_no_other) {
    auto file = SecretFile::of(Secret::copyOf("the content"));
    ASSERT_TRUE(file);
    const int opened = ::open(pathOf(*file).c_str(), O_RDONLY | O_CLOEXEC);
    ASSERT_GE(opened, 0);
    EXPECT_EQ(contentOf(opened), "the content");
    ::close(opened);
    char target[64]{};
    ASSERT_GT(::readlink(pathOf(*file).c_str(), target, sizeof target - 1), 0);
    EXPECT_EQ(std::string(target), "/memfd:auricle (deleted)");
    EXPECT_TRUE(::fcntl(file->descriptor(), F_GETFD) & FD_CLOEXEC);
}

TEST(SecretFile, may_be_written_anew_by_whoever_has_it) {
    auto file = SecretFile::of(Secret::copyOf("the content"));
    const int opened = ::open(pathOf(*file).c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
    ASSERT_GE(opened, 0);
    EXPECT_EQ(::write(opened, "other", 5), 5);
    ::close(opened);
    EXPECT_EQ(contentOf(file->descriptor()), "other");
}

TEST(SecretFile, is_overwritten_when_it_goes_whatever_was_written_into_it) {
    auto file = SecretFile::of(Secret::copyOf("the content"));
    const int kept = ::open(pathOf(*file).c_str(), O_RDWR | O_CLOEXEC);
    const std::string longer(9000, 'c');
    ASSERT_EQ(::pwrite(kept, longer.data(), longer.size(), 0), 9000);
    file.reset();
    EXPECT_EQ(contentOf(kept), std::string(9000, '\0'));
    ::close(kept);
}

TEST(SecretFile, goes_once_however_it_is_moved) {
    auto file = SecretFile::of(Secret::copyOf("the content"));
    SecretFile moved(std::move(*file));
    file.reset();
    EXPECT_EQ(contentOf(moved.descriptor()), "the content");
}

}  // namespace
}  // namespace auricle::vault
