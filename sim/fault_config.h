#pragma once

#include <string_view>

#include "base/error.h"
#include "sim/spec.h"

namespace s3ferry::sim {

// One fault as the sync cases write it, with the further members that README.md lists. kConfig for
// anything that is not understood.
Result<Fault> parse_fault(std::string_view json);

}  // namespace s3ferry::sim
