#include "transfer/attribute_needs.h"

#include "s3/bucket_probes.h"
#include "s3/source_bucket.h"
#include "s3/target_bucket.h"

namespace s3ferry {

// An error of the way there ends the questions: the listings will meet it, and say so.
Task<AttributeNeeds> read_attribute_needs(const Pair& pair) {
  AttributeNeeds needs;
  auto website = co_await s3::has_website(pair.source);
  if (!website) co_return needs;
  needs.redirects = *website == s3::ProbeState::kPresent;
  auto locks = co_await s3::has_object_lock(pair.source);
  if (!locks) co_return needs;
  needs.locks = *locks == s3::ProbeState::kPresent;
  if (!needs.locks) co_return needs;
  auto at_target = co_await s3::has_object_lock(pair.target);
  needs.target_cannot_lock = at_target && *at_target == s3::ProbeState::kAbsent;
  co_return needs;
}

}  // namespace s3ferry
