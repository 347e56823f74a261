#include "delivery/upload_place.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace auricle::delivery {
namespace {

Result<UploadPlace> presignedBy(const std::string& backend, const std::string& part) {
    nlohmann::json upload{{"protocol", "presigned"},
                          {"part_bytes", 1000u},
                          {"parts", nlohmann::json::array({part})},
                          {"complete_url", backend + "/join"}};
    return uploadPlaceOf(upload, *net::Url::parse(backend), {"presigned"});
}

TEST(UploadPlace, lets_a_store_be_anywhere_but_on_this_machine) {
    EXPECT_TRUE(presignedBy("https://study.example", "https://store.example/1"));
    EXPECT_FALSE(presignedBy("https://study.example", "http://store.example/1"));
    EXPECT_FALSE(presignedBy("https://study.example", "http://127.0.0.1:9000/1"));
    EXPECT_FALSE(presignedBy("https://study.example", "https://localhost/1"));
}

TEST(UploadPlace, lets_a_backend_on_this_machine_have_its_store_here_too) {
    EXPECT_TRUE(presignedBy("http://127.0.0.1:8000", "http://127.0.0.1:9000/1"));
}

}  // namespace
}  // namespace auricle::delivery
