#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "proof/check.h"

namespace s3ferry {

// A pair of objects of equal size whose ETags are of one form and differ. What it turned out to be.
struct EtagCase {
  std::string key;          // relative
  std::string source_etag;  // as listed
  enum class Found : std::uint8_t {
    kContentDiffers,
    kEncrypted,      // a side is encrypted by a key: the ETag says nothing
    kAssumed,        // as the many before it, encrypted; not looked at
    kSourceChanged,  // the source is another object by now, or gone
    kTargetGone,
    kSizeDiffers,  // by now
    kCouldNotLook,
  } found = Found::kCouldNotLook;
};

// What was found in a row. One a range of keys: what lies apart has nothing to do with each other.
class EtagStreak {
 public:
  explicit EtagStreak(std::size_t heads_per_cause) : heads_per_cause_(heads_per_cause) {}
  bool must_look();
  void learn(EtagCase::Found found);
  EtagCase::Found of() const { return of_; }

 private:
  std::size_t heads_per_cause_;
  EtagCase::Found of_ = EtagCase::Found::kCouldNotLook;
  std::uint64_t length_ = 0, since_sample_ = 0;
};

// Looks at such pairs with HEAD on both sides. After `heads_per_cause` of one cause in a row only
// each tenth is looked at and the others are taken for the same; one that turns out otherwise makes
// it look at all again. One check, one shard.
class EtagLooks {
 public:
  EtagLooks(Runtime& runtime, const Pair& pair, const CheckOptions& options)
      : runtime_(runtime), pair_(pair), options_(options) {}

  // Fills `found` of each. `cases` come in the order of keys, behind those that the streak is of.
  // kCancelled only.
  Task<Status> look(std::vector<EtagCase>& cases, EtagStreak& streak);
  std::uint64_t heads() const { return heads_; }

 private:
  Task<void> look_at(EtagCase& one);

  Runtime& runtime_;
  const Pair& pair_;
  const CheckOptions& options_;
  std::uint64_t heads_ = 0;
};

}  // namespace s3ferry
