#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/object_view.h"
#include "base/types.h"
#include "transfer/counters.h"
#include "transfer/pair.h"

namespace s3ferry {

enum class Phase : std::uint8_t { kCopying, kDeleting, kChecking };
std::string_view to_string(Phase phase);  // "copying", "deleting", "checking"

enum class WarningKind : std::uint8_t {
  kConditionIgnored,     // the server ignores x-amz-copy-source-if-match
  kNoConditionalWrites,  // the target does not know If-Match / If-None-Match on copies
  kDeletionsRefused,     // with the flag that would allow them
  kListingFailed,        // and so nothing was deleted
  kCopiedAs,             // which principal copies, found out by --copy-as auto
  kSlowedDown,           // the server asked for a slower pace
  kNetworkFailing,       // connections fail or break, and so fewer copies are in flight
  kOutOfFiles,           // this process may open no more files or sockets
  kNotReproducible,      // an attribute that cannot arrive
  kAllAttributes,        // the source bucket's configuration turned --attributes full on
  kSettling,             // --settle: a 403 is tried again
  kDraining,             // the run was asked to end: what it still waits for
  kBudgets,              // budgets by the time of day: the zone, and what holds now
  kNothingAtSource,      // no object below the source's prefix
  kOther,
};
std::string_view to_string(WarningKind kind);  // "condition-ignored", …
bool is_note(WarningKind kind);                // good to know: nothing to be mended

enum class DifferenceKind : std::uint8_t {
  kMissingAtTarget,
  kExtraAtTarget,
  kSizeDiffers,
  kEtagDiffers,
  kFailed,  // not transferred in this run, or could not be looked at
};
std::string_view to_string(DifferenceKind kind);  // "missing", "extra", "size", "etag", "failed"

// All views and references in events live until the call returns. Keys are relative to the pair's
// prefixes; `pair.source_at.url_of(key)` is the whole name.
struct CopiedEvent {
  std::string_view key;
  ByteCount size;
  CopyReason reason;
  bool dry_run;  // planned only
  bool late;     // a newer object than the listing saw was copied
};
struct DeletedEvent {
  std::string_view key;
  ByteCount size;
  bool dry_run;
};
struct SkippedEvent {
  Side side;  // kTarget: a planned deletion that was left
  std::string_view key;
  ByteCount size;
  SkipReason reason;
};
struct FailedEvent {
  Side side;  // kSource: a copy, kTarget: a deletion
  std::string_view key;
  ByteCount size;
  const Error& error;
};
// A recorded run goes on where an earlier try of it stopped.
struct ResumedEvent {
  WallTime began;              // the first try
  std::uint32_t tries;         // this one included
  const RunCounters& earlier;  // what the tries before finished
};
struct WarningEvent {
  WarningKind kind;
  std::string_view message;  // one sentence, says what to do
};
// One line of the check. The views of an absent side are null.
struct DifferenceEvent {
  DifferenceKind kind;
  std::string_view key;
  const ObjectView* source;
  const ObjectView* target;
  bool late;     // changed at the source after the run began: outside the verdict
  bool excused;  // behind --check-threshold, an extra without --delete, or archived and left out
  bool archived = false;  // at the source: it cannot be copied before it is restored
};
// For `verify --combined`: one a key, '=' '+' '-' '*' '!' as rclone's check writes them.
struct ComparedEvent {
  char letter;
  std::string_view key;
};

// What a user may see of a run, as it happens; the report implements it. Called on the run's
// thread, often: implementations return quickly and never wait. Everything has an empty default.
class EventSink {
 public:
  virtual ~EventSink() = default;
  // `counters` are live and valid until on_end: the progress line reads them when it likes.
  virtual void on_begin(const Pair& /*pair*/, const RunCounters& /*counters*/) {}
  virtual void on_end() {}
  virtual void on_resumed(const ResumedEvent&) {}
  virtual void on_phase(Phase) {}
  virtual void on_copied(const CopiedEvent&) {}
  virtual void on_deleted(const DeletedEvent&) {}
  virtual void on_skipped(const SkippedEvent&) {}
  virtual void on_failed(const FailedEvent&) {}
  virtual void on_warning(const WarningEvent&) {}
  virtual void on_difference(const DifferenceEvent&) {}
  // Only called where wants_…() said so when the phase began.
  virtual bool wants_compared() const { return false; }
  virtual void on_compared(const ComparedEvent&) {}
  virtual bool wants_objects() const { return false; }
  virtual void on_object(Side, const ObjectView&) {}  // the check's listings, each in key order
};

}  // namespace s3ferry
