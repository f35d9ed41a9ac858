#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "base/types.h"
#include "runtime/task.h"

namespace s3ferry {

// That one multipart upload was about to be started: enough to go on with it after a kill, or to
// find and abort it, and never another tool's.
struct PlannedUpload {
  PlannedUpload() = default;
  ObjectKey key;  // whole, at the target
  ETag source_etag;
  ByteCount size = 0;
  std::string layout;  // UploadPlan::text()
  WallTime began{};    // by the target's clock, before the upload was created
  bool seen_known = false;
  std::vector<UploadId> seen;  // uploads that were open at this key before; meaningful if known
  UploadId upload;             // empty: the answer that named it was not written down
  bool by_key = false;  // the target said that it encrypts by a key: its ETags are no digests
};

// Where uploads are written down before they happen (rule 10). At most one record a key. One run,
// one shard; this one forgets everything.
class UploadLog {
 public:
  virtual ~UploadLog() = default;
  // True where what is written outlives the program; then an upload may be left open when the run
  // is stopped, for the next try to go on with.
  virtual bool is_durable() const { return false; }
  // Durable when it returns. kConflict: an earlier record of this key was not ended.
  virtual Task<Status> begin(PlannedUpload /*record*/) { co_return Status(); }
  // What the server said of the upload that was begun: its id, and whether the target encrypts by a
  // key. Durable when it returns.
  virtual Task<Status> created(ObjectKey /*key*/, UploadId /*upload*/, bool /*by_key*/) {
    co_return Status();
  }
  // It was completed or aborted, or is certainly gone.
  virtual Task<Status> ended(ObjectKey /*key*/) { co_return Status(); }
  // The record of an earlier try that was not ended.
  virtual std::optional<PlannedUpload> find(const ObjectKey& /*key*/) const { return std::nullopt; }
};

}  // namespace s3ferry
