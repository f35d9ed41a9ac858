#include "report/progress.h"

#include <cmath>

#include <fmt/format.h>

#include "report/display.h"

namespace s3ferry {
namespace {
// Rates follow the last few seconds: what is older than this counts for a third.
constexpr double kMemory_s = 5;
}  // namespace

void Progress::update_rates(TimePoint now) {
  const double elapsed = std::chrono::duration<double>(now - last_).count();
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

std::string Progress::line(TimePoint now, std::size_t columns) {
  if (!phase_ && counters_ == nullptr) return {};
  std::string text = phase_ ? std::string(to_string(*phase_)) : "listing";
  if (counters_ != nullptr) {
    update_rates(now);
    const RunCounters& c = *counters_;
    text += fmt::format(": {} copied, {}", display_count(c.copied.objects),
                        display_bytes(c.copied.bytes));
    if (phase_ == Phase::kCopying)
      text += fmt::format(" ({}/s, {}/s)", display_count(std::llround(objects_per_s_)),
                          display_bytes(static_cast<ByteCount>(std::llround(bytes_per_s_))));
    text += fmt::format(", {} same", display_count(c.same.objects));
    if (c.deleted.objects > 0)
      text += fmt::format(", {} deleted", display_count(c.deleted.objects));
    if (c.failed.objects > 0) text += fmt::format(", {} failed", display_count(c.failed.objects));
    text += fmt::format(", listed {} + {}", display_count(c.listed_source.objects),
                        display_count(c.listed_target.objects));
  }
  text += ", " + display_duration(now - begin_);
  if (columns > 1 && text.size() >= columns) text.resize(columns - 1);
  return text;
}

}  // namespace s3ferry
