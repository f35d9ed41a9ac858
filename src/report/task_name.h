#pragma once

#include <string_view>

#include "base/error.h"

namespace s3ferry {

// kUsage unless `name` can stand in a file name: no '/' or '\', no control character, valid UTF-8,
// 1 to 200 bytes, not "." or "..".
Status check_task_name(std::string_view name);

}  // namespace s3ferry
