#pragma once

#include <string_view>

#include "base/time.h"

namespace s3ferry::s3 {

// A listing's times: one day's objects stand together, so the day is kept from one to the next.
class ListTimes {
 public:
  // As parse_iso8601; false where it is no time.
  bool read(std::string_view text, WallTime& out);

 private:
  char day_text_[12] = "1970-01-01T";
  WallTime day_{};
};

}  // namespace s3ferry::s3
