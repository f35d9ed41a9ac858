#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"
#include "transfer/events.h"

namespace s3ferry {

// The text of the progress line: what was done, how fast of late and on average, in which phase,
// and, once both sides are listed to their end, how long what is left takes: before that nobody
// knows how much there is, unless an earlier run counted it. Reads the run's live counters; draws
// nothing itself.
class Progress {
 public:
  explicit Progress(TimePoint begin) : begin_(begin), last_(begin) {}
  void watch(const RunCounters* counters);  // null: none
  // So many objects stood at the source when the task's last run came to its end.
  void expect(std::uint64_t objects) { expected_ = objects; }
  void set_phase(Phase phase, TimePoint now);
  // At most `columns` - 1 wide: what does not fit is left out part by part, the least needed first.
  // Empty when there is nothing to show yet. Moves the rates on.
  std::string line(TimePoint now, std::size_t columns);

 private:
  void update_rates(TimePoint now);
  std::string recent_rates() const;
  std::string average_rates(TimePoint now) const;
  std::string time_left(TimePoint now) const;

  const RunCounters* counters_ = nullptr;
  std::optional<Phase> phase_;
  TimePoint begin_, last_;
  TimePoint phase_begin_{};
  RunCounters at_phase_begin_;
  Tally last_copied_;
  std::uint64_t expected_ = 0;
  // Weighted by age; the weights seen so far sum up to `weight_`, which comes near 1.
  double objects_per_s_ = 0, bytes_per_s_ = 0, weight_ = 0;
};

// How long `left` takes when `done` took `elapsed`: by objects or by bytes, whichever is longer.
// Nothing where nothing was done yet.
std::optional<Duration> estimate_left(const Tally& done, Duration elapsed, const Tally& left);

}  // namespace s3ferry
