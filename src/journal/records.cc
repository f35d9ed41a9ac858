#include "journal/records.h"

namespace s3ferry {

std::string_view to_string(FailedWork work) {
  return work == FailedWork::kCopy ? "copy" : "delete";
}

std::string_view to_string(RunStatus status) {
  switch (status) {
    case RunStatus::kOpen:
      return "open";
    case RunStatus::kFinished:
      return "finished";
    case RunStatus::kAbandoned:
      return "abandoned";
  }
  return "unknown";
}

FailedObject::FailedObject(FailedWork what, std::string_view relative_key, ByteCount bytes,
                           const Error& error)
    : work(what),
      key(relative_key),
      size(bytes),
      kind(to_string(error.kind())),
      code(error.code()),
      http_status(error.http_status()),
      message(Error(error).with_key("").describe()) {}

std::vector<KeyRange> RunRecord::gaps() const {
  std::vector<KeyRange> out;
  std::optional<std::string> at;
  for (const KeyRange& span : finished) {
    if (span.after != at) out.push_back(KeyRange{at, span.after});
    if (!span.up_to) return out;
    at = span.up_to;
  }
  out.push_back(KeyRange{at, std::nullopt});
  return out;
}

}  // namespace s3ferry
