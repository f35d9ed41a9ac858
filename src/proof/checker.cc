#include "proof/checker.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "listing/patient_pages.h"
#include "proof/verdict.h"
#include "s3/source_bucket.h"
#include "s3/target_bucket.h"

namespace s3ferry {
namespace {

bool by_key(const Difference& a, const Difference& b) {
  return a.key < b.key;
}

// S3 gives whole seconds, cut off: what happened within the second of `time` counts as after it.
std::optional<WallTime> from_second_of(const std::optional<WallTime>& time,
                                       std::chrono::milliseconds offset) {
  if (!time) return std::nullopt;
  return WallTime(std::chrono::floor<std::chrono::seconds>(*time + offset));
}

char letter_of(DifferenceKind kind) {
  switch (kind) {
    case DifferenceKind::kMissingAtTarget:
      return '+';
    case DifferenceKind::kExtraAtTarget:
      return '-';
    case DifferenceKind::kFailed:
      return '!';
    default:
      return '*';
  }
}

}  // namespace

Checker::Checker(Runtime& runtime, const Pair& pair, const CheckOptions& options, EventSink& sink)
    : runtime_(runtime),
      pair_(pair),
      options_(options),
      sink_(sink),
      looks_(runtime, pair, options),
      wants_compared_(sink.wants_compared()),
      wants_objects_(sink.wants_objects()),
      late_from_source_(from_second_of(options.as_of, pair.offset_of(Side::kSource))),
      late_from_target_(from_second_of(options.as_of, pair.offset_of(Side::kTarget))) {
  result_.level = options.level;
  result_.counters.within_threshold = std::numeric_limits<std::uint64_t>::max();
}

Task<Result<CheckResult>> Checker::run() {
  sink_.on_phase(Phase::kChecking);
  if (options_.threshold < 1) {
    Status counted = co_await count_source();
    if (!counted) co_return fail(std::move(counted.error()));
  }
  ListPace pace(runtime_, options_.list_concurrency);
  BucketPages source_pages(pair_.source), target_pages(pair_.target);
  const auto settles = [this](const Error& error) { return settles_yet(error); };
  PatientPages patient_source(runtime_, source_pages, settles);
  PatientPages patient_target(runtime_, target_pages, settles);
  PacedPages source(runtime_, patient_source, pace), target(runtime_, patient_target, pace);
  RangeWalksOptions options;
  options.prefixes = {pair_.source_at.prefix, pair_.target_at.prefix};
  options.page_size = options_.page_size;
  options.split = !needs_order();
  RangeSplit split(options_.page_size);
  RangeWalks walks(runtime_, source, target, pace, split, std::move(options), *this);
  const std::vector<KeyRange> whole(1);
  Status walked = co_await walks.run(whole);
  if (!walked) co_return fail(std::move(walked.error()));
  std::sort(result_.differences.begin(), result_.differences.end(), by_key);
  CheckCounters& counters = result_.counters;
  counters.heads = looks_.heads();
  counters.within_threshold = std::min(counters.within_threshold, counters.source.objects);
  result_.passed = check_passes(options_, counters);
  result_.advice = mending_advice(options_, counters);
  co_return std::move(result_);
}

// The threshold is a part of all, and what lies behind it must be known while walking: so the
// source is listed once more, first.
Task<Status> Checker::count_source() {
  Semaphore slots(1);
  BucketPages pages(pair_.source);
  PageStreamOptions options;
  options.prefix = pair_.source_at.prefix;
  options.page_size = options_.page_size;
  PageStream stream(runtime_, pages, slots, std::move(options));
  Merge merge(options_.filters, options_.folder_markers);
  merge.end_target();
  std::vector<MergedKey> batch;
  std::uint64_t objects = 0;
  stream.start();
  Status status;
  while (status && merge.advance(batch) != MergeNeeds::kNothing) {
    objects += batch.size();
    auto page = co_await stream.next();
    if (!page)
      status = fail(listing_failed(Side::kSource, page.error()));
    else
      *page ? merge.feed_source(**page) : merge.end_source();
  }
  objects += batch.size();
  co_await stream.close();
  result_.counters.list_pages_source = stream.pages();
  result_.counters.within_threshold = threshold_rank(options_.threshold, objects);
  co_return status;
}

bool Checker::settles_yet(const Error& error) const {
  return error.is(ErrorKind::kAccessDenied) && options_.settles_until &&
         runtime_.now() < *options_.settles_until;
}

// Each key is told as it comes, or counted against how many came before it.
bool Checker::needs_order() const {
  return options_.threshold < 1 || wants_compared_ || wants_objects_;
}

Task<Status> Checker::walk(RangeWalk& range) {
  MergedWalk walk(range, options_.filters, options_.folder_markers);
  EtagStreak streak(options_.heads_per_cause);
  std::vector<MergedKey> batch;
  for (;;) {
    const auto side = walk.advance(batch);
    Status taken = co_await take(batch, streak);
    if (!taken) co_return taken;
    if (!side) break;
    Status fed = co_await walk.feed(*side);
    if (!fed) co_return fail(listing_failed(*side, fed.error()));
  }
  note_left_out(walk.merge());
  result_.counters.list_pages_source += range.pages(Side::kSource);
  result_.counters.list_pages_target += range.pages(Side::kTarget);
  co_return Status();
}

void Checker::note_left_out(const Merge& merge) {
  const LeftOut &at_source = merge.left_out_of_source(), &at_target = merge.left_out_of_target();
  CheckCounters& counters = result_.counters;
  counters.excluded_source.add(Tally{at_source.excluded, at_source.excluded_bytes});
  counters.excluded_target.add(Tally{at_target.excluded, at_target.excluded_bytes});
  if (options_.folder_markers != FolderMarkers::kIgnore) return;
  counters.markers_source.add(Tally{at_source.markers, at_source.marker_bytes});
  counters.markers_target.add(Tally{at_target.markers, at_target.marker_bytes});
}

Error Checker::listing_failed(Side side, const Error& error) const {
  if (error.is(ErrorKind::kCancelled)) return error;
  const Location& at = side == Side::kSource ? pair_.source_at : pair_.target_at;
  return Error(error).with_message(fmt::format("the listing of the {} {} failed: {}",
                                               to_string(side), at.url(), error.message()));
}

Task<Status> Checker::take(const std::vector<MergedKey>& batch, EtagStreak& streak) {
  std::vector<Finding> findings;
  std::vector<EtagCase> cases;
  for (const MergedKey& merged : batch) {
    note_sides(merged);
    Finding finding = classify(merged);
    if (merged.source != nullptr) ++rank_;
    if (finding.waits)
      cases.push_back(EtagCase{std::string(merged.key()), std::string(merged.source->etag)});
    if (finding.waits || finding.kind) findings.push_back(finding);
  }
  if (!cases.empty()) {
    Status looked = co_await look_at(cases, streak);
    if (!looked) co_return looked;
  }
  std::size_t next = 0;
  for (Finding& finding : findings) {
    if (finding.waits) settle_looked(finding, cases[next++].found);
    if (finding.kind) tell(finding);
  }
  co_return Status();
}

Task<Status> Checker::look_at(std::vector<EtagCase>& cases, EtagStreak& streak) {
  Status turn = co_await looking_.acquire();
  if (!turn) co_return turn;
  Permit permit(looking_);
  co_return co_await looks_.look(cases, streak);
}

void Checker::note_sides(const MergedKey& merged) {
  CheckCounters& counters = result_.counters;
  if (merged.source != nullptr) {
    counters.source.add(merged.source->size);
    if (is_folder_marker(*merged.source)) counters.markers_source.add(0);
    if (wants_objects_) sink_.on_object(Side::kSource, *merged.source);
  }
  if (merged.target != nullptr) {
    counters.target.add(merged.target->size);
    if (is_folder_marker(*merged.target)) counters.markers_target.add(0);
    if (wants_objects_) sink_.on_object(Side::kTarget, *merged.target);
  }
}

Checker::Finding Checker::classify(const MergedKey& merged) {
  CheckCounters& counters = result_.counters;
  Finding out;
  out.merged = merged;
  out.rank = rank_;
  if (merged.target == nullptr) {
    out.kind = DifferenceKind::kMissingAtTarget;
  } else if (merged.source == nullptr) {
    out.kind = DifferenceKind::kExtraAtTarget;
  } else if (merged.source->size != merged.target->size) {
    out.kind = DifferenceKind::kSizeDiffers;
  } else if (options_.level == CheckLevel::kSize) {
    matched(merged, counters.by_size);
  } else {
    switch (compare_etags(merged.source->etag, merged.target->etag)) {
      case EtagRelation::kEqual:
        matched(merged, counters.by_etag);
        break;
      case EtagRelation::kIncomparable:
        matched(merged, counters.by_size_layout);
        break;
      case EtagRelation::kDiffer:
        out.waits = true;
        break;
    }
  }
  return out;
}

void Checker::matched(const MergedKey& merged, std::uint64_t& how) {
  ++result_.counters.matched;
  ++how;
  if (wants_compared_) sink_.on_compared(ComparedEvent{'=', merged.key()});
}

void Checker::settle_looked(Finding& finding, EtagCase::Found found) {
  using Found = EtagCase::Found;
  CheckCounters& counters = result_.counters;
  switch (found) {
    case Found::kAssumed:
      ++counters.encrypted_assumed;
      [[fallthrough]];
    case Found::kEncrypted:
      matched(finding.merged, counters.by_size_encrypted);
      break;
    case Found::kTargetGone:
      finding.kind = DifferenceKind::kMissingAtTarget;
      break;
    case Found::kSizeDiffers:
      finding.kind = DifferenceKind::kSizeDiffers;
      break;
    case Found::kCouldNotLook:
      finding.kind = DifferenceKind::kFailed;
      break;
    case Found::kSourceChanged:
      finding.changed_now = true;
      [[fallthrough]];
    case Found::kContentDiffers:
      finding.kind = DifferenceKind::kEtagDiffers;
      break;
  }
}

// Changed at the source after the run began, or written at the target by that very run before the
// source lost the key.
bool Checker::is_late(const Finding& finding) const {
  if (finding.changed_now) return true;
  const SetAside* known = options_.set_aside;
  const std::string_view key = finding.merged.key();
  if (known != nullptr && known->changed.contains(key)) return true;
  if (known != nullptr && finding.merged.source == nullptr && options_.deletions_done &&
      known->deleted.whole() && !known->deleted.contains(key))
    return true;
  if (finding.merged.source != nullptr)
    return late_from_source_ && finding.merged.source->modified >= *late_from_source_;
  return late_from_target_ && finding.merged.target->modified >= *late_from_target_;
}

// Nobody could copy it: it cannot be read before it is restored.
bool Checker::is_archived(const Finding& finding) const {
  const ObjectView* source = finding.merged.source;
  if (source == nullptr || (*finding.kind != DifferenceKind::kMissingAtTarget &&
                            *finding.kind != DifferenceKind::kSizeDiffers))
    return false;
  return is_archived_class(source->storage_class) ||
         (options_.set_aside != nullptr && options_.set_aside->archived.contains(source->key));
}

void Checker::tell(const Finding& finding) {
  CheckCounters& counters = result_.counters;
  const DifferenceKind kind = *finding.kind;
  const bool archived = is_archived(finding);
  // However new it is: the next run leaves it out as well, so that it is no matter of time.
  const bool left_out = archived && options_.archived_excused;
  const bool late = !left_out && is_late(finding);
  const bool behind = !late && !left_out && finding.rank >= counters.within_threshold;
  const bool allowed = !late && !left_out && !behind && kind == DifferenceKind::kExtraAtTarget &&
                       !options_.extras_fail;
  if (late)
    ++counters.late;
  else if (left_out)
    ++counters.archived;
  else if (behind)
    ++counters.excused;
  else if (allowed)
    ++counters.extras_allowed;
  else
    count(kind);
  if (archived && !late && !left_out && !behind && kind == DifferenceKind::kMissingAtTarget)
    ++counters.archived_missing;
  const bool excused = left_out || behind || allowed;
  if (wants_compared_) sink_.on_compared(ComparedEvent{letter_of(kind), finding.merged.key()});
  sink_.on_difference(DifferenceEvent{kind, finding.merged.key(), finding.merged.source,
                                      finding.merged.target, late, excused, archived});
  keep(finding, late, excused);
}

void Checker::count(DifferenceKind kind) {
  CheckCounters& counters = result_.counters;
  switch (kind) {
    case DifferenceKind::kMissingAtTarget:
      ++counters.missing;
      break;
    case DifferenceKind::kExtraAtTarget:
      ++counters.extra;
      break;
    case DifferenceKind::kSizeDiffers:
      ++counters.size_differs;
      break;
    case DifferenceKind::kEtagDiffers:
      ++counters.etag_differs;
      break;
    case DifferenceKind::kFailed:
      ++counters.could_not_look;
      break;
  }
}

// The first ones in key order, in whatever order they come.
void Checker::keep(const Finding& finding, bool late, bool excused) {
  std::vector<Difference>& kept = result_.differences;
  if (kept.size() >= options_.kept_differences) {
    result_.differences_cut = true;
    if (kept.empty() || finding.merged.key() >= kept.front().key.view()) return;
    std::pop_heap(kept.begin(), kept.end(), by_key);
    kept.pop_back();
  }
  Difference out{*finding.kind, ObjectKey(finding.merged.key()), {}, {}, {}, {}, late, excused};
  if (const ObjectView* source = finding.merged.source) {
    out.source_size = source->size;
    out.source_etag = source->etag;
  }
  if (const ObjectView* target = finding.merged.target) {
    out.target_size = target->size;
    out.target_etag = target->etag;
  }
  kept.push_back(std::move(out));
  std::push_heap(kept.begin(), kept.end(), by_key);
}

}  // namespace s3ferry
