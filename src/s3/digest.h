#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/types.h"

namespace s3ferry::s3 {

// Content-MD5 as DeleteObjects demands it: base64 of the MD5. kUnsupported where the system's
// OpenSSL has no MD5 (FIPS).
Result<std::string> content_md5(std::string_view bytes);

// The ETag of an object whose parts have these (s3-facts.md §2): the MD5 of their MD5s, and their
// number. Empty where one of them is no MD5, as under encryption by a key.
Result<std::string> multipart_etag(const std::vector<ETag>& parts);

}  // namespace s3ferry::s3
