#pragma once

#include <functional>
#include <optional>

#include "s3/types.h"
#include "transfer/copy_queue.h"
#include "transfer/identity.h"
#include "transfer/pace.h"
#include "transfer/relay_lanes.h"
#include "transfer/run_state.h"
#include "transfer/upload_log.h"

namespace s3ferry {

// What was learnt of the two services during a run; every copy goes by it.
struct ServiceTraits {
  bool guard_missing = true;             // the target knows If-None-Match on copies, as far as seen
  bool guard_changed = true;             // … and If-Match
  bool guard_honoured = false;           // it answered 412 when another had written there
  bool condition_seen_honoured = false;  // x-amz-copy-source-if-match answered 412 when it should
  bool condition_ignored = false;        // … and was caught ignoring it
  bool part_number_ignored = false;      // the source answers a HEAD of a part with the whole
  bool tags_lost_at_create = false;      // tags of CreateMultipartUpload did not arrive
  bool target_encrypts_by_key = false;   // so that no ETag can be kept
};

// What all copies of a run share.
struct CopyShared {
  CopyShared(RunState& run, std::size_t concurrency)
      : state(run),
        pace(run.runtime, concurrency, run.options.first_concurrency),
        identity(run.pair, run.options.copy_as),
        relay(run.runtime, run.options.relay.max_bandwidth),
        lanes(concurrency) {
    if (run.book != nullptr) uploads = &run.book->uploads();
  }
  RunState& state;
  Pace pace;
  CopyIdentity identity;
  ServiceTraits traits;
  RelayLanes relay;
  Semaphore lanes;  // tasks that carry parts beside those of the copies; never waited for
  std::optional<s3::CopyRequest> request;  // of the latest copy, to be filled in anew
  UploadLog no_uploads;
  UploadLog* uploads = &no_uploads;
  // Jobs that wait for their next try hold no permit, and another worker takes their place.
  std::size_t waiting = 0;
  bool denial_explained = false;  // what is missing was said with the first copy that was denied
  CopyQueue* queue = nullptr;     // set by whoever owns both
  std::function<void()> when_waiting;
};

}  // namespace s3ferry
