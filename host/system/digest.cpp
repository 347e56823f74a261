#include "system/digest.h"

#include <openssl/evp.h>

#include <new>

#include "system/files.h"

namespace auricle {
namespace {

using Context = std::unique_ptr<EVP_MD_CTX, decltype([](EVP_MD_CTX* context) { EVP_MD_CTX_free(context); })>;

void must(bool worked) {
    if (!worked) throw std::bad_alloc();
}

}  // namespace

void Digest::Free::operator()(evp_md_ctx_st* context) const noexcept {
    EVP_MD_CTX_free(context);
}

Digest::Digest(Algorithm algorithm) : context_(EVP_MD_CTX_new()) {
    must(context_ != nullptr);
    must(EVP_DigestInit_ex(context_.get(), algorithm == Algorithm::sha1 ? EVP_sha1() : EVP_sha256(),
                           nullptr) == 1);
}

void Digest::update(std::span<const std::byte> bytes) {
    must(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

std::vector<std::byte> Digest::value() const {
    Context copy(EVP_MD_CTX_new());
    must(copy != nullptr && EVP_MD_CTX_copy_ex(copy.get(), context_.get()) == 1);
    std::vector<std::byte> digest(EVP_MAX_MD_SIZE);
    unsigned size = 0;
    must(EVP_DigestFinal_ex(copy.get(), reinterpret_cast<unsigned char*>(digest.data()), &size) == 1);
    digest.resize(size);
    return digest;
}

std::string Digest::hex() const {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const std::byte byte : value()) {
        text += digits[std::to_integer<unsigned>(byte) >> 4];
        text += digits[std::to_integer<unsigned>(byte) & 15];
    }
    return text;
}

Result<std::string> sha256OfFile(int descriptor, std::stop_token stop) {
    Sha256 digest;
    std::vector<std::byte> buffer(256u << 10);
    for (std::uint64_t offset = 0;;) {
        if (stop.stop_requested()) return fail(Kind::cancelled, "The capture was stopped.");
        auto got = readAt(descriptor, offset, buffer);
        if (!got) return std::unexpected(got.error());
        if (*got == 0) return digest.hex();
        digest.update(std::span(buffer).first(*got));
        offset += *got;
    }
}

}  // namespace auricle
