#include "delivery/form_body.h"

#include <fcntl.h>
#include <gmock/gmock.h>

#include "delivery_test_support.h"
#include "system/files.h"

namespace auricle::delivery {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class FormBodyTest : public testing::DeliveryTest {
  protected:
    FormFile fileOf(const std::string& bytes, const std::string& name = "49d05f87.m4a") {
        write(folder / "part", bytes);
        open_ = *openFile(folder / "part", O_RDONLY);
        return {.field = "audio",
                .name = name,
                .mime = "audio/mp4",
                .descriptor = open_.get(),
                .bytes = bytes.size()};
    }
    static std::string readWhole(FormBody& body, std::size_t atOnce) {
        std::string whole;
        std::vector<std::byte> buffer(atOnce);
        for (;;) {
            auto got = body.read(buffer);
            EXPECT_TRUE(got);
            if (!got || *got == 0) return whole;
            whole.append(reinterpret_cast<const char*>(buffer.data()), *got);
        }
    }
    static std::string boundaryOf(const FormBody& body) {
        const std::string& type = body.contentType();
        return type.substr(type.find('=') + 1);
    }

  private:
    FileHandle open_;
};

TEST_F(FormBodyTest, is_what_rfc_7578_says_with_the_text_before_the_file) {
    FormBody body({{"metadata", R"({"a":1})"}}, fileOf("the\r\nsound"), "seed");
    EXPECT_THAT(body.contentType(), StartsWith("multipart/form-data; boundary=auricle-"));
    const std::string line = "--" + boundaryOf(body);
    EXPECT_EQ(readWhole(body, 4096),
              line + "\r\nContent-Disposition: form-data; name=\"metadata\"\r\n\r\n{\"a\":1}\r\n" + line +
                  "\r\nContent-Disposition: form-data; name=\"audio\"; filename=\"49d05f87.m4a\"\r\n"
                  "Content-Type: audio/mp4\r\n\r\nthe\r\nsound\r\n" +
                  line + "--\r\n");
}

TEST_F(FormBodyTest, has_the_size_that_it_says_however_it_is_read) {
    const std::string sound(10'000, 's');
    for (const std::size_t atOnce : {1u, 7u, 100u, 9'999u, 65'536u}) {
        FormBody body({{"metadata", "{}"}, {"x", ""}}, fileOf(sound), "seed");
        const std::string whole = readWhole(body, atOnce);
        EXPECT_EQ(whole.size(), body.size()) << atOnce;
        EXPECT_THAT(whole, HasSubstr("\r\n\r\n" + sound + "\r\n--"));
    }
}

TEST_F(FormBodyTest, tells_how_much_of_the_file_is_in_what_was_sent) {
    FormBody body({{"metadata", "{}"}}, fileOf(std::string(1000, 's')), "seed");
    const std::uint64_t head = readWhole(body, 4096).find("\r\n\r\nsss") + 4;
    EXPECT_EQ(body.fileBytesOf(0), 0u);
    EXPECT_EQ(body.fileBytesOf(head), 0u);
    EXPECT_EQ(body.fileBytesOf(head + 1), 1u);
    EXPECT_EQ(body.fileBytesOf(*body.size()), 1000u);
}

TEST_F(FormBodyTest, a_name_cannot_leave_its_quotes) {
    FormBody body({{"metadata", "{}"}}, fileOf("x", "a\"; name=\"b\r\nX: y/../ä.m4a"), "seed");
    EXPECT_THAT(readWhole(body, 4096), HasSubstr("filename=\"a___name__b__X__y_..___.m4a\"\r\n"));
}

TEST_F(FormBodyTest, another_seed_is_another_boundary) {
    FormBody one({}, fileOf("x"), "seed"), same({}, fileOf("x"), "seed"), other({}, fileOf("x"), "seed 2");
    EXPECT_EQ(one.contentType(), same.contentType());
    EXPECT_NE(one.contentType(), other.contentType());
    EXPECT_LE(boundaryOf(one).size(), 70u);  // RFC 2046 section 5.1.1
}

TEST_F(FormBodyTest, a_file_that_became_shorter_is_an_error_and_no_short_body) {
    FormFile file = fileOf("the sound");
    file.bytes = 100;
    FormBody body({}, file, "seed");
    std::vector<std::byte> buffer(4096);
    ASSERT_TRUE(body.read(buffer));
    auto got = body.read(buffer);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, Kind::internal);
}

}  // namespace
}  // namespace auricle::delivery
