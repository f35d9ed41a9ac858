#include "engine/pace_field.h"

#include <cmath>
#include <cstdio>
#include <numeric>
#include <string>
#include <utility>

#include "runtime/scope.h"

namespace s3ferry::testing {
namespace {

using namespace std::chrono_literals;
using sim::Operation;

constexpr std::string_view kOtherKey = "other";
constexpr std::size_t kCounterEnds = 16;  // "obj-" and twelve digits

// Objects of a partition, so that none runs dry within minutes: a power of ten.
int digits_for(double rate) {
  return static_cast<int>(std::ceil(std::log10(rate * 250)));
}

SimPairOptions counted(double rate, std::uint64_t seed) {
  SimPairOptions out;
  out.seed = seed;
  out.source_synthetic.emplace();
  out.source_synthetic->layout = sim::Layout::kPadded;
  out.source_synthetic->count =
      kPartitions * static_cast<std::uint64_t>(std::llround(std::pow(10.0, digits_for(rate))));
  return out;
}

// Forgets at once what it is told.
class NoSink final : public EventSink {};

// Takes what comes.
class NoWatch final : public aws::AttemptWatch {
 public:
  void sent(TimePoint) override {}
  void answered(TimePoint, const Error*) override {}
};

std::uint64_t sum_of(const std::array<std::uint64_t, kPartitions>& numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), std::uint64_t{0});
}

}  // namespace

double PaceWindow::taken_per_second() const {
  return static_cast<double>(sum_of(taken)) / seconds;
}
double PaceWindow::taken_per_second(std::size_t partition) const {
  return static_cast<double>(taken[partition]) / seconds;
}
double PaceWindow::refused_share() const {
  const auto all = static_cast<double>(sum_of(taken) + sum_of(refused));
  return all > 0 ? static_cast<double>(sum_of(refused)) / all : 0;
}

PaceField::PaceField(double partition_rate, std::uint64_t seed)
    : world_(counted(partition_rate, seed)),
      digit_(kCounterEnds - static_cast<std::size_t>(digits_for(partition_rate)) - 1) {
  options.copy_as = CopyAs::kSource;
  options.concurrency = static_cast<std::size_t>(partition_rate * kPartitions * 0.04) + 16;
  options.drain = &enough_;
  world_.pair().conditions_trusted = true;
  set_limit(partition_rate);
  world_.sim().check_signatures(false);
  world_.sim().add_latency({Operation::kCopyObject, 30ms, 4ms, 0});
  world_.sim().add_latency({Operation::kListObjectsV2, 40ms, 4ms, 0});
  world_.sim().after_request([this](const sim::RequestInfo& request) { note(request); });
  std::printf("seed %llu, %.0f copies a second a partition, %zu in flight\n",
              static_cast<unsigned long long>(seed), partition_rate, options.concurrency);
}

void PaceField::set_limit(double partition_rate) {
  sim::RateSpec limit;
  limit.bucket = kTargetBucket;
  limit.prefix_bytes = digit_ + 1;
  limit.writes_per_second = partition_rate;
  world_.sim().set_rate_limit(limit);
}

void PaceField::note(const sim::RequestInfo& request) {
  const bool fine = request.status == 200;
  if (request.key.ends_with(kOtherKey)) {
    ++(fine ? sum_.other_taken : sum_.other_refused);
    return;
  }
  if (request.operation != Operation::kCopyObject) return;
  const auto partition = static_cast<std::size_t>(request.key[digit_] - '0') % kPartitions;
  ++(fine ? sum_.taken : sum_.refused)[partition];
  if (!fine) return;
  const std::string key(request.key);
  (void)world_.sim().erase_object(kTargetBucket, key);  // millions of them would not fit
}

SyncResult PaceField::play(Task<void> script) {
  return world_.runtime().run(sync_beside(std::move(script)));
}

Task<SyncResult> PaceField::sync_beside(Task<void> script) {
  Scope scripted(world_.runtime()), beside(world_.runtime());
  scripted.spawn(follow(std::move(script)));
  beside.spawn(other_tool());
  NoSink sink;
  SyncResult result = co_await run_sync(world_.runtime(), world_.pair(), options, sink);
  co_await scripted.join();
  beside.cancel();
  co_await beside.join();
  co_return result;
}

Task<void> PaceField::follow(Task<void> script) {
  co_await std::move(script);
  enough_.request(Error(ErrorKind::kCancelled, "enough was seen"));
}

Task<void> PaceField::pass(std::string_view what, Duration lasts) {
  const PaceWindow before = sum_;
  (void)co_await world_.runtime().sleep_for(lasts);
  seen_ = sum_;
  seen_.seconds = std::chrono::duration<double>(lasts).count();
  for (std::size_t i = 0; i < kPartitions; ++i) {
    seen_.taken[i] -= before.taken[i];
    seen_.refused[i] -= before.refused[i];
  }
  seen_.other_taken -= before.other_taken;
  seen_.other_refused -= before.other_refused;
  std::printf("%-28.*s %7.0f/s, %5.2f %% refused;", static_cast<int>(what.size()), what.data(),
              seen_.taken_per_second(), 100 * seen_.refused_share());
  for (std::size_t i = 0; i < kPartitions; ++i) std::printf(" %.0f", seen_.taken_per_second(i));
  if (seen_.other_taken > 0)
    std::printf("; the other %.0f/s and %llu refused",
                static_cast<double>(seen_.other_taken) / seen_.seconds,
                static_cast<unsigned long long>(seen_.other_refused));
  std::printf("\n");
  std::fflush(stdout);
}

Task<void> PaceField::other_tool() {
  Scope writes(world_.runtime());
  for (;;) {
    const double apart =
        other_rate_ > 0 ? (0.5 + world_.runtime().random_unit()) / other_rate_ : 0.1;
    const auto pause = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(apart));
    if (!co_await world_.runtime().sleep_for(pause)) break;
    if (other_rate_ > 0) writes.spawn(write_one());
  }
  co_await writes.join();
}

Task<void> PaceField::write_one() {
  std::string key(kCounterEnds, '0');
  key.replace(0, 4, "obj-");
  key[digit_] = static_cast<char>('0' + kOthersPartition);
  NoWatch watch;
  s3::CopyRequest request(ObjectKey(key + std::string(kOtherKey)),
                          s3::CopySource(BucketName(kSourceBucket), ObjectKey(key), ETag()));
  request.watch = &watch;
  (void)co_await world_.pair().as_source->copy_object(std::move(request));
}

}  // namespace s3ferry::testing
