// The merge walk over two pages of 1,000 keys and the compare rules on each pair.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "diff/compare.h"
#include "diff/merge.h"

namespace s3ferry {
namespace {

struct Page {
  explicit Page(int keys) {
    for (int i = 0; i < keys; ++i) {
      texts.push_back(fmt::format("2026/11/22/part-{:09}.json", i));
      etags.push_back(fmt::format("{:032x}", i));
    }
    for (int i = 0; i < keys; ++i) {
      ObjectView view;
      view.key = texts[static_cast<std::size_t>(i)];
      view.etag = etags[static_cast<std::size_t>(i)];
      view.size = 1000;
      views.push_back(view);
    }
  }
  std::vector<std::string> texts, etags;
  std::vector<ObjectView> views;
};

void merge_and_compare(benchmark::State& state, bool filtered) {
  const Page source(1000), target(1000);
  Filters filters;
  if (filtered) filters.exclude("*.tmp");
  CompareRules rules;
  rules.mode = CompareMode::kEtag;
  std::vector<MergedKey> pairs;
  std::uint64_t same = 0;
  for (auto _ : state) {
    Merge merge(filters, FolderMarkers::kCopy);
    merge.feed_source(source.views);
    merge.feed_target(target.views);
    (void)merge.advance(pairs);
    for (const MergedKey& pair : pairs) {
      if (pair.source == nullptr || pair.target == nullptr) continue;
      same += compare_objects(rules, *pair.source, *pair.target).verdict == Verdict::kSame ? 1 : 0;
    }
  }
  benchmark::DoNotOptimize(same);
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * 1000);
}
BENCHMARK_CAPTURE(merge_and_compare, no_filters, false);
BENCHMARK_CAPTURE(merge_and_compare, one_filter, true);

}  // namespace
}  // namespace s3ferry
