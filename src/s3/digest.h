#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace s3ferry::s3 {

// Content-MD5 as DeleteObjects demands it: base64 of the MD5. kUnsupported where the system's
// OpenSSL has no MD5 (FIPS).
Result<std::string> content_md5(std::string_view bytes);

}  // namespace s3ferry::s3
