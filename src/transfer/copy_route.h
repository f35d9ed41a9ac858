#pragma once

#include <functional>
#include <string>

#include "s3/target_bucket.h"
#include "transfer/copy_shared.h"

namespace s3ferry {

// One try to bring one object to the target, as a route is told of it, and what the route says of
// it beside its result. Everything that is referred to outlives the try.
struct RouteTry {
  RouteTry(CopyShared& run, s3::TargetBucket& signed_by, const CopyItem& object)
      : shared(run), writer(signed_by), item(object) {}

  CopyShared& shared;
  s3::TargetBucket& writer;  // signs what is written, by the principal whose turn it is
  const CopyItem& item;
  const s3::ObjectInfo* full = nullptr;  // what a HEAD said, where --attributes full asked for it
  s3::WriteCondition condition;          // against foreign writes: on whatever makes the object
  // Called once, as soon as reading the source and writing the target were both allowed; a route
  // that takes long calls it early, because other copies may be waiting for it.
  std::function<void()> allowed;
  aws::AttemptWatch* watch = nullptr;  // told of each request that copies; may be null

  // Said by the route.
  std::string lost;           // what of the object could not arrive, in words
  bool at_commit = true;      // of a failure: it is the answer to the write that makes the object
  bool guard_denied = false;  // of a success: If-Match was not allowed, so it went without
  bool certain = false;       // of a success: what arrived is known to be what was listed

  RunState& state() const { return shared.state; }
  std::string source_key() const { return state().pair.source_at.full_key(item.key); }
  std::string target_key() const { return state().pair.target_at.full_key(item.key); }
  void lose(std::string_view what) {
    if (what.empty()) return;
    if (!lost.empty()) lost += "; ";
    lost += what;
  }
};

// A write was done, and `what` shows that its object is not what was sent.
Error stored_wrong(const RouteTry& attempt, std::string_view operation, std::string_view what);

// Tries of one piece of work that may be given back (rule 8).
inline constexpr int kMostGivenBack = 8;
// … after a 503 that was answered to it: each has waited for its pace, ten minutes in all.
inline constexpr int kMostThrottled = 40;

// How often one piece of work was given back, and why.
class GivenBack {
 public:
  // Once more: false where that is once too often. What an empty retry budget gave back is not
  // counted, nor is what an outage did, in which the run is about to stop.
  bool again(RunState& state, const Error& error);
  int tries() const { return throttled_ + starved_ + others_; }  // for how long the next one waits

 private:
  int throttled_ = 0, starved_ = 0, others_ = 0;
};

// The routes. Each gives the copy's result; an error is settled by CopyJob as S3 gave it.
Task<Result<s3::CopyResult>> copy_whole(RouteTry& attempt);
Task<Result<s3::CopyResult>> copy_in_parts(RouteTry& attempt);
// Through this host (relay.cc); `writer` is the target's own principal. Every byte is compared on
// the way: a success is certain.
Task<Result<s3::CopyResult>> relay(RouteTry& attempt);
// The permissions for it, by principal.
std::string relay_advice(const Pair& pair);
// Why a run without --relay ends: what that would cost, as far as is known.
Error relay_refused(const Pair& pair, const Tally& sum, bool listed_whole);

}  // namespace s3ferry
