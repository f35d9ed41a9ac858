#pragma once

#include <cstdint>
#include <optional>
#include <span>
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
  // How many objects of this side the listing had seen before each key.
  std::uint64_t PlannedDelete::*rank = &PlannedDelete::source_rank;
  std::size_t concurrency = 32;  // HEADs in flight
};

// Looks each key up in a bucket: by HEAD, or, where that is cheaper (a LIST costs about 12 HEADs
// and shows 1,000 keys), by listing from the first of them to the last. Keys are in order and free
// of duplicates; the answers are in the same order. A key that cannot be looked at is kUnknown with
// its error. Only GET and HEAD.
Task<std::vector<Looked>> look_up(Runtime& runtime, s3::BucketReader& bucket,
                                  const LookUpRequest& request,
                                  const std::vector<PlannedDelete>& keys);

// Ranks of one walk over a range of keys rise with them by one an object listed; the bits above
// these tell the walk. Between two walks nothing is known.
inline constexpr int kRankBits = 36;
inline bool same_walk(std::uint64_t a, std::uint64_t b) {
  return a >> kRankBits == b >> kRankBits;
}

// Pure: about how many objects of one side were listed between the first and the last of `keys`,
// which are of one walk. Where ranks fall, a later try's lie before an earlier one's.
std::uint64_t listed_between(std::span<const PlannedDelete> keys,
                             std::uint64_t PlannedDelete::*rank);

// Pure: the choice made by look_up.
bool listing_is_cheaper(std::size_t keys, std::uint64_t between);

}  // namespace s3ferry
