#include "transfer/run_state.h"

#include <fmt/format.h>

namespace s3ferry {

void RunState::copied(const CopyItem& item, bool late) {
  counters.copied.add(item.size);
  ++counters.copied_because[static_cast<std::size_t>(item.reason)];
  if (late) ++counters.late;
  unreachable_in_a_row_ = 0;
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
  sink.on_skipped(SkippedEvent{side, key, size, reason});
}

void RunState::failed(Side side, std::string_view key, ByteCount size, const Error& error) {
  counters.failed.add(size);
  if (side == Side::kTarget) counters.failed_deletes.add(size);
  sink.on_failed(FailedEvent{side, key, size, error});
  if (!error.is(ErrorKind::kConnect) && !error.is(ErrorKind::kTls)) {
    unreachable_in_a_row_ = 0;
  } else if (++unreachable_in_a_row_ == kUnreachableLimit) {
    stop(Error(error.kind(), fmt::format("{} objects in a row found no connection, the last: {}",
                                         kUnreachableLimit, error.message())));
  }
}

void RunState::deleted(std::string_view key, ByteCount size) {
  counters.deleted.add(size);
  sink.on_deleted(DeletedEvent{key, size, false});
}

void RunState::would_delete(std::string_view key, ByteCount size) {
  counters.would_delete.add(size);
  sink.on_deleted(DeletedEvent{key, size, true});
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
