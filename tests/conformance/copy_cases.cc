// Server-side copies: what comes along, what does not, conditions, across accounts.

#include <algorithm>

#include "conformance/server.h"
#include "support/digest.h"

namespace s3ferry::testing {
namespace {

Task<Result<ETag>> put_dressed(s3::TargetBucket& bucket) {
  s3::PutRequest request(ObjectKey("from"), std::string("the body"));
  request.attributes.content.content_type = "image/x-test";
  request.attributes.content.content_encoding = "identity";
  request.attributes.metadata = {{"colour", "blue"}};
  request.attributes.tags = {{"env", "prod"}};
  request.attributes.storage_class = "STANDARD_IA";
  auto put = co_await bucket.put_object(request);
  if (!put) co_return fail(std::move(put.error()));
  co_return put->etag;
}

s3::CopyRequest copy_of(s3::TargetBucket& from, const ETag& etag) {
  return s3::CopyRequest(ObjectKey("to"), s3::CopySource(from.name(), ObjectKey("from"), etag));
}

CONFORMANCE(CopyBringsMetadataAndTags) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  auto etag = co_await put_dressed(**bucket);
  NEEDS(etag);
  auto copied = co_await (*bucket)->copy_object(copy_of(**bucket, *etag));
  NEEDS(copied);
  EXPECT_EQ(copied->etag.str(), etag->str());
  auto head = co_await (*bucket)->head_object(s3::HeadRequest(ObjectKey("to")));
  NEEDS(head);
  EXPECT_EQ(head->content.content_type, "image/x-test");
  EXPECT_EQ(head->metadata, (s3::NameValues{{"colour", "blue"}}));
  auto tags = co_await (*bucket)->get_object_tagging(ObjectKey("to"));
  NEEDS(tags);
  EXPECT_EQ(*tags, (s3::NameValues{{"env", "prod"}}));
}

CONFORMANCE(CopyDoesNotBringTheStorageClass) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  auto etag = co_await put_dressed(**bucket);
  NEEDS(etag);
  NEEDS(co_await (*bucket)->copy_object(copy_of(**bucket, *etag)));
  auto plain = co_await (*bucket)->head_object(s3::HeadRequest(ObjectKey("to")));
  NEEDS(plain);
  if (s.differs(Difference::kCopyKeepsStorageClass))
    EXPECT_EQ(plain->storage_class, "STANDARD_IA");
  else
    EXPECT_TRUE(plain->storage_class.empty() || plain->storage_class == "STANDARD");
  s3::CopyRequest kept = copy_of(**bucket, *etag);
  kept.attributes.storage_class = "STANDARD_IA";
  NEEDS(co_await (*bucket)->copy_object(kept));
  auto sent = co_await (*bucket)->head_object(s3::HeadRequest(ObjectKey("to")));
  NEEDS(sent);
  EXPECT_EQ(sent->storage_class, "STANDARD_IA");
}

CONFORMANCE(CopyReplacingMetadata) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  auto etag = co_await put_dressed(**bucket);
  NEEDS(etag);
  s3::CopyRequest request = copy_of(**bucket, *etag);
  request.metadata_directive = s3::Directive::kReplace;
  request.attributes.metadata = {{"shape", "round"}};
  request.attributes.content.content_type = "text/plain";
  NEEDS(co_await (*bucket)->copy_object(request));
  auto head = co_await (*bucket)->head_object(s3::HeadRequest(ObjectKey("to")));
  NEEDS(head);
  EXPECT_EQ(head->metadata, (s3::NameValues{{"shape", "round"}}));
  EXPECT_EQ(head->content.content_type, "text/plain");
  auto tags = co_await (*bucket)->get_object_tagging(ObjectKey("to"));
  NEEDS(tags);
  EXPECT_EQ(tags->size(), s.differs(Difference::kReplaceDropsTags) ? 0U : 1U);
}

CONFORMANCE(CopyReplacingTags) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  auto etag = co_await put_dressed(**bucket);
  NEEDS(etag);
  s3::CopyRequest request = copy_of(**bucket, *etag);
  request.tagging_directive = s3::Directive::kReplace;
  request.attributes.tags = {{"stage", "new"}};
  NEEDS(co_await (*bucket)->copy_object(request));
  auto tags = co_await (*bucket)->get_object_tagging(ObjectKey("to"));
  NEEDS(tags);
  if (s.differs(Difference::kTaggingDirectiveIgnored))
    EXPECT_EQ(*tags, (s3::NameValues{{"env", "prod"}}));
  else
    EXPECT_EQ(*tags, (s3::NameValues{{"stage", "new"}}));
}

CONFORMANCE(CopyOfAReplacedSource) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  auto etag = co_await put_dressed(**bucket);
  NEEDS(etag);
  NEEDS(co_await put_text(**bucket, "from", "replaced meanwhile"));
  auto copied = co_await (*bucket)->copy_object(copy_of(**bucket, *etag));
  if (s.differs(Difference::kCopySourceConditionIgnored)) {
    EXPECT_TRUE(copied.has_value());
    co_return;
  }
  EXPECT_FAILS(copied, ErrorKind::kPreconditionFailed);
  auto head = co_await (*bucket)->head_object(s3::HeadRequest(ObjectKey("to")));
  EXPECT_FAILS(head, ErrorKind::kNoSuchKey);
}

CONFORMANCE(CopyOnlyIfMissing) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  auto etag = co_await put_dressed(**bucket);
  NEEDS(etag);
  NEEDS(co_await put_text(**bucket, "to", "a foreign write"));
  s3::CopyRequest request = copy_of(**bucket, *etag);
  request.condition.only_if_missing = true;
  auto copied = co_await (*bucket)->copy_object(request);
  if (s.differs(Difference::kCopyTargetConditionIgnored)) {
    EXPECT_TRUE(copied.has_value());
    co_return;
  }
  EXPECT_FAILS(copied, ErrorKind::kPreconditionFailed);
  auto got = co_await read_object(**bucket, ObjectKey("to"));
  NEEDS(got);
  EXPECT_EQ(*got, "a foreign write");
}

CONFORMANCE(CopyOfNothing) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  auto copied = co_await (*bucket)->copy_object(copy_of(**bucket, ETag()));
  EXPECT_FAILS(copied, ErrorKind::kNoSuchKey);
}

CONFORMANCE(PullNeedsThePolicyOfTheSource) {
  auto from = co_await s.new_bucket(s.a());
  NEEDS(from);
  auto to = co_await s.new_bucket(s.b());
  NEEDS(to);
  auto etag = co_await put_dressed(**from);
  NEEDS(etag);
  auto denied = co_await (*to)->copy_object(copy_of(**from, *etag));
  EXPECT_FAILS(denied, ErrorKind::kAccessDenied);
  NEEDS(
      co_await (*from)->put_policy(allow_policy((*from)->name().str(), s.principal_of_b(),
                                                "s3:GetObject,s3:GetObjectTagging,s3:ListBucket")));
  auto allowed = co_await (*to)->copy_object(copy_of(**from, *etag));
  NEEDS(allowed);
  auto got = co_await read_object(**to, ObjectKey("to"));
  NEEDS(got);
  EXPECT_EQ(*got, "the body");
}

CONFORMANCE(PushNeedsThePolicyOfTheTarget) {
  auto from = co_await s.new_bucket(s.a());
  NEEDS(from);
  auto to = co_await s.new_bucket(s.b());
  NEEDS(to);
  auto etag = co_await put_dressed(**from);
  NEEDS(etag);
  s3::TargetBucket as_a = s.a().bucket((*to)->name().str());
  s3::CopyRequest request = copy_of(**from, *etag);
  request.attributes.acl = "bucket-owner-full-control";
  auto denied = co_await as_a.copy_object(request);
  EXPECT_FAILS(denied, ErrorKind::kAccessDenied);
  NEEDS(co_await (*to)->put_policy(
      allow_policy((*to)->name().str(), s.principal_of_a(),
                   "s3:PutObject,s3:PutObjectAcl,s3:PutObjectTagging,s3:ListBucket")));
  auto allowed = co_await as_a.copy_object(request);
  NEEDS(allowed);
  // What the grant is for: the owner of the bucket can read what was pushed.
  auto got = co_await read_object(**to, ObjectKey("to"));
  NEEDS(got);
  EXPECT_EQ(*got, "the body");
}

}  // namespace
}  // namespace s3ferry::testing
