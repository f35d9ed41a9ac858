#include "proof/verdict.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace s3ferry {
namespace {

std::string objects(std::uint64_t n) {
  return fmt::format("{} object{}", n, n == 1 ? "" : "s");
}

void add(std::string& out, std::string sentence) {
  if (!out.empty()) out += ' ';
  out += sentence;
}

}  // namespace

std::string_view to_string(CheckLevel level) {
  switch (level) {
    case CheckLevel::kEtag:
      return "etag";
    case CheckLevel::kSize:
      return "size";
    case CheckLevel::kNone:
      return "none";
  }
  return "unknown";
}

bool check_passes(const CheckOptions& options, const CheckCounters& counters) {
  const std::uint64_t wrong = counters.missing + counters.size_differs + counters.etag_differs +
                              counters.could_not_look + options.failed_objects;
  return wrong == 0 && (!options.extras_fail || counters.extra == 0);
}

std::string mending_advice(const CheckOptions& options, const CheckCounters& counters) {
  std::string out;
  if (check_passes(options, counters)) return out;
  if (options.failed_objects > 0) {
    add(out, fmt::format("{} failed in the sync: mend what its lines name and run it again.",
                         objects(options.failed_objects)));
  }
  if (counters.missing + counters.size_differs > 0) {
    std::string what;
    if (counters.missing > 0) what = objects(counters.missing) + " missing at the target";
    if (counters.size_differs > 0)
      what += fmt::format("{}{} of another size", what.empty() ? "" : ", ",
                          objects(counters.size_differs));
    add(out, what + ": run the sync again.");
  }
  if (counters.archived_missing > 0) {
    add(out,
        fmt::format("{} of the missing archived at the source (GLACIER, DEEP_ARCHIVE), which a "
                    "sync leaves out: restore them, then run it with --force-glacier-transfer.",
                    counters.archived_missing));
  }
  if (counters.etag_differs > 0) {
    add(out, fmt::format("{} of equal size and other content: run the sync with --compare etag, "
                         "which copies them.",
                         objects(counters.etag_differs)));
  }
  if (options.extras_fail && counters.extra > 0) {
    const bool after_sync = options.set_aside != nullptr;
    add(out, fmt::format("{} only at the target: {}.", objects(counters.extra),
                         !after_sync ? "run the sync with --delete (and see why earlier deletions "
                                       "were left)"
                         : options.deletions_done
                             ? "this sync left them, or they were written meanwhile; its lines say "
                               "which and why"
                             : "this sync refused to delete; the reason stands beside it, with the "
                               "flag that allows it"));
  }
  if (counters.could_not_look > 0) {
    add(out, fmt::format("{} could not be looked at: grant s3:GetObject on both sides, or use "
                         "--check size.",
                         objects(counters.could_not_look)));
  }
  return out;
}

std::uint64_t threshold_rank(double threshold, std::uint64_t objects) {
  if (threshold >= 1) return objects;
  const double rank = std::ceil(std::max(0.0, threshold) * static_cast<double>(objects) - 1e-9);
  return std::min(objects, static_cast<std::uint64_t>(rank));
}

}  // namespace s3ferry
