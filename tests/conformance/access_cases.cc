// Who may do what, and how a refusal is told; buckets and their settings.

#include "conformance/server.h"

namespace s3ferry::testing {
namespace {

CONFORMANCE(AStrangerIsDenied) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  NEEDS(co_await put_text(**bucket, "k", "x"));
  s3::TargetBucket as_b = s.b().bucket((*bucket)->name().str());
  auto listed = co_await as_b.list_page(s3::ListRequest());
  EXPECT_FAILS(listed, ErrorKind::kAccessDenied);
  auto got = co_await as_b.get_object(s3::GetRequest(ObjectKey("k")));
  EXPECT_FAILS(got, ErrorKind::kAccessDenied);
  auto put = co_await put_text(as_b, "k2", "x");
  EXPECT_FAILS(put, ErrorKind::kAccessDenied);
  auto gone = co_await as_b.delete_object(s3::DeleteTarget(ObjectKey("k")));
  EXPECT_FAILS(gone, ErrorKind::kAccessDenied);
}

CONFORMANCE(APolicyAllowsWhatItNames) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  NEEDS(co_await put_text(**bucket, "k", "x"));
  NEEDS(co_await (*bucket)->put_policy(
      allow_policy((*bucket)->name().str(), s.principal_of_b(), "s3:ListBucket,s3:GetObject")));
  s3::TargetBucket as_b = s.b().bucket((*bucket)->name().str());
  auto listed = co_await as_b.list_page(s3::ListRequest());
  NEEDS(listed);
  EXPECT_EQ(listed->entries.size(), 1U);
  auto got = co_await read_object(as_b, ObjectKey("k"));
  NEEDS(got);
  auto put = co_await put_text(as_b, "k", "y");
  EXPECT_FAILS(put, ErrorKind::kAccessDenied);
}

CONFORMANCE(WithoutListBucketAMissingKeyIsDenied) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  NEEDS(co_await (*bucket)->put_policy(
      allow_policy((*bucket)->name().str(), s.principal_of_b(), "s3:GetObject")));
  s3::TargetBucket as_b = s.b().bucket((*bucket)->name().str());
  auto head = co_await as_b.head_object(s3::HeadRequest(ObjectKey("nothing")));
  EXPECT_FAILS(head, ErrorKind::kAccessDenied);
}

CONFORMANCE(ADenyWins) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  for (const char* key : {"open/k", "closed/k"}) NEEDS(co_await put_text(**bucket, key, "x"));
  const std::string name = (*bucket)->name().str();
  std::string policy = allow_policy(name, s.principal_of_b(), "s3:GetObject,s3:ListBucket");
  policy.erase(policy.size() - 2);  // before "]}"
  policy += R"(,{"Effect":"Deny","Principal":{"AWS":[")" + s.principal_of_b() +
            R"("]},"Action":["s3:GetObject"],"Resource":["arn:aws:s3:::)" + name +
            R"(/closed/*"]}]})";
  NEEDS(co_await (*bucket)->put_policy(policy));
  s3::TargetBucket as_b = s.b().bucket(name);
  auto open = co_await read_object(as_b, ObjectKey("open/k"));
  NEEDS(open);
  auto closed = co_await as_b.get_object(s3::GetRequest(ObjectKey("closed/k")));
  EXPECT_FAILS(closed, ErrorKind::kAccessDenied);
}

CONFORMANCE(PolicyReadsBack) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  auto none = co_await (*bucket)->get_policy();
  NEEDS(none);
  EXPECT_EQ(none->state, s3::ProbeState::kAbsent);
  const std::string policy =
      allow_policy((*bucket)->name().str(), s.principal_of_b(), "s3:GetObject");
  NEEDS(co_await (*bucket)->put_policy(policy));
  auto some = co_await (*bucket)->get_policy();
  NEEDS(some);
  EXPECT_EQ(some->state, s3::ProbeState::kPresent);
  EXPECT_NE(some->value.find("s3:GetObject"), std::string::npos);
}

CONFORMANCE(WrongSecret) {
  s3::TargetBucket bucket = s.wrong_secret().bucket("conformance-0000");
  auto listed = co_await bucket.list_page(s3::ListRequest());
  EXPECT_FALSE(listed.has_value());
  if (!listed)
    EXPECT_EQ(listed.error().code(), s.differs(Difference::kBadCredentialsAreDenied)
                                         ? "AccessDenied"
                                         : "SignatureDoesNotMatch");
}

CONFORMANCE(UnknownKeyId) {
  s3::TargetBucket bucket = s.unknown_key().bucket("conformance-0000");
  auto listed = co_await bucket.list_page(s3::ListRequest());
  EXPECT_FALSE(listed.has_value());
  if (!listed)
    EXPECT_EQ(listed.error().code(), s.differs(Difference::kBadCredentialsAreDenied)
                                         ? "AccessDenied"
                                         : "InvalidAccessKeyId");
}

CONFORMANCE(HeadBucketAndLocation) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  NEEDS(co_await (*bucket)->head_bucket());
  auto where = co_await (*bucket)->location();
  NEEDS(where);
  EXPECT_EQ(where->value_or("?"), "us-east-1");
}

CONFORMANCE(VersioningIsSetAndRead) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  auto before = co_await (*bucket)->get_versioning();
  NEEDS(before);
  EXPECT_EQ(before->state == s3::ProbeState::kPresent ? before->value : s3::Versioning::kNever,
            s3::Versioning::kNever);
  NEEDS(co_await (*bucket)->put_versioning(s3::Versioning::kEnabled));
  auto after = co_await (*bucket)->get_versioning();
  NEEDS(after);
  EXPECT_EQ(after->value, s3::Versioning::kEnabled);
  s3::PutRequest request(ObjectKey("k"), std::string("x"));
  auto put = co_await (*bucket)->put_object(request);
  NEEDS(put);
  EXPECT_FALSE(put->version_id.empty());
  auto gone = co_await (*bucket)->delete_object(s3::DeleteTarget(ObjectKey("k")));
  NEEDS(gone);
  EXPECT_TRUE(gone->delete_marker);
  auto keys = co_await list_keys(**bucket);
  NEEDS(keys);
  EXPECT_TRUE(keys->empty());
  auto head = co_await (*bucket)->head_object(s3::HeadRequest(ObjectKey("k")));
  EXPECT_FAILS(head, ErrorKind::kNoSuchKey);
}

CONFORMANCE(ATakenNameIsAConflict) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  s3::TargetBucket same = s.b().bucket((*bucket)->name().str());
  Status made = co_await same.create();
  EXPECT_FAILS(made, ErrorKind::kConflict);
}

}  // namespace
}  // namespace s3ferry::testing
