#pragma once

#include <string_view>

#include "base/error.h"

namespace s3ferry::aws {

// Takes the body of a 2xx answer while it comes, in place of Answer::body.
class AnswerSink {
 public:
  virtual ~AnswerSink() = default;
  // An answer begins: whatever came before belongs to a try that failed.
  virtual void begin() = 0;
  // The next bytes of it, not empty. An error ends the try with it; nothing more comes then.
  virtual Status take(std::string_view bytes) = 0;
};

}  // namespace s3ferry::aws
