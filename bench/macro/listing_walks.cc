// Whole listings under virtual time: the engine's own page streams, ranges and merge over pages
// that a formula gives, so that a billion keys a side cost minutes of CPU, and no XML. Says how
// many LISTs it took above the ideal, how long S3 would have been busy, and the memory.
//
//   listing_walks LAYOUT SOURCE TARGET IN_FLIGHT [SEED]       LAYOUT: as s3sim names them, or "all"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <sys/resource.h>

#include "runtime/virtual_runtime.h"
#include "sim/synthetic.h"
#include "transfer/merged_walk.h"

namespace s3ferry {
namespace {

using sim::Layout;

constexpr auto kLatency = std::chrono::milliseconds(40);
constexpr std::uint64_t kPage = 1000;
constexpr std::pair<std::string_view, Layout> kLayouts[] = {
    {"flat", Layout::kFlat},
    {"padded", Layout::kPadded},
    {"dates", Layout::kDates},
    {"hash-prefixes", Layout::kHashPrefixes},
    {"uuids", Layout::kUuids},
    {"one-directory", Layout::kOneDirectory},
    {"long-prefixes", Layout::kLongPrefixes},
    {"korean", Layout::kKorean},
};

// A LIST takes 40 to 42 ms.
class FormulaPages final : public PageSource {
 public:
  FormulaPages(Runtime& runtime, Layout layout, std::uint64_t count)
      : runtime_(runtime), keys_(*sim::SyntheticKeys::create(spec(layout, count))) {}

  Task<Status> fetch(s3::ListRequest request, s3::ListPage& page) override {
    ++requests;
    if (request.sent != nullptr) request.sent->set(runtime_.now());
    const auto jitter = std::chrono::microseconds(runtime_.random() % 2000);
    Status slept = co_await runtime_.sleep_for(kLatency + jitter);
    if (!slept) co_return slept;
    fill(request, page);
    co_return Status();
  }
  std::uint64_t requests = 0;
  std::uint64_t ideal() const { return keys_.size() == 0 ? 1 : (keys_.size() + kPage - 1) / kPage; }

 private:
  static sim::SyntheticSpec spec(Layout layout, std::uint64_t count) {
    sim::SyntheticSpec out;
    out.layout = layout;
    out.count = count;
    return out;
  }
  void fill(const s3::ListRequest& request, s3::ListPage& page) {
    page.clear();
    std::uint64_t at = 0;
    if (!request.continuation_token.empty()) {
      at = std::strtoull(request.continuation_token.c_str(), nullptr, 10);
    } else if (!request.start_after.empty()) {
      at = keys_.lower_bound(request.start_after);
      if (at < keys_.size()) keys_.key(at, key_);
      at += at < keys_.size() && key_ == request.start_after;
    }
    const std::uint64_t end = std::min(at + kPage, keys_.size());
    page.entries.reserve(end - at);
    for (; at < end; ++at) {
      keys_.key(at, key_);
      s3::ListEntry entry;
      entry.key = page.keep(key_);
      page.entries.push_back(entry);
    }
    page.truncated = end < keys_.size();
    if (page.truncated) page.next_token = std::to_string(end);
  }

  Runtime& runtime_;
  sim::SyntheticKeys keys_;
  std::string key_;
};

class Counting final : public RangeWalker {
 public:
  Task<Status> walk(RangeWalk& range) override {
    MergedWalk walk(range, filters_, FolderMarkers::kCopy);
    std::vector<MergedKey> batch;
    for (;;) {
      const auto side = walk.advance(batch);
      for (const MergedKey& merged : batch) {
        source += merged.source != nullptr;
        target += merged.target != nullptr;
      }
      if (!side) co_return Status();
      Status fed = co_await walk.feed(*side);
      if (!fed) co_return fed;
    }
  }
  std::uint64_t source = 0, target = 0;

 private:
  Filters filters_;
};

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

bool play(std::string_view name, Layout layout, std::uint64_t at_source, std::uint64_t at_target,
          std::size_t in_flight, std::uint64_t seed) {
  VirtualRuntime runtime(seed);
  FormulaPages source(runtime, layout, at_source), target(runtime, layout, at_target);
  ListPace pace(runtime, in_flight);
  PacedPages paced_source(runtime, source, pace), paced_target(runtime, target, pace);
  RangeSplit split(kPage);
  Counting counting;
  RangeWalks walks(runtime, paced_source, paced_target, pace, split, RangeWalksOptions(), counting);
  const double cpu_before = cpu_seconds();
  const std::vector<KeyRange> whole(1);
  const Status walked = runtime.run(walks.run(whole));
  const double virtual_s = std::chrono::duration<double>(runtime.now() - TimePoint{}).count();
  const auto ideal = static_cast<double>(source.ideal() + target.ideal());
  const auto requests = static_cast<double>(source.requests + target.requests);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf(
      "%-14.*s %llu/%llu, %zu in flight, seed %llu: %.0f LISTs, %.2f %% above the ideal %.0f; "
      "%.2f s of S3 time, %.2f times the ideal; %llu splits; %.1f CPU s, peak RSS %.1f MiB\n",
      static_cast<int>(name.size()), name.data(), static_cast<unsigned long long>(at_source),
      static_cast<unsigned long long>(at_target), in_flight, static_cast<unsigned long long>(seed),
      requests, 100 * (requests - ideal) / ideal, ideal, virtual_s,
      virtual_s * static_cast<double>(in_flight) / (ideal * 0.041),
      static_cast<unsigned long long>(walks.splits()), cpu_seconds() - cpu_before,
      static_cast<double>(usage.ru_maxrss) / 1024);
  std::fflush(stdout);
  const bool whole_walk = walked && counting.source == at_source && counting.target == at_target;
  if (!whole_walk) std::printf("  NOT every key was walked once\n");
  return whole_walk;
}

int main_of(int count, char** arguments) {
  if (count < 5) {
    std::fputs("usage: listing_walks LAYOUT|all SOURCE TARGET IN_FLIGHT [SEED]\n", stderr);
    return 2;
  }
  const std::string_view wanted = arguments[1];
  const auto number = [&](int at) { return std::strtoull(arguments[at], nullptr, 10); };
  bool good = true;
  for (const auto& [name, layout] : kLayouts)
    if (wanted == "all" || wanted == name)
      good &= play(name, layout, number(2), number(3), number(4), count > 5 ? number(5) : 1);
  return good ? 0 : 1;
}

}  // namespace
}  // namespace s3ferry

int main(int count, char** arguments) {
  return s3ferry::main_of(count, arguments);
}
