#include "report/progress.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "report/display.h"

namespace s3ferry {
namespace {

// Rates follow the last few seconds: what is older than this counts for a third.
constexpr double kMemory_s = 5;
// No estimate goes further.
constexpr double kMost_s = 1000.0 * 24 * 3600;

double seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}

Tally minus(const Tally& all, std::initializer_list<const Tally*> parts) {
  Tally out = all;
  for (const Tally* part : parts) {
    out.objects -= std::min(out.objects, part->objects);
    out.bytes -= std::min(out.bytes, part->bytes);
  }
  return out;
}

// Planned copies without an outcome.
Tally copies_left(const RunCounters& c) {
  const Tally skipped = minus(c.skipped, {&c.skipped_deletes});
  const Tally failed = minus(c.failed, {&c.failed_deletes});
  return minus(c.planned_copies, {&c.copied, &c.would_copy, &skipped, &failed});
}

Tally deletes_left(const RunCounters& c) {
  return minus(c.planned_deletes,
               {&c.deleted, &c.would_delete, &c.skipped_deletes, &c.failed_deletes});
}

// One piece of the line. Those of a rank are shown together or not at all; a lower rank is more
// needed, and rank 0 stays.
struct Part {
  unsigned rank = 0;
  std::string text;
};
constexpr unsigned kRates = 4,
                   kAverages = 8;  // the averages stand behind the rates, in their brackets

// All of it is ASCII: a byte is a column.
std::string fitted(const std::vector<Part>& parts, std::size_t width) {
  std::size_t used = 0;
  std::vector<bool> shown(kAverages + 1, false);
  for (unsigned rank = 0; rank <= kAverages; ++rank) {
    std::size_t bytes = 0;
    for (const Part& part : parts) bytes += part.rank == rank ? part.text.size() : 0;
    shown[rank] = used + bytes <= width && (rank != kAverages || shown[kRates]);
    used += shown[rank] ? bytes : 0;
  }
  std::string line;
  for (const Part& part : parts)
    if (shown[part.rank]) line += part.text;
  return shown[0] ? line
                  : parts.front().text.substr(0, std::min(width, parts.front().text.find(':')));
}

std::string rate_text(double objects, double bytes) {
  return fmt::format("{}/s, {}/s", display_count(static_cast<std::uint64_t>(std::llround(objects))),
                     display_bytes(static_cast<ByteCount>(std::llround(bytes))));
}

}  // namespace

std::optional<Duration> estimate_left(const Tally& done, Duration elapsed, const Tally& left) {
  if (done.objects == 0 || elapsed <= Duration::zero()) return std::nullopt;
  const double by_objects =
      static_cast<double>(left.objects) / static_cast<double>(done.objects) * seconds(elapsed);
  const double by_bytes = done.bytes == 0 ? 0
                                          : static_cast<double>(left.bytes) /
                                                static_cast<double>(done.bytes) * seconds(elapsed);
  const double longer = std::min(kMost_s, std::max(by_objects, by_bytes));
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(longer));
}

void Progress::watch(const RunCounters* counters) {
  counters_ = counters;
  at_phase_begin_ = counters != nullptr ? *counters : RunCounters();
  // What an earlier try of the run had copied is not this one's speed.
  last_copied_ = at_phase_begin_.copied;
}

void Progress::set_phase(Phase phase, TimePoint now) {
  phase_ = phase;
  phase_begin_ = last_ = now;
  at_phase_begin_ = counters_ != nullptr ? *counters_ : RunCounters();
  last_copied_ = at_phase_begin_.copied;
  objects_per_s_ = bytes_per_s_ = weight_ = 0;
}

void Progress::update_rates(TimePoint now) {
  const double elapsed = seconds(now - last_);
  if (elapsed <= 0) return;
  const Tally done = minus(counters_->copied, {&last_copied_});
  const double keep = std::exp(-elapsed / kMemory_s);
  objects_per_s_ = keep * objects_per_s_ + (1 - keep) * static_cast<double>(done.objects) / elapsed;
  bytes_per_s_ = keep * bytes_per_s_ + (1 - keep) * static_cast<double>(done.bytes) / elapsed;
  weight_ = keep * weight_ + (1 - keep);
  last_copied_ = counters_->copied;
  last_ = now;
}

// Nothing before the first sample.
std::string Progress::recent_rates() const {
  return weight_ > 0 ? rate_text(objects_per_s_ / weight_, bytes_per_s_ / weight_) : std::string();
}

std::string Progress::average_rates(TimePoint now) const {
  const Tally done = minus(counters_->copied, {&at_phase_begin_.copied});
  const double elapsed = std::max(1e-3, seconds(now - phase_begin_));
  return "average " + rate_text(static_cast<double>(done.objects) / elapsed,
                                static_cast<double>(done.bytes) / elapsed);
}

// While a listing runs more turns up all the time: the copies that are known are no measure. What
// an earlier run counted is one, by how fast keys are walked, copies included.
std::string Progress::time_left(TimePoint now) const {
  const RunCounters &c = *counters_, &then = at_phase_begin_;
  const bool copying = phase_ == Phase::kCopying;
  if (copying && !(c.source_listed_whole && c.target_listed_whole)) {
    const Tally walked = minus(c.listed_source, {&then.listed_source});
    if (c.listed_source.objects >= expected_) return {};
    const auto time = estimate_left({walked.objects, 0}, now - phase_begin_,
                                    {expected_ - c.listed_source.objects, 0});
    return time ? fmt::format(", about {} left", display_duration(*time)) : std::string();
  }
  const Tally left = copying ? copies_left(c) : deletes_left(c);
  const Tally done = copying ? minus(c.copied, {&then.copied}) : minus(c.deleted, {&then.deleted});
  const auto time = estimate_left(done, now - phase_begin_, left);
  return time ? fmt::format(", {} left", display_duration(*time)) : std::string();
}

std::string Progress::line(TimePoint now, std::size_t columns) {
  if (!phase_ && counters_ == nullptr) return {};
  const std::string_view title = phase_ ? to_string(*phase_) : "listing";
  std::vector<Part> parts;
  if (counters_ == nullptr) {
    parts.push_back({0, std::string(title)});
  } else {
    update_rates(now);
    const RunCounters& c = *counters_;
    const Tally copied = c.all_copied();
    parts.push_back({0, fmt::format("{}: {} copied", title, display_count(copied.objects))});
    parts.push_back({2, ", " + display_bytes(copied.bytes)});
    if (phase_ == Phase::kDeleting)
      parts.push_back({1, fmt::format(", {} deleted", display_count(c.deleted.objects))});
    if (c.failed.objects > 0)
      parts.push_back({1, fmt::format(", {} failed", display_count(c.failed.objects))});
    if (phase_ == Phase::kCopying || phase_ == Phase::kDeleting)
      parts.push_back({3, time_left(now)});
    const std::string recent = phase_ == Phase::kCopying ? recent_rates() : std::string();
    if (!recent.empty()) {
      parts.push_back({kRates, " (" + recent});
      parts.push_back({kAverages, "; " + average_rates(now)});
      parts.push_back({kRates, ")"});
    }
    parts.push_back({7, fmt::format(", {} same", display_count(c.only_same()))});
    parts.push_back({6, fmt::format(", listed {} + {}", display_count(c.listed_source.objects),
                                    display_count(c.listed_target.objects))});
  }
  parts.push_back({5, ", " + display_duration(now - begin_)});
  return fitted(parts, columns > 1 ? columns - 1 : std::string::npos);
}

}  // namespace s3ferry
