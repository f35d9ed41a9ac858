#pragma once

#include <string_view>

#include "base/time.h"
#include "s3/list_parser.h"

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

// One object of a listing as S3 itself writes it, recognised as a whole: a fifth of what reading
// element by element costs. It knows this one form, and no text in it that must be decoded:
//   <Contents><Key>…</Key><LastModified>…</LastModified><ETag>&quot;…&quot;</ETag>
//   [<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm>][<ChecksumType>FULL_OBJECT</ChecksumType>]
//   <Size>…</Size><StorageClass>…</StorageClass></Contents>
// What it takes is what an XML reader would have read there; whatever it does not take, well-formed
// or not, is left to that reader. Writes nothing into the document.
class UsualEntry {
 public:
  // At `at`: true with `entry` filled in and `at` behind the element; else nothing has changed.
  bool read(const char*& at, const char* end, ListEntry& entry);
  // Whether any key so far holds a '%' or a '+'.
  bool saw_escapes() const { return saw_escapes_; }

 private:
  ListTimes times_;
  bool saw_escapes_ = false;
};

}  // namespace s3ferry::s3
