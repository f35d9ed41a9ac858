#include "transfer/delete_caps.h"

#include <fmt/format.h>

namespace s3ferry {
namespace {

constexpr std::uint64_t kDefaultCount = 1000;
constexpr double kDefaultPercent = 1;

bool over_percent(const DeleteFacts& facts, double percent) {
  return static_cast<double>(facts.planned) * 100 >
         static_cast<double>(facts.target_listed) * percent;
}

std::string objects(std::uint64_t n) {
  return fmt::format("{} object{}", n, n == 1 ? "" : "s");
}

}  // namespace

std::optional<DeleteRefusal> refuse_deletions(const DeleteFacts& facts, const MaxDelete& cap,
                                              bool allow_empty_source) {
  if (!facts.source_listed_whole || !facts.target_listed_whole) {
    return DeleteRefusal{
        DeletionsOutcome::kRefusedListing,
        fmt::format("nothing was deleted: the listing of the {} did not come to its "
                    "end, so what is extra at the target is not known",
                    facts.source_listed_whole ? "target" : "source")};
  }
  if (!facts.planned_whole) {
    return DeleteRefusal{DeletionsOutcome::kRefusedListing,
                         "nothing was deleted: what is extra at the target could not be planned to "
                         "its end"};
  }
  if (facts.planned == 0) return std::nullopt;
  if (facts.source_objects == 0 && !allow_empty_source) {
    return DeleteRefusal{
        DeletionsOutcome::kRefusedEmptySource,
        fmt::format("nothing was deleted: the source is empty, and {} at the target would go. If "
                    "that is meant, run again with --allow-empty-source",
                    objects(facts.planned))};
  }
  std::string limit;
  if (cap.count && facts.planned > *cap.count) {
    limit = fmt::format("--max-delete {} allows", *cap.count);
  } else if (cap.percent && over_percent(facts, *cap.percent)) {
    limit = fmt::format("--max-delete {}% allows", *cap.percent);
  } else if (!cap.count && !cap.percent && facts.planned > kDefaultCount &&
             over_percent(facts, kDefaultPercent)) {
    limit = fmt::format("is allowed unasked ({}, or {} % of the target)", kDefaultCount,
                        kDefaultPercent);
  }
  if (limit.empty()) return std::nullopt;
  return DeleteRefusal{
      DeletionsOutcome::kRefusedCap,
      fmt::format("nothing was deleted: {} of the target's {} would go, more than {}. If that is "
                  "right, run again with --max-delete {}",
                  objects(facts.planned), facts.target_listed, limit, facts.planned)};
}

}  // namespace s3ferry
