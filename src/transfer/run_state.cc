#include "transfer/run_state.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include <fmt/format.h>

#include "base/figures.h"
#include "runtime/scope.h"

namespace s3ferry {

// An error that a server answered has its status.
bool met_nobody(const Error& error) {
  return error.is(ErrorKind::kConnect) || error.is(ErrorKind::kTls) ||
         (error.is(ErrorKind::kRetryBudget) && error.http_status() == 0);
}

RunState::RunState(Runtime& run_on, const Pair& two_sides, const SyncOptions& asked,
                   EventSink& told, RunBook* recorded_in)
    : runtime(run_on),
      pair(two_sides),
      options(asked),
      sink(told),
      book(recorded_in),
      began(recorded_in != nullptr ? recorded_in->began() : run_on.wall_now()),
      try_began(run_on.wall_now()),
      ledger([this](Chunk& chunk) {
        if (book != nullptr) book->finished(chunk);
        if (ledger.held_deletes() < kMostHeldDeletes) room_.set();
      }),
      begin_(run_on.now()) {
  if (book == nullptr) return;
  counters = book->earlier();
  set_aside = book->take_set_aside();
  book->when_sick([this](const Error& error) { stop(error); });
}

RunState::~RunState() {
  if (book != nullptr) book->when_sick(nullptr);
}

void RunState::enter(Phase phase) {
  sink.on_phase(phase);
  if (book != nullptr) book->enter(to_string(phase));
}

Task<Status> RunState::wait_for_room() {
  while (ledger.held_deletes() >= kMostHeldDeletes) {
    room_.clear();
    Status waited = co_await room_.wait();
    if (!waited) co_return waited;
  }
  if (book != nullptr) co_return co_await book->wait_for_room();
  co_return Status();
}

void RunState::set_aside_key(Portion& portion, SetAsideKind kind, std::string_view key) {
  (kind == SetAsideKind::kChanged ? set_aside.changed : set_aside.archived).add(key);
  if (book != nullptr) portion.set_aside.emplace_back(kind, key);
}

void RunState::copied(const CopyItem& item, bool late) {
  count(*item.chunk, [&](RunCounters& c) {
    c.copied.add(item.size);
    if (item.route == CopyRoute::kRelay) c.relayed.add(item.size);
    ++c.copied_because[static_cast<std::size_t>(item.reason)];
    c.late += late;
  });
  if (late) set_aside_key(*item.chunk, SetAsideKind::kChanged, item.key);
  if (item.known_wrong && book != nullptr) book->forget_stored_wrong(item.key);
  note_success();
  sink.on_copied(CopiedEvent{item.key, item.size, item.reason, false, late});
}

void RunState::stored_wrong(CopyItem& item) {
  if (book != nullptr) book->note_stored_wrong(item.key);
  item.known_wrong = true;
}

std::string RunState::way_to_mend() const {
  if (book != nullptr) return "It is written down, and the next run copies it anew";
  return "Nothing is written down (--no-journal): delete it at the target and run the sync again, "
         "which would take it for the same";
}

void RunState::same(const CopyItem& item) {
  count(*item.chunk, [&](RunCounters& c) {
    c.same.add(item.size);
    ++c.etag_incomparable;
  });
}

void RunState::would_copy(Portion& portion, const ObjectView& object, CopyReason reason) {
  count(portion, [&](RunCounters& c) {
    c.would_copy.add(object.size);
    ++c.copied_because[static_cast<std::size_t>(reason)];
  });
  sink.on_copied(CopiedEvent{object.key, object.size, reason, true, false});
}

void RunState::skipped(Portion& portion, Side side, std::string_view key, ByteCount size,
                       SkipReason reason) {
  count(portion, [&](RunCounters& c) {
    c.skipped.add(size);
    if (side == Side::kTarget) c.skipped_deletes.add(size);
    ++c.skipped_because[static_cast<std::size_t>(reason)];
  });
  if (reason == SkipReason::kVanished || reason == SkipReason::kChangedMeanwhile)
    set_aside_key(portion, SetAsideKind::kChanged, key);
  if (side == Side::kTarget && book != nullptr) portion.settled_deletes.emplace_back(key);
  sink.on_skipped(SkippedEvent{side, key, size, reason});
}

void RunState::found_archived(const CopyItem& item) {
  set_aside_key(*item.chunk, SetAsideKind::kArchived, item.key);
}

void RunState::not_tried(Portion& portion, Side side, std::string_view key, ByteCount size) {
  portion.open = true;
  counters.skipped.add(size);
  if (side == Side::kTarget) counters.skipped_deletes.add(size);
  ++counters.skipped_because[static_cast<std::size_t>(SkipReason::kNotTried)];
  sink.on_skipped(SkippedEvent{side, key, size, SkipReason::kNotTried});
}

void RunState::failed(Portion& portion, Side side, std::string_view key, ByteCount size,
                      const Error& error) {
  count(portion, [&](RunCounters& c) {
    c.failed.add(size);
    if (side == Side::kTarget) c.failed_deletes.add(size);
  });
  if (book != nullptr) {
    const bool copy = side == Side::kSource;
    portion.failures.emplace_back(copy ? FailedWork::kCopy : FailedWork::kDelete, key, size, error);
    if (!copy) portion.settled_deletes.emplace_back(key);
  }
  sink.on_failed(FailedEvent{side, key, size, error});
  met_nobody(error) ? note_unreachable(error) : note_reachable();
  note_failure(error);
  // What was one too many is a matter for the next try, too.
  if (ended_by_failures_ && side == Side::kSource) portion.open = true;
}

void RunState::given_back(const Error& error) {
  ++counters.requeued;
  met_nobody(error) ? note_unreachable(error) : note_reachable();
}

void RunState::note_unreachable(const Error& error) {
  if (!unreachable_since_) unreachable_since_ = runtime.now();
  if (runtime.now() - *unreachable_since_ < kUnreachableFor) return;
  stop(Error(ErrorKind::kConnect,
             fmt::format("no request found a server for {} s ({}): see whether the endpoint is up, "
                         "then run the same command again",
                         std::chrono::duration_cast<std::chrono::seconds>(kUnreachableFor).count(),
                         error.message())));
}

void RunState::note_success() {
  note_progress();
  in_a_row_ = 0;
}

void RunState::note_failure(const Error& error) {
  if (class_kind_ != error.kind() || class_code_ != error.code()) {
    class_kind_ = error.kind();
    class_code_ = error.code();
    in_a_row_ = 0;
  }
  if (++in_a_row_ != options.max_failures_in_a_row) return;
  const std::string name =
      error.code().empty() ? std::string(to_string(error.kind())) : error.code();
  ended_by_failures_ = true;
  stop(
      Error(error.kind(),
            fmt::format(
                "{} objects in a row failed in the same way ({}), so the run stops (--max-failures "
                "sets the number): {}. {}",
                display_count(in_a_row_), name, error.message(), way_on()))
          .with_code(error.code())
          .with_status(error.http_status()));
}

// Options that change what a run does cannot change while it is open.
std::string RunState::way_on() const {
  if (book == nullptr)
    return "Mend that and give the same command again, or leave these objects out with --exclude "
           "'PATTERN': what was copied compares as the same";
  return "Mend that, and the same command goes on from here. To leave these objects out, give it "
         "with --exclude 'PATTERN' --restart: other options than before need --restart beside "
         "them, and what was copied compares as the same";
}

bool RunState::settles(const Error& error) {
  if (!error.is(ErrorKind::kAccessDenied) || stopped_ || runtime.now() >= settles_until())
    return false;
  if (!std::exchange(settling_told_, true))
    warn(WarningKind::kSettling,
         fmt::format("the server denies access, and --settle waits for a new policy to arrive: "
                     "tried again until {} s after the start ({})",
                     std::chrono::duration_cast<std::chrono::seconds>(options.settle).count(),
                     error.message()));
  return true;
}

Task<Status> RunState::pause(Duration delay) {
  Status woken = co_await with_deadline<void>(runtime, delay, over_.wait());
  if (woken) co_return fail(ErrorKind::kCancelled, "the run is over");
  if (woken.error().is(ErrorKind::kTimeout)) co_return Status();
  co_return woken;
}

void RunState::deleted(Portion& portion, std::string_view key, ByteCount size) {
  note_success();
  count(portion, [&](RunCounters& c) { c.deleted.add(size); });
  set_aside.deleted.add(key);
  if (book != nullptr) portion.settled_deletes.emplace_back(key);
  sink.on_deleted(DeletedEvent{key, size, false});
}

void RunState::would_delete(Portion& portion, std::string_view key, ByteCount size) {
  count(portion, [&](RunCounters& c) { c.would_delete.add(size); });
  sink.on_deleted(DeletedEvent{key, size, true});
}

void RunState::count_unreached() {
  RunCounters& c = counters;
  auto rest = [](const Tally& all, std::initializer_list<const Tally*> settled) {
    Tally out = all;
    for (const Tally* one : settled) {
      out.objects -= std::min(out.objects, one->objects);
      // Bytes of what was replaced meanwhile count as they were copied, so they may not add up.
      out.bytes -= std::min(out.bytes, one->bytes);
    }
    return out;
  };
  auto add = [](Tally& sum, const Tally& more) {
    sum.objects += more.objects;
    sum.bytes += more.bytes;
  };
  const Tally deletes =
      rest(c.planned_deletes, {&c.deleted, &c.would_delete, &c.skipped_deletes, &c.failed_deletes});
  add(c.skipped, deletes);
  add(c.skipped_deletes, deletes);
  Tally of_deletes = c.skipped_deletes;
  add(of_deletes, c.failed_deletes);
  Tally work = c.skipped;
  add(work, c.failed);
  const Tally of_source = rest(work, {&of_deletes});
  const Tally copies = rest(c.listed_source, {&c.excluded_source, &c.ignored_markers_source,
                                              &c.copied, &c.would_copy, &c.same, &of_source});
  add(c.skipped, copies);
  c.skipped_because[static_cast<std::size_t>(SkipReason::kNotTried)] +=
      deletes.objects + copies.objects;
}

void RunState::warn(WarningKind kind, std::string_view message) {
  sink.on_warning(WarningEvent{kind, message});
}

void RunState::warn_once(WarningKind kind, std::string_view message) {
  if (warned_.insert(kind).second) warn(kind, message);
}

void RunState::stop(Error why) {
  if (stopped_) return;
  stopped_.emplace(std::move(why));
  over_.set();
  if (then_) then_();
}

void RunState::drain(const Error& why) {
  if (stopped_) return;
  if (counters.copies_in_flight > 0)
    warn(WarningKind::kDraining,
         fmt::format("{}: nothing new begins; {} {} finished first, for {} s at most",
                     why.is(ErrorKind::kCancelled) ? "interrupted" : why.message(),
                     counters.copies_in_flight,
                     counters.copies_in_flight == 1 ? "copy in flight is" : "copies in flight are",
                     std::chrono::duration_cast<std::chrono::seconds>(kDrainAtMost).count()));
  stop(why);
}

}  // namespace s3ferry
