#include "s3/digest.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/text.h"

namespace s3ferry::s3 {
namespace {

auto no_md5() {
  return fail(ErrorKind::kUnsupported, "this system's OpenSSL cannot compute MD5");
}

Result<std::string> md5(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  std::size_t size = 0;
  if (EVP_Q_digest(nullptr, "MD5", nullptr, bytes.data(), bytes.size(), digest, &size) != 1)
    return no_md5();
  return std::string(reinterpret_cast<const char*>(digest), size);
}

}  // namespace

Result<std::string> content_md5(std::string_view bytes) {
  auto digest = md5(bytes);
  if (!digest) return digest;
  return to_base64(*digest);
}

Result<std::string> multipart_etag(const std::vector<ETag>& parts) {
  std::string digests;
  digests.reserve(16 * parts.size());
  for (const ETag& part : parts) {
    const auto digest = from_hex(part.view());
    if (!digest || digest->size() != 16) return std::string();
    digests += *digest;
  }
  auto digest = md5(digests);
  if (!digest) return digest;
  return fmt::format("{}-{}", to_hex(*digest), parts.size());
}

void Md5::Free::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

Result<Md5> Md5::begin() {
  Md5 made(EVP_MD_CTX_new());
  if (!made.context_ || EVP_DigestInit_ex(made.context_.get(), EVP_md5(), nullptr) != 1)
    return no_md5();
  return made;
}

void Md5::update(std::string_view bytes) {
  EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
}

std::string Md5::finish() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_DigestFinal_ex(context_.get(), digest, &size);
  return {reinterpret_cast<const char*>(digest), size};
}

}  // namespace s3ferry::s3
