#include "sim/access.h"

#include <fmt/format.h>

#include "base/text.h"

namespace s3ferry::sim {
namespace {

const User* user_of(const Call& call) {
  return call.access_key != nullptr ? call.access_key->user : nullptr;
}

std::optional<std::string> condition_value(const Call& call, std::string_view key) {
  const auto header = [&](std::string_view name) -> std::optional<std::string> {
    const auto value = call.header(name);
    return value ? std::optional<std::string>(*value) : std::nullopt;
  };
  const auto query = [&](std::string_view name) -> std::optional<std::string> {
    const std::string* value = call.find_query(name);
    return value != nullptr ? std::optional<std::string>(*value) : std::nullopt;
  };
  if (key == "s3:prefix") return query("prefix");
  if (key == "s3:delimiter") return query("delimiter");
  if (key == "s3:max-keys") return query("max-keys");
  if (key == "s3:versionid") return query("versionId");
  if (key.starts_with("s3:x-amz-") || key == "s3:if-none-match" || key == "s3:if-match")
    return header(key.substr(3));
  if (key == "aws:securetransport") return call.request.origin.tls ? "true" : "false";
  if (key == "aws:principalaccount" && !call.principal.anonymous()) return call.principal.account;
  if (key == "aws:principalarn" && !call.principal.anonymous())
    return call.principal.role_arn.empty() ? call.principal.arn : call.principal.role_arn;
  if (key == "aws:useragent") return header("user-agent");
  return std::nullopt;
}

Verdict identity_verdict(const User* user, const AccessRequest& request) {
  if (user == nullptr) return Verdict::kNone;
  if (user->unrestricted) return Verdict::kAllow;
  Verdict verdict = Verdict::kNone;
  for (const Policy& policy : user->policies) {
    const Verdict one = policy.evaluate(request);
    if (one == Verdict::kDeny) return one;
    if (one == Verdict::kAllow) verdict = one;
  }
  return verdict;
}

// What the policies say, without ownership and ACLs. `identity` alone decides with ACL grants.
struct Verdicts {
  Verdict identity, bucket;
};
Verdicts verdicts(const Call& call, const Bucket& bucket, std::string_view action,
                  std::string_view key) {
  std::string resource;
  resource.reserve(14 + bucket.name.size() + key.size());
  resource.append("arn:aws:s3:::").append(bucket.name);
  if (!key.empty()) resource.append("/").append(key);
  const std::function<std::optional<std::string>(std::string_view)> condition =
      [&call](std::string_view name) { return condition_value(call, name); };
  AccessRequest request;
  request.principal = &call.principal;
  request.action = action;
  request.resource = resource;
  request.condition = &condition;
  return Verdicts{identity_verdict(user_of(call), request),
                  bucket.policy ? bucket.policy->evaluate(request) : Verdict::kNone};
}

bool allowed_by(const Call& call, const Bucket& bucket, const Verdicts& said) {
  if (said.identity == Verdict::kDeny || said.bucket == Verdict::kDeny) return false;
  if (call.principal.anonymous()) return said.bucket == Verdict::kAllow;
  const bool identity = said.identity == Verdict::kAllow;
  if (call.principal.account == bucket.owner->id) return identity || said.bucket == Verdict::kAllow;
  return identity && said.bucket != Verdict::kNone;
}

// What the object's ACL alone grants to the caller, for reading.
bool acl_grants_read(const Call& call, const Bucket& bucket, const Object& object) {
  if (object.acl == "public-read" || object.acl == "public-read-write") return true;
  if (call.principal.anonymous()) return false;
  if (object.acl == "authenticated-read") return true;
  if (call.principal.account == object.owner->id) return true;
  return call.principal.account == bucket.owner->id &&
         (object.acl == "bucket-owner-full-control" || object.acl == "bucket-owner-read");
}

bool may_read(const Call& call, const Bucket& bucket, const Object& object, std::string_view action,
              std::string_view key) {
  const Verdicts said = verdicts(call, bucket, action, key);
  if (said.identity == Verdict::kDeny || said.bucket == Verdict::kDeny) return false;
  const bool acls = bucket.ownership != Ownership::kBucketOwnerEnforced;
  const bool own = object.owner == bucket.owner || !acls;
  if (own && allowed_by(call, bucket, said)) return true;
  if (!acls || !acl_grants_read(call, bucket, object)) return false;
  // A grant to the account still needs the identity's own permission.
  return call.principal.anonymous() || said.identity == Verdict::kAllow ||
         object.acl == "public-read" || object.acl == "public-read-write";
}

ObjectPtr find_version(const Bucket& bucket, std::string_view key, std::string_view version_id) {
  ObjectPtr object = bucket.store.find(key);
  if (version_id.empty()) return object;
  const std::string_view wanted = version_id == "null" ? "" : version_id;
  while (object && object->version_id != wanted) object = object->previous;
  return object;
}

}  // namespace

bool allowed(const Call& call, const Bucket& bucket, std::string_view action,
             std::string_view key) {
  return allowed_by(call, bucket, verdicts(call, bucket, action, key));
}

Outcome<void> require(const Call& call, const Bucket& bucket, std::string_view action,
                      std::string_view key) {
  if (allowed(call, bucket, action, key)) return {};
  const std::string who = call.principal.anonymous() ? "Anonymous users" : call.principal.arn;
  return refuse("AccessDenied",
                fmt::format("User: {} is not authorized to perform: {} on resource: "
                            "\"arn:aws:s3:::{}{}{}\" because no policy allows the {} action",
                            who, action, bucket.name, key.empty() ? "" : "/", key, action));
}

Outcome<void> require_identity(const Call& call, std::string_view action) {
  AccessRequest request;
  request.principal = &call.principal;
  request.action = action;
  request.resource = "*";
  if (identity_verdict(user_of(call), request) == Verdict::kAllow) return {};
  return refuse("AccessDenied");
}

Outcome<ObjectPtr> readable_object(const Call& call, const Bucket& bucket, std::string_view key,
                                   std::string_view version_id, std::string_view action) {
  ObjectPtr object = find_version(bucket, key, version_id);
  if (!object || (object->delete_marker && version_id.empty())) {
    if (!allowed(call, bucket, "s3:ListBucket", "")) return refuse("AccessDenied");
    if (auto may = require(call, bucket, action, key); !may) return refuse(std::move(may.error()));
    if (!version_id.empty())
      return refuse(service_error("NoSuchVersion")
                        .with("Key", std::string(key))
                        .with("VersionId", std::string(version_id)));
    ServiceError missing = service_error("NoSuchKey").with("Key", std::string(key));
    if (object) {
      missing.headers.emplace_back("x-amz-delete-marker", "true");
      missing.headers.emplace_back("x-amz-version-id", object->version_id);
    }
    return refuse(std::move(missing));
  }
  if (!may_read(call, bucket, *object, action, key)) {
    if (auto may = require(call, bucket, action, key); !may) return refuse(std::move(may.error()));
    return refuse("AccessDenied");
  }
  if (object->delete_marker)
    return refuse(service_error("MethodNotAllowed").with_header("x-amz-delete-marker", "true"));
  return object;
}

Outcome<NewOwner> new_object_owner(const State& state, const Call& call, const Bucket& bucket,
                                   std::string_view key) {
  const auto sent = call.header("x-amz-acl");
  bool grants = false;
  for (const auto& [name, value] : call.request.headers)
    if (starts_with_ignoring_case(name, "x-amz-grant-")) grants = true;
  const std::string acl(sent.value_or("private"));
  if (bucket.ownership == Ownership::kBucketOwnerEnforced) {
    if (grants || (sent && acl != "bucket-owner-full-control"))
      return refuse("AccessControlListNotSupported");
  }
  static constexpr std::string_view kCanned[] = {
      "private",       "public-read",       "public-read-write",        "authenticated-read",
      "aws-exec-read", "bucket-owner-read", "bucket-owner-full-control"};
  bool known = false;
  for (const std::string_view canned : kCanned) known = known || canned == acl;
  if (!known)
    return refuse(service_error("InvalidArgument")
                      .with("ArgumentName", "x-amz-acl")
                      .with("ArgumentValue", acl));
  if (sent || grants)
    if (auto may = require(call, bucket, "s3:PutObjectAcl", key); !may)
      return refuse(std::move(may.error()));
  NewOwner out;
  out.acl = acl;
  out.owner = bucket.owner;
  if (bucket.ownership == Ownership::kBucketOwnerEnforced) return out;
  const bool given_away =
      bucket.ownership == Ownership::kBucketOwnerPreferred && acl == "bucket-owner-full-control";
  if (!given_away && !call.principal.anonymous())
    out.owner = state.accounts.find(call.principal.account)->second.get();
  return out;
}

Outcome<void> check_kms_read(const Call& call, const Object& object) {
  if (!object.encryption->is_kms()) return {};
  const std::string& key = object.encryption->kms_key;
  if (!key.ends_with(":alias/aws/s3")) return {};
  if (key.find(":" + call.principal.account + ":") != std::string::npos &&
      !call.principal.anonymous())
    return {};
  return refuse(
      "AccessDenied",
      "User is not authorized to perform: kms:Decrypt on the resource associated with this "
      "ciphertext because the resource does not exist in this Region, no resource-based "
      "policies allow access, or a resource-based policy explicitly denies access");
}

Outcome<void> check_expected_owner(const Call& call) {
  const auto expected = call.header("x-amz-expected-bucket-owner");
  if (expected && call.bucket != nullptr && *expected != call.bucket->owner->id)
    return refuse("AccessDenied");
  const auto source = call.header("x-amz-source-expected-bucket-owner");
  if (source && call.source_bucket != nullptr && *source != call.source_bucket->owner->id)
    return refuse("AccessDenied");
  return {};
}

}  // namespace s3ferry::sim
