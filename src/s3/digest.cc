#include "s3/digest.h"

#include <openssl/evp.h>

#include "base/text.h"

namespace s3ferry::s3 {

Result<std::string> content_md5(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  std::size_t size = 0;
  if (EVP_Q_digest(nullptr, "MD5", nullptr, bytes.data(), bytes.size(), digest, &size) != 1)
    return fail(ErrorKind::kUnsupported, "this system's OpenSSL cannot compute MD5");
  return to_base64({reinterpret_cast<const char*>(digest), size});
}

}  // namespace s3ferry::s3
