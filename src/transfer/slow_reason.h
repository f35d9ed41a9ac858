#pragma once

#include <string>

#include "base/error.h"
#include "transfer/events.h"

namespace s3ferry {

// Why copies are given back and tried again later, for people: a server that asks for a slower
// pace, one that answers with errors, a network that fails, or this process out of file
// descriptors. Pure.
struct SlowReason {
  WarningKind kind = WarningKind::kSlowedDown;
  std::string message;
};
SlowReason slow_reason(const Error& error);

}  // namespace s3ferry
