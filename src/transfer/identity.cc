#include "transfer/identity.h"

#include <fmt/format.h>

namespace s3ferry {

CopyIdentity::CopyIdentity(const Pair& pair, CopyAs asked) : pair_(pair), settled_(asked) {
  if (asked != CopyAs::kAuto) return;
  both_ =
      pair.as_source != nullptr && pair.as_target != nullptr && pair.as_source != pair.as_target;
  if (!both_) settled_ = pair.as_source != nullptr ? CopyAs::kSource : CopyAs::kTarget;
}

CopyIdentity::Turn CopyIdentity::turn_as(CopyAs who, Permit permit) {
  s3::TargetBucket* bucket = who == CopyAs::kSource ? pair_.as_source : pair_.as_target;
  return Turn(bucket, who, std::move(permit));
}

bool CopyIdentity::settled_turn(Turn& out) {
  if (settled_ == CopyAs::kAuto) return false;
  out = turn_as(settled_, Permit());
  return true;
}

Task<Result<CopyIdentity::Turn>> CopyIdentity::begin() {
  if (settled_ != CopyAs::kAuto) co_return turn_as(settled_, Permit());
  Status first = co_await deciding_.acquire();
  if (!first) co_return fail(std::move(first.error()));
  Permit permit(deciding_);
  if (settled_ != CopyAs::kAuto) co_return turn_as(settled_, Permit());
  co_return turn_as(CopyAs::kSource, std::move(permit));
}

bool CopyIdentity::worked(Turn& turn) {
  worked_ = true;
  if (settled_ != CopyAs::kAuto) return false;
  settled_ = turn.as;
  turn.permit_.reset();
  return true;
}

bool CopyIdentity::denied(Turn& turn) {
  if (settled_ == CopyAs::kAuto && turn.as == CopyAs::kSource) {
    turn.as = CopyAs::kTarget;
    turn.bucket = pair_.as_target;
    return true;
  }
  if (!worked_) ++denied_;
  return false;
}

std::string CopyIdentity::advice() const {
  const std::string source = "arn:aws:s3:::" + pair_.source_at.bucket.str();
  const std::string target = "arn:aws:s3:::" + pair_.target_at.bucket.str();
  const std::string read = fmt::format("s3:GetObject and s3:GetObjectTagging on {}/*", source);
  const std::string write = fmt::format("s3:PutObject and s3:PutObjectTagging on {}/*", target);
  std::string out = "one principal must read the source and write the target: ";
  if (settled_ != CopyAs::kTarget) {
    out += fmt::format(
        "to push, the source's principal needs {} (its own policy) and {} (a policy "
        "of the target bucket too, if it is another account's)",
        read, write);
  }
  if (settled_ == CopyAs::kAuto) out += "; or ";
  if (settled_ != CopyAs::kSource) {
    out += fmt::format(
        "to pull, the target's principal needs {} (its own policy) and {} (a policy "
        "of the source bucket too, if it is another account's)",
        write, read);
  }
  out += "; with KMS also kms:Decrypt on the source's key and kms:GenerateDataKey on the target's";
  return out;
}

}  // namespace s3ferry
