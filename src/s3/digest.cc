#include "s3/digest.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/text.h"

namespace s3ferry::s3 {
namespace {

Result<std::string> md5(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  std::size_t size = 0;
  if (EVP_Q_digest(nullptr, "MD5", nullptr, bytes.data(), bytes.size(), digest, &size) != 1)
    return fail(ErrorKind::kUnsupported, "this system's OpenSSL cannot compute MD5");
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

}  // namespace s3ferry::s3
