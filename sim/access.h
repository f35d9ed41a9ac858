#pragma once

#include <string_view>

#include "sim/call.h"

namespace s3ferry::sim {

// Who may do what: identity policies, bucket policies, both sides across accounts, object ownership
// (s3-facts.md §1).

// Is `action` ("s3:GetObject") on the bucket (key empty) or the object allowed to the caller?
// Same account: either policy allows. Another account: both do. A Deny anywhere wins.
bool allowed(const Call& call, const Bucket& bucket, std::string_view action, std::string_view key);
// The same as an outcome: AccessDenied.
Outcome<void> require(const Call& call, const Bucket& bucket, std::string_view action,
                      std::string_view key);
// An identity-only action ("s3:ListAllMyBuckets").
Outcome<void> require_identity(const Call& call, std::string_view action);

// The object for reading under `action`, by versionId if one is given. 404 where it does not exist
// and the caller may list the bucket, else 403. An object that the bucket's owner does not own is
// covered by its ACL alone, not by the bucket's policy.
Outcome<ObjectPtr> readable_object(const Call& call, const Bucket& bucket, std::string_view key,
                                   std::string_view version_id, std::string_view action);

// The owner that a new object gets, and the ACL that it is stored with; refuses ACLs where the
// bucket enforces ownership, and asks for s3:PutObjectAcl where one is sent.
struct NewOwner {
  const Account* owner = nullptr;
  std::string acl;
};
Outcome<NewOwner> new_object_owner(const State& state, const Call& call, const Bucket& bucket,
                                   std::string_view key);

// An AWS managed key (aws/s3) serves its own account alone (s3-facts.md §1).
Outcome<void> check_kms_read(const Call& call, const Object& object);

// x-amz-expected-bucket-owner and x-amz-source-expected-bucket-owner.
Outcome<void> check_expected_owner(const Call& call);

}  // namespace s3ferry::sim
