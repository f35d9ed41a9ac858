#include "transfer/planner.h"

#include <utility>

#include <fmt/format.h>

#include "s3/source_bucket.h"
#include "s3/target_bucket.h"
#include "transfer/copy_route.h"
#include "transfer/copy_strategy.h"
#include "transfer/look_up.h"

namespace s3ferry {
namespace {

constexpr int kWalkBits = 20;
constexpr std::uint64_t kMostRank = ~std::uint64_t{0} >> 1;  // what a journal's integers hold

// What was left out since `counted`, which follows.
void count_hidden(RunState& state, Chunk& chunk, const LeftOut& now, LeftOut& counted,
                  Tally RunCounters::*excluded, Tally RunCounters::*markers,
                  Tally RunCounters::*listed) {
  const Tally hidden{now.excluded - counted.excluded, now.excluded_bytes - counted.excluded_bytes};
  const Tally folders{now.markers - counted.markers, now.marker_bytes - counted.marker_bytes};
  counted = now;
  if (hidden.objects + folders.objects == 0) return;
  state.count(chunk, [&](RunCounters& c) {
    (c.*excluded).add(hidden);
    (c.*markers).add(folders);
    (c.*listed).add(hidden);
    (c.*listed).add(folders);
  });
}

}  // namespace

Planner::Planner(RunState& state, CopyWorkers& workers, DeleteSpool& spool)
    : state_(state),
      workers_(workers),
      spool_(spool),
      source_pages_(state.pair.source),
      target_pages_(state.pair.target),
      patient_source_(state.runtime, source_pages_,
                      [&state](const Error& error) { return state.settles(error); }),
      patient_target_(state.runtime, target_pages_,
                      [&state](const Error& error) { return state.settles(error); }),
      list_pace_(state.runtime, state.options.list_concurrency),
      paced_source_(state.runtime, patient_source_, list_pace_),
      paced_target_(state.runtime, patient_target_, list_pace_) {}

Planner::Walk::Walk(RunState& state, RangeWalk& range, Ranks first, CopyLanePtr copies)
    : keys(range, state.options.filters, state.options.folder_markers),
      ranks(first),
      lane(std::move(copies)),
      wrong(state.book, range.keys().after) {}

Task<void> Planner::run() {
  const std::vector<KeyRange> whole(1);
  const std::vector<KeyRange>& gaps = state_.book != nullptr ? state_.book->gaps() : whole;
  if (gaps.empty())
    state_.counters.source_listed_whole = state_.counters.target_listed_whole = true;
  const bool retries = state_.book != nullptr && state_.book->retry_of();
  Status walked = co_await (retries ? retry_all(gaps) : list_all(gaps));
  if (!walked) {
    state_.end_planning(std::move(walked.error()));
    co_return;
  }
  (void)stops_for_relay(/*listed_whole=*/true);
}

Task<Status> Planner::list_all(const std::vector<KeyRange>& gaps) {
  RangeWalksOptions options;
  options.prefixes = {state_.pair.source_at.prefix, state_.pair.target_at.prefix};
  options.page_size = state_.options.page_size;
  RangeSplit split(options.page_size);
  RangeWalks walks(state_.runtime, paced_source_, paced_target_, list_pace_, split,
                   std::move(options), *this);
  Status walked = co_await walks.run(gaps);
  state_.counters.source_listed_whole = walks.listed_whole(Side::kSource);
  state_.counters.target_listed_whole = walks.listed_whole(Side::kTarget);
  co_return walked;
}

Task<Status> Planner::retry_all(const std::vector<KeyRange>& gaps) {
  for (const KeyRange& gap : gaps) {
    Status tried = co_await walk_failed(gap);
    if (!tried) co_return tried;
  }
  state_.counters.source_listed_whole = state_.counters.target_listed_whole = true;
  co_return Status();
}

// Ranks of one walk lie close together, those of different walks far apart: in other tries, too.
Planner::Ranks Planner::next_ranks() {
  const std::uint64_t tries = state_.book != nullptr ? state_.book->tries() : 0;
  const std::uint64_t first =
      (tries << kWalkBits | (++walks_ & ((1U << kWalkBits) - 1))) << kRankBits & kMostRank;
  return Ranks{first, first};
}

Task<Status> Planner::walk(RangeWalk& range) {
  Walk walk(state_, range, next_ranks(), workers_.open_lane());
  std::vector<MergedKey> batch;
  for (;;) {
    if (walk.chunk == nullptr) {
      Status opened = co_await open_chunk(walk);
      if (!opened) co_return opened;
    }
    const auto side = walk.keys.advance(batch);
    count_walked(walk, batch);
    if (walk.wrong.any() && (!side || walk.keys.walked_to())) {
      Status known = co_await walk.wrong.pass(
          side ? walk.keys.walked_to() : range.keys().up_to, batch, state_.options.filters,
          state_.options.folder_markers, WrongKeys::Absent::kForget);
      if (!known) co_return known;
    }
    Status acted = co_await act_on(*walk.chunk, walk.ranks, *walk.lane, batch, walk.wrong);
    if (!acted) co_return acted;
    if (!side) co_return close_chunk(walk, range.keys().up_to);
    if (walk.keys_in_chunk >= state_.options.page_size) {
      Status closed = close_chunk(walk, walk.keys.walked_to());
      if (!closed) co_return closed;
    }
    Status fed = co_await walk.keys.feed(*side);
    if (fed) continue;
    listing_failed(*side, fed.error());
    // What was walked stands: a later try goes on behind it.
    if (walk.chunk != nullptr && walk.keys_in_chunk > 0)
      (void)close_chunk(walk, walk.keys.walked_to());
    co_return fed;
  }
}

Task<Status> Planner::open_chunk(Walk& walk) {
  Status room = co_await state_.wait_for_room();
  if (!room) co_return room;
  const auto& walked_to = walk.keys.walked_to();
  walk.chunk = &state_.ledger.begin(walked_to ? walked_to : walk.keys.range().keys().after);
  walk.keys_in_chunk = 0;
  co_return Status();
}

Status Planner::close_chunk(Walk& walk, std::optional<std::string> up_to) {
  Chunk& chunk = *std::exchange(walk.chunk, nullptr);
  if (up_to && chunk.after == up_to) {
    // The one before ended where the range does. Pages may have been read in vain.
    if (state_.book != nullptr) state_.book->counted(chunk.counters);
    state_.ledger.drop(chunk);
    return {};
  }
  return close_chunk(chunk, std::move(up_to));
}

// A run that is not recorded keeps its plan in the spool, chunk by chunk, so that keys that lie
// close together stay so.
Status Planner::close_chunk(Chunk& chunk, std::optional<std::string> up_to) {
  Status kept;
  if (state_.book == nullptr) {
    for (const PlannedDelete& planned : std::exchange(chunk.planned_deletes, {}))
      if (kept) kept = spool_.add(planned);
  }
  state_.ledger.close(chunk, std::move(up_to));
  return kept;
}

// All that the walk passed, before anything is done about it: then a chunk holds exactly the keys
// up to where it ends.
void Planner::count_walked(Walk& walk, const std::vector<MergedKey>& batch) {
  Chunk& chunk = *walk.chunk;
  const RangeWalk& range = walk.keys.range();
  const std::uint64_t pages_source = range.pages(Side::kSource);
  const std::uint64_t pages_target = range.pages(Side::kTarget);
  count_batch(chunk, batch);
  state_.count(chunk, [&](RunCounters& c) {
    c.list_pages_source += pages_source - walk.pages_source;
    c.list_pages_target += pages_target - walk.pages_target;
  });
  walk.pages_source = pages_source;
  walk.pages_target = pages_target;
  count_left_out(chunk, walk.keys.merge(), walk.left_out_source, walk.left_out_target);
  walk.keys_in_chunk =
      std::max(chunk.counters.listed_source.objects, chunk.counters.listed_target.objects);
}

void Planner::count_left_out(Chunk& chunk, const Merge& merge, LeftOut& of_source,
                             LeftOut& of_target) {
  count_hidden(state_, chunk, merge.left_out_of_source(), of_source, &RunCounters::excluded_source,
               &RunCounters::ignored_markers_source, &RunCounters::listed_source);
  count_hidden(state_, chunk, merge.left_out_of_target(), of_target, &RunCounters::excluded_target,
               &RunCounters::ignored_markers_target, &RunCounters::listed_target);
}

void Planner::count_batch(Chunk& chunk, const std::vector<MergedKey>& batch) {
  RunCounters walked;
  for (const MergedKey& merged : batch) {
    if (merged.source != nullptr) walked.listed_source.add(merged.source->size);
    if (merged.target != nullptr) walked.listed_target.add(merged.target->size);
    if (merged.target == nullptr)
      walked.source_only.add(merged.source->size);
    else if (merged.source == nullptr)
      walked.target_only.add(merged.target->size);
    else
      walked.both.add(merged.source->size);
  }
  state_.count(chunk, [&](RunCounters& c) {
    c.listed_source.add(walked.listed_source);
    c.listed_target.add(walked.listed_target);
    c.source_only.add(walked.source_only);
    c.target_only.add(walked.target_only);
    c.both.add(walked.both);
  });
}

Task<Status> Planner::act_on(Chunk& chunk, Ranks& ranks, CopyLane& lane,
                             const std::vector<MergedKey>& batch, const WrongKeys& wrong) {
  auto next_wrong = wrong.found().begin();
  for (std::size_t at = 0; at < batch.size(); ++at) {
    const MergedKey& merged = batch[at];
    const bool known_wrong = next_wrong != wrong.found().end() && *next_wrong == at;
    if (known_wrong) ++next_wrong;
    if (state_.stopped()) co_return fail(*state_.stopped());
    ranks.source += merged.source != nullptr;
    ranks.target += merged.target != nullptr;
    if (merged.source == nullptr) {
      plan_delete(chunk, ranks, *merged.target);
      continue;
    }
    CopyReason reason = CopyReason::kMissing;
    if (!wants_copy(chunk, merged, known_wrong, reason)) continue;
    state_.count(chunk, [&](RunCounters& c) { c.planned_copies.add(merged.source->size); });
    CopyItem item(*merged.source, merged.target, reason, &chunk);
    item.known_wrong = known_wrong;
    if (!goes(*merged.source, item)) continue;
    if (workers_.offer(lane, item)) continue;
    Status sent = co_await workers_.send(lane, std::move(item));
    if (!sent) co_return sent;
  }
  if (stops_for_relay(/*listed_whole=*/false)) co_return fail(*state_.stopped());
  co_return Status();
}

// Bytes through this host cost money, so nobody is led into it: the run ends at the first page with
// such an object. A dry run goes on to its end, where the whole sum is known.
bool Planner::stops_for_relay(bool listed_whole) {
  const Tally& sum = state_.counters.needs_relay;
  if (sum.objects == 0 || state_.options.relay.allowed) return false;
  if (state_.options.dry_run && !listed_whole) return false;
  state_.stop(relay_refused(state_.pair, sum, listed_whole));
  return true;
}

bool Planner::wants_copy(Chunk& chunk, const MergedKey& merged, bool known_wrong,
                         CopyReason& reason) {
  if (merged.target == nullptr) {
    reason = CopyReason::kMissing;
    return true;
  }
  const Comparison found = compare_objects(state_.options.compare, *merged.source, *merged.target);
  reason = found.reason;
  // Of ETags that differ a closer look may say that they tell nothing.
  const bool surely = found.verdict == Verdict::kCopy && reason != CopyReason::kEtagDiffers;
  if (known_wrong && !surely && !state_.options.compare.no_overwrite) {
    reason = CopyReason::kStoredWrong;
    return true;
  }
  if (found.verdict == Verdict::kCopy) return true;
  const bool ours = is_of_earlier_try(*merged.target);
  state_.count(chunk, [&](RunCounters& c) {
    c.same.add(merged.source->size);
    if (ours) c.copied_earlier.add(merged.source->size);
  });
  return false;
}

// Where a try stopped, chunks were not finished: what it had copied of them is the same now. Told
// by the target's time, which has whole seconds, cut off. By now the target has shown its clock.
bool Planner::is_of_earlier_try(const ObjectView& target) {
  if (state_.book == nullptr || !state_.book->resumed()) return false;
  if (!earlier_from_)
    earlier_from_ = std::chrono::floor<std::chrono::seconds>(state_.began +
                                                             state_.pair.offset_of(Side::kTarget));
  return target.modified >= *earlier_from_;
}

// False where the object has its outcome already.
bool Planner::goes(const ObjectView& source, CopyItem& item) {
  const CopyDecision decision = decide_copy(state_.pair, state_.options, source.key, source.etag,
                                            source.size, source.storage_class);
  item.route = decision.route;
  const bool here = item.route == CopyRoute::kRelay && (decision.go() || decision.needs_relay);
  if (here && (decision.needs_relay || state_.options.dry_run))
    state_.counters.needs_relay.add(source.size);
  if (decision.skip) {
    state_.skipped(*item.chunk, Side::kSource, source.key, source.size, *decision.skip);
  } else if (decision.needs_relay) {
    if (state_.options.dry_run) state_.would_copy(*item.chunk, source, item.reason);
  } else if (decision.error) {
    state_.failed(*item.chunk, Side::kSource, source.key, source.size, *decision.error);
  } else if (state_.options.dry_run) {
    state_.would_copy(*item.chunk, source, item.reason);
  }
  return decision.go() && !state_.options.dry_run;
}

void Planner::plan_delete(Chunk& chunk, const Ranks& ranks, const ObjectView& extra) {
  const bool kept = deletable_ != nullptr && !deletable_->contains(extra.key);
  if (!state_.options.delete_extras || kept) {
    state_.count(chunk, [&](RunCounters& c) { c.extras_kept.add(extra.size); });
    return;
  }
  state_.count(chunk, [&](RunCounters& c) { c.planned_deletes.add(extra.size); });
  PlannedDelete planned;
  planned.key = extra.key;
  planned.etag = extra.etag;
  planned.size = extra.size;
  planned.modified = extra.modified;
  planned.source_rank = ranks.source;
  planned.target_rank = ranks.target;
  chunk.planned_deletes.push_back(std::move(planned));
}

void Planner::listing_failed(Side side, const Error& error) {
  if (error.is(ErrorKind::kCancelled)) return;
  const Location& at = side == Side::kSource ? state_.pair.source_at : state_.pair.target_at;
  state_.warn(WarningKind::kListingFailed,
              fmt::format("the listing of the {} {} failed: {}", to_string(side), at.url(),
                          error.describe()));
}

}  // namespace s3ferry
