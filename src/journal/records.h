#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/key_range.h"
#include "base/time.h"
#include "base/types.h"

namespace s3ferry {

// What a store keeps of a run (work_store.h). Keys are raw bytes, relative to the synced prefix,
// ordered as unsigned bytes. Texts called opaque are the caller's: stored, never read. No member
// may hold a secret.

// One extra of the target that is to be deleted, as the listing saw it.
struct PlannedDelete {
  std::string key;  // relative
  std::string etag;
  ByteCount size = 0;
  WallTime modified{};
  // How many listed objects of each side sorted before it: tells how dense the sides are around it.
  std::uint64_t source_rank = 0, target_rank = 0;
};

enum class FailedWork : std::uint8_t { kCopy = 0, kDelete = 1 };
std::string_view to_string(FailedWork work);  // "copy", "delete"

// One object that ended as failed: what `failures` shows and `--retry-failed` tries again. The last
// failure of a key and kind of work counts.
struct FailedObject {
  FailedObject() = default;
  FailedObject(FailedWork what, std::string_view relative_key, ByteCount bytes, const Error& error);
  FailedWork work = FailedWork::kCopy;
  std::string key;
  ByteCount size = 0;
  std::string kind;     // to_string(ErrorKind)
  std::string code;     // S3's, or empty
  int http_status = 0;  // 0: none
  std::string message;  // describe(), without the key: escaped, on one line
};

// Keys that the check after the run treats out of the ordinary.
enum class SetAsideKind : std::uint8_t { kChanged = 0, kArchived = 1, kDeleted = 2 };
struct SetAsideKey {
  SetAsideKey() = default;
  SetAsideKey(SetAsideKind what, std::string_view relative_key) : kind(what), key(relative_key) {}
  SetAsideKind kind = SetAsideKind::kChanged;
  std::string key;
  friend bool operator==(const SetAsideKey&, const SetAsideKey&) = default;
};

// A span of keys in which every object has its outcome, and what of it has to be remembered. All of
// it becomes durable together or not at all.
struct FinishedSpan {
  KeyRange range;        // within the claim's; overlaps no finished span
  std::string counters;  // opaque: of ALL that is finished in the claim so far, this span included;
                         // replaces what an earlier span of the claim brought
  std::vector<PlannedDelete> planned_deletes;
  std::vector<FailedObject> failures;
  std::vector<SetAsideKey> set_aside;
};

// Planned deletions that came to their outcome. As FinishedSpan: all or nothing.
struct SettledDeletes {
  std::vector<std::string> keys;  // no longer planned
  std::string counters;           // opaque: of ALL settled deletions of the run, over all its tries
  std::vector<FailedObject> failures;
  std::vector<SetAsideKey> set_aside;
};

// A multipart upload that may exist at the target and is ours. `upload_id` is empty until the
// server has answered the create: a run that was killed in between finds its upload among the
// server's uploads of the key, not older than `intended`.
struct UploadIntent {
  std::string key;
  std::string upload_id;
  std::string facts;    // opaque: what is needed to go on with it (source ETag, layout, …)
  WallTime intended{};  // set by the store
};

enum class RunStatus : std::uint8_t {
  kOpen = 0,
  kFinished = 1,
  kAbandoned = 2,  // left behind by --restart
};
std::string_view to_string(RunStatus status);  // "open", "finished", "abandoned"

// Which run is wanted.
struct RunRequest {
  // Both URLs and endpoints, a line each. A store holds one task: another identity is refused.
  std::string identity;
  // All that changes what the run does, as lines NAME=VALUE in a fixed order. An open run is only
  // resumed under the same ones.
  std::string settings;
  std::string label;          // what a person calls it (--task), or empty
  bool restart = false;       // leave an open run behind and start anew
  bool retry_failed = false;  // a new run remembers which run's failures it takes up
};

// What is known of the run that was opened or is looked at.
struct RunRecord {
  std::uint64_t run = 0;    // counts up from 1 in one store
  std::uint64_t epoch = 0;  // of this opening; a later one fences it
  bool resumed = false;     // false: begins now, and all that follows is empty
  RunStatus status = RunStatus::kOpen;
  std::string identity, settings, label;
  WallTime began{};                       // of its first try
  WallTime last_write{};                  // of the store's last write to the run
  std::uint32_t tries = 1;                // this one included
  std::string phase;                      // opaque: the last set_phase(), or empty
  std::string result;                     // opaque: of finish_run(), of an open run that of
                                          // leave_run(), or empty
  std::optional<std::uint64_t> retry_of;  // --retry-failed: the run whose failures are taken up
  std::vector<KeyRange> finished;         // in key order, adjacent ones merged
  std::vector<std::string> counters;      // one of each claim that finished a span: add them up
  std::string delete_counters;            // of the last settle_deletes(), or empty
  std::uint64_t planned_deletes = 0;      // not yet settled
  std::uint64_t failures = 0, set_aside = 0;
  std::uint64_t open_uploads = 0;  // of the task: earlier runs' included

  // What is not finished of all keys, in key order: what a resumed run has to list.
  std::vector<KeyRange> gaps() const;
};

}  // namespace s3ferry
