#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/time.h"
#include "transfer/events.h"

namespace s3ferry {

// The text of the progress line: what was done, how fast of late, in which phase. Reads the run's
// live counters; draws nothing itself.
class Progress {
 public:
  explicit Progress(TimePoint begin) : begin_(begin), last_(begin) {}
  void watch(const RunCounters* counters) { counters_ = counters; }  // null: none
  void set_phase(Phase phase) { phase_ = phase; }
  // At most `columns` - 1 characters; empty when there is nothing to show yet. Moves the rates on.
  std::string line(TimePoint now, std::size_t columns);

 private:
  void update_rates(TimePoint now);

  const RunCounters* counters_ = nullptr;
  std::optional<Phase> phase_;
  TimePoint begin_, last_;
  Tally last_copied_;
  double objects_per_s_ = 0, bytes_per_s_ = 0;
};

}  // namespace s3ferry
