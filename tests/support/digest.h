#pragma once

#include <string>
#include <string_view>

namespace s3ferry::testing {

std::string md5(std::string_view bytes);      // 16 raw bytes
std::string md5_hex(std::string_view bytes);  // a plain object's ETag

}  // namespace s3ferry::testing
