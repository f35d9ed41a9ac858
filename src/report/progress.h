#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/time.h"
#include "transfer/events.h"

namespace s3ferry {

// The text of the progress line: what was done, how fast of late and on average, in which phase,
// and how long what is known to be left takes. Reads the run's live counters; draws nothing itself.
class Progress {
 public:
  explicit Progress(TimePoint begin) : begin_(begin), last_(begin) {}
  void watch(const RunCounters* counters);  // null: none
  void set_phase(Phase phase, TimePoint now);
  // At most `columns` - 1 bytes; empty when there is nothing to show yet. Moves the rates on.
  std::string line(TimePoint now, std::size_t columns);

 private:
  void update_rates(TimePoint now);
  std::string rates(TimePoint now) const;
  std::string time_left(TimePoint now) const;

  const RunCounters* counters_ = nullptr;
  std::optional<Phase> phase_;
  TimePoint begin_, last_;
  TimePoint phase_begin_{};
  RunCounters at_phase_begin_;
  Tally last_copied_;
  double objects_per_s_ = 0, bytes_per_s_ = 0;
};

// How long `left` takes when `done` took `elapsed`: by objects or by bytes, whichever is longer.
// Nothing where nothing was done yet.
std::optional<Duration> estimate_left(const Tally& done, Duration elapsed, const Tally& left);

}  // namespace s3ferry
