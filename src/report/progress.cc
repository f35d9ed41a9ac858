#include "report/progress.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>

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

// Cut between characters.
void cut(std::string& text, std::size_t bytes) {
  if (text.size() <= bytes) return;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  text.resize(bytes);
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
  phase_begin_ = now;
  at_phase_begin_ = counters_ != nullptr ? *counters_ : RunCounters();
}

void Progress::update_rates(TimePoint now) {
  const double elapsed = seconds(now - last_);
  if (elapsed <= 0) return;
  const Tally& done = counters_->copied;
  const double keep = std::exp(-elapsed / kMemory_s);
  const auto objects = static_cast<double>(done.objects - last_copied_.objects) / elapsed;
  const auto bytes = static_cast<double>(done.bytes - last_copied_.bytes) / elapsed;
  objects_per_s_ = keep * objects_per_s_ + (1 - keep) * objects;
  bytes_per_s_ = keep * bytes_per_s_ + (1 - keep) * bytes;
  last_copied_ = done;
  last_ = now;
}

std::string Progress::rates(TimePoint now) const {
  const Tally done = minus(counters_->copied, {&at_phase_begin_.copied});
  const double elapsed = std::max(1e-3, seconds(now - phase_begin_));
  const double objects = static_cast<double>(done.objects) / elapsed;
  const double bytes = static_cast<double>(done.bytes) / elapsed;
  return fmt::format(" ({}/s, {}/s; average {}/s, {}/s)",
                     display_count(std::llround(objects_per_s_)),
                     display_bytes(static_cast<ByteCount>(std::llround(bytes_per_s_))),
                     display_count(std::llround(objects)),
                     display_bytes(static_cast<ByteCount>(std::llround(bytes))));
}

// While a listing runs more may turn up: then what is known is the least.
std::string Progress::time_left(TimePoint now) const {
  const RunCounters &c = *counters_, &then = at_phase_begin_;
  const bool copying = phase_ == Phase::kCopying;
  const Tally left = copying ? copies_left(c) : deletes_left(c);
  const Tally done = copying ? minus(c.copied, {&then.copied}) : minus(c.deleted, {&then.deleted});
  const bool listed = c.source_listed_whole && c.target_listed_whole;
  const auto time = estimate_left(done, now - phase_begin_, left);
  if (!time) return ", ? left";
  return fmt::format(", {}{} left", copying && !listed ? "≥ " : "", display_duration(*time));
}

std::string Progress::line(TimePoint now, std::size_t columns) {
  if (!phase_ && counters_ == nullptr) return {};
  std::string text = phase_ ? std::string(to_string(*phase_)) : "listing";
  if (counters_ != nullptr) {
    update_rates(now);
    const RunCounters& c = *counters_;
    text += fmt::format(": {} copied, {}", display_count(c.copied.objects),
                        display_bytes(c.copied.bytes));
    if (phase_ == Phase::kDeleting)
      text += fmt::format(", {} deleted", display_count(c.deleted.objects));
    if (phase_ == Phase::kCopying || phase_ == Phase::kDeleting) text += time_left(now);
    if (phase_ == Phase::kCopying) text += rates(now);
    text += fmt::format(", {} same", display_count(c.same.objects));
    if (c.failed.objects > 0) text += fmt::format(", {} failed", display_count(c.failed.objects));
    text += fmt::format(", listed {} + {}", display_count(c.listed_source.objects),
                        display_count(c.listed_target.objects));
  }
  text += ", " + display_duration(now - begin_);
  if (columns > 1) cut(text, columns - 1);
  return text;
}

}  // namespace s3ferry
