#include "transfer/run_state.h"

#include <algorithm>
#include <initializer_list>

#include <fmt/format.h>

namespace s3ferry {
namespace {

// No server was met: no connection, or a retry budget that dead connections used up (an error that
// a server answered has its status).
bool met_nobody(const Error& error) {
  return error.is(ErrorKind::kConnect) || error.is(ErrorKind::kTls) ||
         (error.is(ErrorKind::kRetryBudget) && error.http_status() == 0);
}

}  // namespace

void RunState::copied(const CopyItem& item, bool late) {
  counters.copied.add(item.size);
  ++counters.copied_because[static_cast<std::size_t>(item.reason)];
  if (late) {
    ++counters.late;
    set_aside.changed.add(item.key);
  }
  note_reachable();
  sink.on_copied(CopiedEvent{item.key, item.size, item.reason, false, late});
}

void RunState::would_copy(const ObjectView& object, CopyReason reason) {
  counters.would_copy.add(object.size);
  ++counters.copied_because[static_cast<std::size_t>(reason)];
  sink.on_copied(CopiedEvent{object.key, object.size, reason, true, false});
}

void RunState::skipped(Side side, std::string_view key, ByteCount size, SkipReason reason) {
  counters.skipped.add(size);
  if (side == Side::kTarget) counters.skipped_deletes.add(size);
  ++counters.skipped_because[static_cast<std::size_t>(reason)];
  if (reason == SkipReason::kVanished || reason == SkipReason::kChangedMeanwhile)
    set_aside.changed.add(key);
  sink.on_skipped(SkippedEvent{side, key, size, reason});
}

void RunState::failed(Side side, std::string_view key, ByteCount size, const Error& error) {
  counters.failed.add(size);
  if (side == Side::kTarget) counters.failed_deletes.add(size);
  sink.on_failed(FailedEvent{side, key, size, error});
  met_nobody(error) ? note_unreachable(error) : note_reachable();
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

void RunState::deleted(std::string_view key, ByteCount size) {
  counters.deleted.add(size);
  set_aside.deleted.add(key);
  sink.on_deleted(DeletedEvent{key, size, false});
}

void RunState::would_delete(std::string_view key, ByteCount size) {
  counters.would_delete.add(size);
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

void RunState::stop(Error why) {
  if (stopped_) return;
  stopped_.emplace(std::move(why));
  if (then_) then_();
}

}  // namespace s3ferry
