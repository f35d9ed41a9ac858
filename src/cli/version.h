#pragma once

#include <string_view>

namespace s3ferry {

std::string_view version();  // "0.1.0": the project's, set by the build

}  // namespace s3ferry
