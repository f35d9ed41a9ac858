#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/types.h"

struct evp_md_ctx_st;

namespace s3ferry::s3 {

// Content-MD5 as DeleteObjects demands it: base64 of the MD5. kUnsupported where the system's
// OpenSSL has no MD5 (FIPS).
Result<std::string> content_md5(std::string_view bytes);

// The ETag of an object whose parts have these (s3-facts.md §2): the MD5 of their MD5s, and their
// number. Empty where one of them is no MD5, as under encryption by a key.
Result<std::string> multipart_etag(const std::vector<ETag>& parts);

// The MD5 of bytes that come in pieces: what an ETag is made of.
class Md5 {
 public:
  static Result<Md5> begin();  // kUnsupported as above
  void update(std::string_view bytes);
  std::string finish();  // 16 raw bytes; once

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  explicit Md5(evp_md_ctx_st* context) : context_(context) {}
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace s3ferry::s3
