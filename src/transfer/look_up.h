#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "runtime/runtime.h"
#include "s3/bucket_reader.h"
#include "transfer/delete_spool.h"

namespace s3ferry {

// What a fresh look found of one key.
struct Looked {
  enum class Presence : std::uint8_t { kGone, kThere, kUnknown } presence = Presence::kUnknown;
  std::string etag;                  // kThere
  std::optional<WallTime> modified;  // kThere
  std::optional<Error> error;        // kUnknown
};

struct LookUpRequest {
  std::string prefix;
  // Listed objects of this side between the first and the last key, as the listing saw them.
  std::uint64_t between = 0;
  std::size_t concurrency = 32;  // HEADs in flight
};

// Looks each key up in a bucket: by HEAD, or, where that is cheaper (a LIST costs about 12 HEADs
// and shows 1,000 keys), by listing from the first to the last. Keys are in order and free of
// duplicates; the answers are in the same order. A key that cannot be looked at is kUnknown with
// its error. Only GET and HEAD.
Task<std::vector<Looked>> look_up(Runtime& runtime, s3::BucketReader& bucket,
                                  const LookUpRequest& request,
                                  const std::vector<PlannedDelete>& keys);

// Pure: about how many objects of one side were listed between the first and the last key. Ranks
// rise with the keys within one try of a run; where they fall, a later try's lie before an earlier
// one's.
std::uint64_t listed_between(const std::vector<PlannedDelete>& keys,
                             std::uint64_t PlannedDelete::*rank);

// Pure: the choice made by look_up.
bool listing_is_cheaper(std::size_t keys, std::uint64_t between);

}  // namespace s3ferry
