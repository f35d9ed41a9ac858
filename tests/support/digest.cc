#include "support/digest.h"

#include <openssl/evp.h>

#include "base/text.h"

namespace s3ferry::testing {

std::string md5(std::string_view bytes) {
  std::string out(16, '\0');
  unsigned int length = 0;
  EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(out.data()), &length,
             EVP_md5(), nullptr);
  return out;
}

std::string md5_hex(std::string_view bytes) {
  return to_hex(md5(bytes));
}

}  // namespace s3ferry::testing
