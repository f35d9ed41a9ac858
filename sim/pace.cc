#include "sim/pace.h"

#include <algorithm>

namespace s3ferry::sim {

bool Pace::depends_on_size() const {
  return std::any_of(latencies_.begin(), latencies_.end(),
                     [](const LatencySpec& latency) { return latency.copy_bytes_per_second > 0; });
}

Duration Pace::delay(Runtime& runtime, Operation operation, ByteCount copied_bytes) const {
  const LatencySpec* found = nullptr;
  for (const LatencySpec& latency : latencies_) {
    if (latency.operation == operation) {
      found = &latency;
      break;
    }
    if (!latency.operation && found == nullptr) found = &latency;
  }
  if (found == nullptr) return Duration{};
  Duration delay = found->fixed;
  if (found->jitter > Duration{})
    delay += Duration(static_cast<Duration::rep>(static_cast<double>(found->jitter.count()) *
                                                 runtime.random_unit()));
  if (found->copy_bytes_per_second > 0 && copied_bytes > 0)
    delay += std::chrono::duration_cast<Duration>(std::chrono::duration<double>(
        static_cast<double>(copied_bytes) / static_cast<double>(found->copy_bytes_per_second)));
  return delay;
}

void Pace::set(RateSpec rate) {
  for (RateSpec& old : rates_)
    if (old.bucket == rate.bucket && old.prefix_bytes == rate.prefix_bytes) {
      old = std::move(rate);
      return;
    }
  add(std::move(rate));
}

bool Pace::admit(TimePoint now, std::string_view bucket, std::string_view key, bool write) {
  bool admitted = true;
  for (std::size_t i = 0; i < rates_.size(); ++i) {
    const RateSpec& rate = rates_[i];
    if (!rate.bucket.empty() && rate.bucket != bucket) continue;
    const double per_second = write ? rate.writes_per_second : rate.reads_per_second;
    if (per_second <= 0) continue;
    std::string name = std::to_string(i);
    name += write ? 'w' : 'r';
    name += bucket;
    name.push_back('/');
    name += key.substr(0, rate.prefix_bytes);
    const double most = std::max(1.0, per_second * rate.burst_seconds);
    auto [at, fresh] = partitions_.try_emplace(std::move(name), Tokens{most, now});
    Tokens& tokens = at->second;
    const double elapsed = std::chrono::duration<double>(now - tokens.at).count();
    tokens.left = std::min(most, tokens.left + elapsed * per_second);
    tokens.at = now;
    if (tokens.left < 1) {
      admitted = false;
    } else {
      tokens.left -= 1;
    }
  }
  return admitted;
}

}  // namespace s3ferry::sim
