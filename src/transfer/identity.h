#pragma once

#include <cstdint>
#include <optional>

#include "runtime/semaphore.h"
#include "transfer/pair.h"
#include "transfer/sync.h"

namespace s3ferry {

// Who copies. With `auto` nobody is probed with a write: one planned object at a time is copied as
// the source's principal and, where that is denied, as the target's; the first that works holds for
// the run, and until then the other copies wait. One run, one shard.
class CopyIdentity {
 public:
  CopyIdentity(const Pair& pair, CopyAs asked);

  // The right to send one copy. While nothing is settled only one Turn exists at a time.
  class Turn {
   public:
    Turn() = default;
    Turn(s3::TargetBucket* to, CopyAs who, Permit permit)
        : bucket(to), as(who), permit_(std::move(permit)) {}
    s3::TargetBucket* bucket = nullptr;
    CopyAs as = CopyAs::kAuto;

   private:
    friend class CopyIdentity;
    Permit permit_;
  };
  // kCancelled only.
  Task<Result<Turn>> begin();
  // The same where who copies is settled: else false, and nobody has a turn.
  bool settled_turn(Turn& out);

  // The copy of this turn worked: settles who copies. True where this was news.
  bool worked(Turn& turn);
  // The copy was denied (403). True: the turn is now the other principal's, try again with it.
  bool denied(Turn& turn);
  // Objects that were denied to all who could copy, while nothing has ever worked.
  std::uint64_t denied_from_the_start() const { return denied_; }

  bool has_worked() const { return worked_; }

  CopyAs settled() const { return settled_; }
  // What a person can do when copies are denied: the permissions, by principal.
  std::string advice() const;

 private:
  Turn turn_as(CopyAs who, Permit permit);

  const Pair& pair_;
  bool both_ = false;               // auto, and two principals to choose from
  CopyAs settled_ = CopyAs::kAuto;  // kAuto: not yet
  bool worked_ = false;
  std::uint64_t denied_ = 0;
  Semaphore deciding_{1};
};

// So many denied objects before a single success end the run: the policies are missing, not one
// object's permission.
inline constexpr std::uint64_t kDeniedLimit = 20;

}  // namespace s3ferry
