#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "base/key_range.h"
#include "journal/records.h"
#include "transfer/counters.h"

namespace s3ferry {

// A part of a run whose outcome is written down as one: a chunk of the walk, a batch of deletions.
struct Portion {
  RunCounters counters;  // what it added to the run's
  bool open = false;     // something of it was not tried: it is not finished, whatever it counted
  // Only where the run is recorded.
  std::vector<FailedObject> failures;
  std::vector<SetAsideKey> set_aside;
  std::vector<std::string> settled_deletes;
};

// The keys (after, up_to] of both sides, walked and decided about. It is settled once the walk has
// passed it and each of its copies came to its outcome.
struct Chunk : Portion {
  std::optional<std::string> after, up_to;
  std::vector<PlannedDelete> planned_deletes;

 private:
  friend class Ledger;
  std::size_t outstanding_ = 0;
  bool closed_ = false;
  std::list<Chunk>::iterator at_;
};

// The chunks that are under way and what becomes of them, in no order of keys. Pure. A chunk that
// settles with every outcome leaves at once, to whoever wants finished ones, so that memory is that
// of the work in flight; one with something not tried stays: its keys are walked again by a later
// try.
class Ledger {
 public:
  using Finished = std::function<void(Chunk&)>;
  explicit Ledger(Finished finished) : finished_(std::move(finished)) {}
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  // A new chunk behind the key `after`; it stays where it is until it is finished.
  Chunk& begin(std::optional<std::string> after);
  // One more copy that the chunk waits for, and the end of one. The last may end the chunk's life.
  void add_work(Chunk& chunk) { ++chunk.outstanding_; }
  void end_work(Chunk& chunk);
  // The walk passed `up_to` (absent: the last key). May end the chunk's life.
  void close(Chunk& chunk, std::optional<std::string> up_to);
  // A chunk that turned out to hold no key.
  void drop(Chunk& chunk) { chunks_.erase(chunk.at_); }

  // Those that are not finished.
  template <class See>
  void each(See see) const {
    for (const Chunk& chunk : chunks_) see(chunk);
  }

  std::size_t chunks() const { return chunks_.size(); }
  // Planned deletions that wait for their chunk.
  std::size_t held_deletes() const { return held_deletes_; }

 private:
  void settle(Chunk& chunk);

  Finished finished_;
  std::list<Chunk> chunks_;
  std::size_t held_deletes_ = 0;
};

}  // namespace s3ferry
