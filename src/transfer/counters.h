#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/types.h"
#include "diff/compare.h"

namespace s3ferry {

// Why an object was left as it is although something was to be done.
enum class SkipReason : std::uint8_t {
  kArchived,          // warning: GLACIER or DEEP_ARCHIVE, not restored
  kVanished,          // warning: gone at the source before it was copied
  kChangedMeanwhile,  // warning: replaced at the source while it was copied, again and again
  kArchivedSilent,    // the same as kArchived, silenced by --ignore-glacier-warnings
  kNoTargetName,      // the folder marker of the prefix itself has no name in a bucket's root
  kBackAtSource,      // planned deletion: the key is at the source again
  kWrittenMeanwhile,  // planned deletion: written at the target after the run began
  kChangedAtTarget,   // planned deletion: replaced at the target since it was listed
  kDeletionsRefused,  // planned deletion: a cap, an empty source or a failed listing said no
  kNotTried,          // the run was stopped before its turn came
  kCount
};
inline constexpr std::size_t kSkipReasons = static_cast<std::size_t>(SkipReason::kCount);
std::string_view to_string(SkipReason reason);  // "archived", "vanished", … (JSON, log)
bool is_warning(SkipReason reason);             // makes the exit code 2

// Objects and their bytes.
struct Tally {
  std::uint64_t objects = 0;
  ByteCount bytes = 0;
  void add(ByteCount size) {
    ++objects;
    bytes += size;
  }
  void add(const Tally& more) {
    objects += more.objects;
    bytes += more.bytes;
  }
};

// What one run did, every number counted (rule 13). Of the source's listed objects each is in
// exactly one of: excluded, ignored_markers, copied (would_copy in a dry run), same, skipped,
// failed. Of the objects that only the target has: excluded, ignored_markers, extras_kept (no
// --delete), deleted (would_delete), skipped, failed.
struct RunCounters {
  Tally listed_source, listed_target;
  Tally excluded_source, excluded_target;                // by the filters
  Tally ignored_markers_source, ignored_markers_target;  // by --folder-markers ignore
  Tally source_only, target_only, both;                  // what the merge saw, after the filters
  Tally planned_copies, planned_deletes;
  Tally copied, would_copy;
  Tally relayed;      // of copied: through this host
  Tally needs_relay;  // only to be had through this host: in a dry run, and where it is refused
  Tally same;
  Tally copied_earlier;  // of same: copied by an earlier try of the run that did not note it
  Tally deleted, would_delete;
  Tally extras_kept;
  Tally skipped, failed;                                     // both kinds of work together
  Tally skipped_deletes, failed_deletes;                     // thereof planned deletions
  std::array<std::uint64_t, kCopyReasons> copied_because{};  // by CopyReason
  std::array<std::uint64_t, kSkipReasons> skipped_because{};
  std::uint64_t late = 0;              // changed at the source after the run began, and copied so
  std::uint64_t conflicts = 0;         // of failed: a foreign write at the target
  std::uint64_t not_reproducible = 0;  // of copied: something of it could not arrive, and was told
  std::uint64_t requeued = 0;  // copies given back because the server asked for a slower pace
  std::uint64_t etag_incomparable = 0;  // --compare etag: differing ETags that encryption explains
  std::uint64_t list_pages_source = 0, list_pages_target = 0;
  std::uint64_t copies_in_flight = 0, copies_in_flight_limit = 0;  // now
  bool source_listed_whole = false, target_listed_whole = false;

  std::uint64_t skipped_for(SkipReason reason) const {
    return skipped_because[static_cast<std::size_t>(reason)];
  }
  // By all tries of the run, and what was the same without them.
  Tally all_copied() const {
    Tally sum = copied;
    sum.add(copied_earlier);
    return sum;
  }
  std::uint64_t only_same() const { return same.objects - copied_earlier.objects; }
  // Objects that came to their outcome.
  std::uint64_t settled() const {
    return copied.objects + same.objects + deleted.objects + skipped.objects + failed.objects;
  }
  std::uint64_t warnings() const;  // skipped with a reason that is_warning
};

}  // namespace s3ferry
