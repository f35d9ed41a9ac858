#pragma once

#include <optional>
#include <vector>

#include "diff/compare.h"
#include "proof/check.h"
#include "proof/etag_looks.h"
#include "transfer/merged_walk.h"

namespace s3ferry {

// One check: walks both listings, many ranges of keys at once, and gives each key its place in the
// counters. In key order, one range, where a threshold needs each key's rank or the sink tells each
// key. One run, one shard.
class Checker final : public RangeWalker {
 public:
  Checker(Runtime& runtime, const Pair& pair, const CheckOptions& options, EventSink& sink);

  Task<Result<CheckResult>> run();

 private:
  // What a key of a batch is, before late and threshold are looked at.
  struct Finding {
    MergedKey merged{nullptr, nullptr};
    std::uint64_t rank = 0;              // source objects before it
    std::optional<DifferenceKind> kind;  // none: it matches, or it waits for a look
    bool changed_now = false;            // at the source, since the listing of this check
    bool waits = false;                  // for EtagLooks
  };

  Task<Status> count_source();
  bool settles_yet(const Error& error) const;
  Task<Status> walk(RangeWalk& range) override;
  Task<Status> take(const std::vector<MergedKey>& batch, EtagStreak& streak);
  Task<Status> look_at(std::vector<EtagCase>& cases, EtagStreak& streak);
  void note_left_out(const Merge& merge);
  Error listing_failed(Side side, const Error& error) const;
  void note_sides(const MergedKey& merged);
  Finding classify(const MergedKey& merged);
  void settle_looked(Finding& finding, EtagCase::Found found);
  void matched(const MergedKey& merged, std::uint64_t& how);
  void tell(const Finding& finding);
  bool is_archived(const Finding& finding) const;
  void count(DifferenceKind kind);
  bool is_late(const Finding& finding) const;
  void keep(const Finding& finding, bool late, bool excused);
  bool needs_order() const;

  Runtime& runtime_;
  const Pair& pair_;
  const CheckOptions& options_;
  EventSink& sink_;
  EtagLooks looks_;
  bool wants_compared_ = false, wants_objects_ = false;
  std::optional<WallTime> late_from_source_, late_from_target_;
  std::uint64_t rank_ = 0;
  Semaphore looking_{1};  // a group of looks is as many as may be in flight
  CheckResult result_;
};

}  // namespace s3ferry
