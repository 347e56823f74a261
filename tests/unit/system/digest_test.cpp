#include "system/digest.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "system/files.h"
#include "tests/unit/support/temporary_folder.h"

namespace auricle {
namespace {

std::span<const std::byte> bytesOf(std::string_view text) {
    return std::as_bytes(std::span(text));
}

// FIPS 180-2 appendix B.1 and A.1.
constexpr std::string_view sha256OfAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr std::string_view sha1OfAbc = "a9993e364706816aba3e25717850c26c9cd0d89d";

TEST(Digest, gives_the_known_digests) {
    Sha256 sha256;
    sha256.update(bytesOf("abc"));
    EXPECT_EQ(sha256.hex(), sha256OfAbc);
    Digest sha1(Digest::Algorithm::sha1);
    sha1.update(bytesOf("abc"));
    EXPECT_EQ(sha1.hex(), sha1OfAbc);
    EXPECT_EQ(sha1.value().size(), 20u);
}

TEST(Digest, can_be_asked_in_between_and_goes_on) {
    Sha256 digest;
    EXPECT_EQ(digest.hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    digest.update(bytesOf("a"));
    (void)digest.hex();
    digest.update(bytesOf("bc"));
    Sha256 moved = std::move(digest);
    EXPECT_EQ(moved.hex(), sha256OfAbc);
}

TEST(Digest, of_a_file_reads_it_from_its_start_wherever_it_stands) {
    const test::TemporaryFolder folder;
    const auto file = folder.write("file", "abc");
    auto opened = openFile(file, O_RDONLY);
    ASSERT_TRUE(opened);
    ::lseek(opened->get(), 2, SEEK_SET);
    EXPECT_EQ(sha256OfFile(opened->get()), std::string(sha256OfAbc));
    std::stop_source stopped;
    stopped.request_stop();
    EXPECT_EQ(sha256OfFile(opened->get(), stopped.get_token()).error().kind, Kind::cancelled);
}

}  // namespace
}  // namespace auricle
