#include "proof/etag_looks.h"

#include <algorithm>

#include "runtime/scope.h"
#include "s3/source_bucket.h"
#include "s3/target_bucket.h"

namespace s3ferry {
namespace {

using Found = EtagCase::Found;

constexpr std::uint64_t kSampleEvery = 10;

Found judge(const EtagCase& listed, const s3::ObjectInfo& source, const s3::ObjectInfo& target) {
  if (source.etag.view() != listed.source_etag) return Found::kSourceChanged;
  if (source.size != target.size) return Found::kSizeDiffers;
  if (source.etag_is_opaque() || target.etag_is_opaque()) return Found::kEncrypted;
  return Found::kContentDiffers;
}

bool gone(const Result<s3::ObjectInfo>& looked) {
  return looked ? looked->delete_marker : looked.error().is(ErrorKind::kNoSuchKey);
}

}  // namespace

Task<void> EtagLooks::look_at(EtagCase& one) {
  s3::HeadRequest at_source{ObjectKey(pair_.source_at.full_key(one.key))};
  s3::HeadRequest at_target{ObjectKey(pair_.target_at.full_key(one.key))};
  heads_ += 2;
  Result<s3::ObjectInfo> source = co_await pair_.source.head_object(std::move(at_source));
  Result<s3::ObjectInfo> target = co_await pair_.target.head_object(std::move(at_target));
  if (gone(source))
    one.found = Found::kSourceChanged;
  else if (gone(target))
    one.found = Found::kTargetGone;
  else if (!source || !target)
    one.found = Found::kCouldNotLook;
  else
    one.found = judge(one, *source, *target);
}

bool EtagStreak::must_look() {
  const bool one_cause = of_ == Found::kEncrypted || of_ == Found::kContentDiffers;
  if (!one_cause || length_ < heads_per_cause_) return true;
  return ++since_sample_ % kSampleEvery == 0;
}

void EtagStreak::learn(Found found) {
  if (found == of_) {
    ++length_;
    return;
  }
  of_ = found;
  length_ = 1;
  since_sample_ = 0;
}

// In groups, so that what a group found decides how the next is looked at.
Task<Status> EtagLooks::look(std::vector<EtagCase>& cases, EtagStreak& streak) {
  const std::size_t group = std::max<std::size_t>(1, options_.head_concurrency);
  for (std::size_t begin = 0; begin < cases.size(); begin += group) {
    const std::size_t end = std::min(cases.size(), begin + group);
    std::vector<EtagCase*> looked;
    Scope scope(runtime_);
    for (std::size_t i = begin; i < end; ++i) {
      if (streak.must_look()) {
        looked.push_back(&cases[i]);
        scope.spawn(look_at(cases[i]));
      } else {
        const bool encrypted = streak.of() == Found::kEncrypted;
        cases[i].found = encrypted ? Found::kAssumed : Found::kContentDiffers;
      }
    }
    co_await scope.join();
    for (const EtagCase* one : looked) streak.learn(one->found);
    if (co_await is_cancelled()) co_return fail(ErrorKind::kCancelled, "interrupted");
  }
  co_return Status();
}

}  // namespace s3ferry
