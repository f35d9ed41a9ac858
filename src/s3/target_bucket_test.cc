#include "s3/target_bucket.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "s3/object_headers.h"
#include "s3/scripted_bucket.h"

namespace s3ferry::s3 {
namespace {

using namespace std::chrono_literals;
using testing::always;
using testing::in_turn;
using testing::params_of;
using testing::Reply;
using testing::ScriptedBucket;

constexpr std::string_view kCopied =
    "<CopyObjectResult><LastModified>2026-10-28T22:32:00.000Z</LastModified>"
    "<ETag>&quot;e&quot;</ETag></CopyObjectResult>";
Reply copied() {
  return Reply(200, std::string(kCopied));
}
CopyRequest copy_request() {
  return CopyRequest(ObjectKey("to"), CopySource(BucketName("from"), ObjectKey("k"), ETag("e")));
}

TEST(CopyObject, WhatIsSent) {
  ScriptedBucket s3(
      always(copied().with("x-amz-version-id", "v2").with("x-amz-copy-source-version-id", "v1")));
  CopyRequest request = copy_request();
  request.source.key = ObjectKey("a//../b c+%\xED\x95\x9C\n?");
  request.source.version_id = VersionId("v/1");
  request.source.expected_owner = "111122223333";
  request.source_size = 600 * kMiB;
  request.metadata_directive = Directive::kReplace;
  request.tagging_directive = Directive::kCopy;
  WriteAttributes& a = request.attributes;
  a.content.content_type = "text/plain";
  a.metadata = {{"Owner", "me"}};
  a.storage_class = "STANDARD_IA";
  a.sse = "aws:kms";
  a.sse_kms_key_id = "arn:k";
  a.bucket_key_enabled = true;
  a.acl = "bucket-owner-full-control";
  a.website_redirect = "/x";
  a.lock_mode = "GOVERNANCE";
  a.lock_retain_until = *parse_iso8601("2027-01-01T00:00:00Z");
  a.legal_hold = "ON";
  a.tags = {{"a b", "c&d"}, {"e", ""}};
  a.checksum_algorithm = "CRC64NVME";
  request.condition.only_if_missing = true;
  auto result = s3.run(s3.target.copy_object(request));
  ASSERT_TRUE(result) << result.error().describe();
  EXPECT_EQ(result->etag.str(), "e");
  EXPECT_EQ(result->version_id.str(), "v2");
  EXPECT_EQ(result->source_version_id.str(), "v1");
  const http::Request& sent = s3.request();
  EXPECT_EQ(sent.method, http::Method::kPut);
  EXPECT_EQ(sent.target, "/to");
  EXPECT_TRUE(sent.body.empty());
  const std::pair<const char*, const char*> headers[] = {
      {"x-amz-copy-source", "from/a//../b%20c%2B%25%ED%95%9C%0A%3F?versionId=v%2F1"},
      {"x-amz-copy-source-if-match", "\"e\""},
      {"x-amz-source-expected-bucket-owner", "111122223333"},
      {"x-amz-metadata-directive", "REPLACE"},
      {"x-amz-tagging-directive", "COPY"},
      {"content-type", "text/plain"},
      {"x-amz-meta-owner", "me"},
      {"x-amz-storage-class", "STANDARD_IA"},
      {"x-amz-server-side-encryption", "aws:kms"},
      {"x-amz-server-side-encryption-aws-kms-key-id", "arn:k"},
      {"x-amz-server-side-encryption-bucket-key-enabled", "true"},
      {"x-amz-acl", "bucket-owner-full-control"},
      {"x-amz-website-redirect-location", "/x"},
      {"x-amz-object-lock-mode", "GOVERNANCE"},
      {"x-amz-object-lock-retain-until-date", "2027-01-01T00:00:00.000Z"},
      {"x-amz-object-lock-legal-hold", "ON"},
      {"x-amz-tagging", "a%20b=c%26d&e="},
      {"x-amz-checksum-algorithm", "CRC64NVME"},
      {"if-none-match", "*"},
  };
  for (const auto& [name, value] : headers) EXPECT_EQ(sent.headers.get(name), value) << name;
  EXPECT_EQ(sent.deadlines.first_byte, 120s);
  EXPECT_EQ(sent.deadlines.idle, 120s);
}

TEST(CopyObject, NothingIsSentThatWasNotAsked) {
  ScriptedBucket s3(always(copied()));
  ASSERT_TRUE(s3.run(s3.target.copy_object(copy_request())));
  for (const auto& [name, value] : s3.request().headers)
    for (const char* unwanted :
         {"acl", "encryption", "storage-class", "directive", "tagging", "if-none", "object-lock"})
      EXPECT_EQ(name.find(unwanted), std::string::npos) << name << ": " << value;
}

// Rule 4: a 200 is read to its end.
TEST(CopyObject, A200ThatIsNoneIsSentAgain) {
  ScriptedBucket s3(in_turn(
      {Reply(200, "<?xml version=\"1.0\"?>\n\n<Error><Code>InternalError</Code></Error>"),
       Reply(200, ""), Reply(200, "   \n\n"), Reply(200, std::string(kCopied.substr(0, 60))),
       Reply(200, "<Error><Code>Slow"), Reply::cut(200, std::string(kCopied)), copied()}));
  auto result = s3.run(s3.target.copy_object(copy_request()));
  ASSERT_TRUE(result) << result.error().describe();
  EXPECT_EQ(s3.transport.requests.size(), 7u);
}

TEST(CopyObject, An200WithARefusalIsTheRefusal) {
  ScriptedBucket s3(always(Reply(200,
                                 "<Error><Code>AccessDenied</Code><Message>no</Message>"
                                 "</Error>")));
  auto result = s3.run(s3.target.copy_object(copy_request()));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind(), ErrorKind::kAccessDenied);
  EXPECT_EQ(result.error().code(), "AccessDenied");
  EXPECT_EQ(result.error().key(), "to");
  EXPECT_EQ(s3.transport.requests.size(), 1u);
}

TEST(CopyObject, NeverBlindlyAgain) {
  ScriptedBucket changed(always(Reply(412, "<Error><Code>PreconditionFailed</Code></Error>")));
  EXPECT_EQ(changed.run(changed.target.copy_object(copy_request())).error().kind(),
            ErrorKind::kPreconditionFailed);
  EXPECT_EQ(changed.transport.requests.size(), 1u);

  // A conditional copy whose answer was lost may have happened.
  ScriptedBucket lost(always(Reply::broken(ErrorKind::kNetwork)));
  CopyRequest conditional = copy_request();
  conditional.condition.only_if_match = ETag("x");
  EXPECT_EQ(lost.run(lost.target.copy_object(conditional)).error().kind(), ErrorKind::kNetwork);
  EXPECT_EQ(lost.transport.requests.size(), 1u);
  EXPECT_EQ(lost.request().headers.get("if-match"), "\"x\"");
}

TEST(CopyObject, QuirksOfOtherServers) {
  ScriptedBucket unquoted(
      always(Reply(200, "<CopyObjectResult><ETag>e</ETag></CopyObjectResult>")));
  EXPECT_EQ(unquoted.run(unquoted.target.copy_object(copy_request()))->etag.str(), "e");
  ScriptedBucket empty(always(Reply(200, "<CopyObjectResult><ETag/></CopyObjectResult>")));
  EXPECT_EQ(empty.run(empty.target.copy_object(copy_request()))->etag.str(), "");
}

TEST(CopyObject, AValueThatWouldBreakItsLineIsRefused) {
  ScriptedBucket s3(always(copied()));
  CopyRequest request = copy_request();
  request.attributes.metadata = {{"a", "x\r\nx-amz-acl: public-read"}};
  EXPECT_EQ(s3.run(s3.target.copy_object(request)).error().kind(), ErrorKind::kInvalidRequest);
  EXPECT_TRUE(s3.transport.requests.empty());
}

TEST(PutObject, BodyChecksumAndCondition) {
  ScriptedBucket s3(always(Reply(200)
                               .with("ETag", "\"e\"")
                               .with("x-amz-version-id", "v")
                               .with("x-amz-checksum-crc32", "AAAAAA==")));
  PutRequest request(ObjectKey("k"), std::string("body"));
  request.checksum = Checksum{"CRC32", "AAAAAA=="};
  request.attributes.checksum_algorithm = "CRC32";
  auto result = s3.run(s3.target.put_object(request));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->etag.str(), "e");
  EXPECT_EQ(result->checksums.size(), 1u);
  EXPECT_EQ(s3.request().body, "body");
  EXPECT_EQ(s3.request().headers.get("x-amz-checksum-crc32"), "AAAAAA==");
  EXPECT_FALSE(s3.request().headers.get("x-amz-checksum-algorithm"));
}

TEST(Multipart, FromCreateToComplete) {
  ScriptedBucket s3(
      in_turn({Reply(200,
                     "<InitiateMultipartUploadResult><UploadId>u/1+=</UploadId>"
                     "</InitiateMultipartUploadResult>"),
               Reply(200, "<CopyPartResult><ETag>\"p1\"</ETag></CopyPartResult>"),
               Reply(200).with("ETag", "\"p2\""),
               Reply(200,
                     "<ListPartsResult><IsTruncated>true</IsTruncated><NextPartNumberMarker>2"
                     "</NextPartNumberMarker><Part><PartNumber>1</PartNumber><ETag>\"p1\"</ETag>"
                     "<Size>5</Size></Part></ListPartsResult>"),
               Reply(200,
                     "\n \n<?xml version=\"1.0\"?><CompleteMultipartUploadResult><ETag></ETag>"
                     "</CompleteMultipartUploadResult>"),
               Reply(204)}));
  CreateUploadRequest create(ObjectKey("k"));
  create.attributes.checksum_algorithm = "CRC64NVME";
  create.attributes.checksum_type = "FULL_OBJECT";
  auto upload = s3.run(s3.target.create_upload(create));
  ASSERT_TRUE(upload) << upload.error().describe();
  EXPECT_EQ(s3.request(0).target, "/k?uploads");
  EXPECT_EQ(s3.request(0).headers.get("x-amz-checksum-type"), "FULL_OBJECT");

  UploadPartCopyRequest copy(ObjectKey("k"), *upload, 1,
                             CopySource(BucketName("from"), ObjectKey("x"), ETag("e")));
  copy.range = {0, 4};
  copy.size = 5;
  EXPECT_EQ(s3.run(s3.target.upload_part_copy(copy))->etag.str(), "p1");
  EXPECT_EQ(s3.request(1).target, "/k?partNumber=1&uploadId=u%2F1%2B%3D");
  EXPECT_EQ(s3.request(1).headers.get("x-amz-copy-source-if-match"), "\"e\"");
  EXPECT_EQ(s3.request(1).headers.get("x-amz-copy-source-range"), "bytes=0-4");

  UploadPartRequest part(ObjectKey("k"), *upload, 2);
  part.body = "data";
  EXPECT_EQ(s3.run(s3.target.upload_part(part))->etag.str(), "p2");

  auto parts = s3.run(s3.target.list_parts(ObjectKey("k"), *upload, 1));
  ASSERT_TRUE(parts) << parts.error().describe();
  EXPECT_EQ(parts->next_marker, 2u);
  EXPECT_EQ(s3.request(3).target, "/k?uploadId=u%2F1%2B%3D&part-number-marker=1");

  std::vector<CompletedPart> completed{{1, ETag("p1")}, {2, ETag("p2")}};
  CompleteRequest complete(ObjectKey("k"), *upload, completed);
  complete.object_size = 9;
  complete.send_size = true;
  auto done = s3.run(s3.target.complete_upload(complete));
  ASSERT_TRUE(done) << done.error().describe();
  EXPECT_EQ(s3.request(4).headers.get("x-amz-mp-object-size"), "9");
  EXPECT_EQ(s3.request(4).body,
            "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Part>"
            "<PartNumber>1</PartNumber><ETag>&quot;p1&quot;</ETag></Part><Part><PartNumber>2"
            "</PartNumber><ETag>&quot;p2&quot;</ETag></Part></CompleteMultipartUpload>");

  EXPECT_TRUE(s3.run(s3.target.abort_upload(ObjectKey("k"), *upload)));
  EXPECT_EQ(s3.request(5).method, http::Method::kDelete);
}

TEST(Multipart, AnUploadIsNotCreatedTwiceBlindly) {
  ScriptedBucket s3(always(Reply::broken(ErrorKind::kTimeout)));
  EXPECT_FALSE(s3.run(s3.target.create_upload(CreateUploadRequest(ObjectKey("k")))));
  EXPECT_EQ(s3.transport.requests.size(), 1u);
}

TEST(Multipart, AConditionalCompletionIsNotRepeatedBlindly) {
  // Its own first try, whose answer was lost, would fail the condition of the second.
  ScriptedBucket s3(always(Reply::broken(ErrorKind::kNetwork)));
  std::vector<CompletedPart> completed{{1, ETag("p1")}};
  CompleteRequest complete(ObjectKey("k"), UploadId("u"), completed);
  complete.condition.only_if_missing = true;
  EXPECT_EQ(s3.run(s3.target.complete_upload(complete)).error().kind(), ErrorKind::kNetwork);
  EXPECT_EQ(s3.transport.requests.size(), 1u);
}

TEST(Multipart, ListOfUploadsIsDecoded) {
  ScriptedBucket s3(always(Reply(
      200,
      "<ListMultipartUploadsResult><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>"
      "<NextKeyMarker>a+b%0A</NextKeyMarker><NextUploadIdMarker>u</NextUploadIdMarker><Upload>"
      "<Key>a+b%0A</Key><UploadId>u</UploadId><Initiated>2026-11-22T01:02:03.000Z</Initiated>"
      "</Upload></ListMultipartUploadsResult>")));
  auto uploads = s3.run(s3.target.list_uploads("a b", "k", "u"));
  ASSERT_TRUE(uploads) << uploads.error().describe();
  EXPECT_EQ(uploads->uploads.at(0).key.str(), "a b\n");
  EXPECT_EQ(uploads->next_key_marker, "a b\n");
  EXPECT_EQ(s3.request().target,
            "/?uploads&encoding-type=url&prefix=a%20b&key-marker=k&upload-id-marker=u");
}

TEST(Multipart, AListOfUploadsThatRepeatsItsMarkerIsRefused) {
  const auto page = [](const char* key, const char* upload) {
    return Reply(200, fmt::format("<ListMultipartUploadsResult><IsTruncated>true</IsTruncated>"
                                  "<NextKeyMarker>{}</NextKeyMarker><NextUploadIdMarker>{}"
                                  "</NextUploadIdMarker></ListMultipartUploadsResult>",
                                  key, upload));
  };
  ScriptedBucket s3(in_turn({page("k", "u2"), page("k", "u1"), page("k", "u1"), page("k", "")}));
  EXPECT_TRUE(s3.run(s3.target.list_uploads("k")));
  EXPECT_TRUE(s3.run(s3.target.list_uploads("k", "k", "u2")));  // of one key: in order of time
  auto again = s3.run(s3.target.list_uploads("k", "k", "u1"));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind(), ErrorKind::kListing);
  EXPECT_FALSE(s3.run(s3.target.list_uploads("k", "k")));
}

TEST(DeleteObjects, EachKeyHasItsOutcome) {
  ScriptedBucket s3(always(Reply(
      200,
      "<DeleteResult><Error><Key>d</Key><Code>AccessDenied</Code><Message>no</Message></Error>"
      "<Deleted><Key>a&amp;&#xD;b</Key></Deleted><Deleted><Key>c</Key><DeleteMarker>true"
      "</DeleteMarker><DeleteMarkerVersionId>dm</DeleteMarkerVersionId></Deleted>"
      "<Error><Key>e</Key><Code>InternalError</Code></Error></DeleteResult>")));
  std::vector<DeleteTarget> targets;
  for (const char* key : {"a&\rb", "c", "d", "e", "left out"}) targets.emplace_back(ObjectKey(key));
  targets[1].if_match = ETag("x");
  auto outcomes = s3.run(s3.target.delete_objects(targets));
  ASSERT_TRUE(outcomes) << outcomes.error().describe();
  ASSERT_EQ(outcomes->size(), 5u);
  EXPECT_TRUE((*outcomes)[0].deleted);
  EXPECT_TRUE((*outcomes)[1].delete_marker);
  EXPECT_EQ((*outcomes)[1].version_id.str(), "dm");
  EXPECT_EQ((*outcomes)[2].error->kind(), ErrorKind::kAccessDenied);
  EXPECT_EQ((*outcomes)[2].error->key(), "d");
  EXPECT_TRUE((*outcomes)[3].error->is_retryable());
  EXPECT_EQ((*outcomes)[4].error->kind(), ErrorKind::kProtocol);
  EXPECT_EQ(s3.request().method, http::Method::kPost);
  EXPECT_EQ(s3.request().target, "/?delete");
  EXPECT_EQ(s3.request().body,
            "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Object><Key>a&amp;&#xD;b"
            "</Key></Object><Object><Key>c</Key><ETag>&quot;x&quot;</ETag></Object><Object><Key>d"
            "</Key></Object><Object><Key>e</Key></Object><Object><Key>left out</Key></Object>"
            "<Quiet>false</Quiet></Delete>");
  EXPECT_EQ(s3.request().headers.get_or("content-md5", "").size(), 24u);
}

TEST(DeleteObjects, KeysThatXmlCannotCarryGoOneByOne) {
  ScriptedBucket s3([](const http::Request& request, std::size_t) {
    return request.method == http::Method::kPost
               ? Reply(200, "<DeleteResult><Deleted><Key>b</Key></Deleted></DeleteResult>")
               : Reply(204);
  });
  std::vector<DeleteTarget> targets;
  for (const char* key : {"a\x01", "b", "\xEF\xBF\xBF"}) targets.emplace_back(ObjectKey(key));
  auto outcomes = s3.run(s3.target.delete_objects(targets));
  ASSERT_TRUE(outcomes);
  for (const DeleteOutcome& outcome : *outcomes) EXPECT_TRUE(outcome.deleted);
  ASSERT_EQ(s3.transport.requests.size(), 3u);
  EXPECT_EQ(s3.request(1).target, "/a%01");
  EXPECT_EQ(s3.request(2).target, "/%EF%BF%BF");
}

TEST(DeleteObjects, BoundsAndRequestErrors) {
  ScriptedBucket s3(always(Reply(403, "<Error><Code>AccessDenied</Code></Error>")));
  EXPECT_FALSE(s3.run(s3.target.delete_objects({})));
  EXPECT_FALSE(s3.run(
      s3.target.delete_objects(std::vector<DeleteTarget>(1001, DeleteTarget(ObjectKey("k"))))));
  EXPECT_TRUE(s3.transport.requests.empty());
  std::vector<DeleteTarget> one(1, DeleteTarget(ObjectKey("k")));
  EXPECT_EQ(s3.run(s3.target.delete_objects(one)).error().kind(), ErrorKind::kAccessDenied);
}

TEST(DeleteObject, CanBeConditional) {
  ScriptedBucket s3(in_turn({Reply(204), Reply(412)}));
  DeleteTarget target(ObjectKey("a//b"));
  target.if_match = ETag("e");
  EXPECT_TRUE(s3.run(s3.target.delete_object(target))->deleted);
  EXPECT_EQ(s3.request().target, "/a//b");
  EXPECT_EQ(s3.request().headers.get("if-match"), "\"e\"");
  EXPECT_EQ(s3.run(s3.target.delete_object(target)).error().kind(), ErrorKind::kPreconditionFailed);
}

TEST(Configuration, Writes) {
  ScriptedBucket s3(always(Reply(200)));
  ASSERT_TRUE(s3.run(s3.target.put_object_tagging(ObjectKey("k"), {{"a", "b<"}})));
  EXPECT_EQ(s3.request(0).target, "/k?tagging");
  EXPECT_EQ(s3.request(0).body,
            "<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><TagSet><Tag><Key>a</Key>"
            "<Value>b&lt;</Value></Tag></TagSet></Tagging>");
  ASSERT_TRUE(s3.run(s3.target.put_policy("{}")));
  EXPECT_EQ(s3.request(1).target, "/?policy");
  EXPECT_EQ(s3.request(1).body, "{}");
  EXPECT_EQ(s3.request(1).headers.get("content-md5"), "mZFLkyvTelC5g8XnyQrpOw==");
  ASSERT_TRUE(s3.run(s3.target.put_versioning(Versioning::kSuspended)));
  EXPECT_NE(s3.request(2).body.find("<Status>Suspended</Status>"), std::string::npos);
  EXPECT_EQ(s3.run(s3.target.put_versioning(Versioning::kNever)).error().kind(),
            ErrorKind::kRefused);
  ASSERT_TRUE(s3.run(s3.target.create()));
  EXPECT_NE(s3.request(3).body.find("<LocationConstraint>eu-west-1<"), std::string::npos);
  ASSERT_TRUE(s3.run(s3.target.create("us-east-1", "BucketOwnerEnforced", true)));
  EXPECT_EQ(s3.request(4).body, "");
  EXPECT_EQ(s3.request(4).headers.get("x-amz-object-ownership"), "BucketOwnerEnforced");
  EXPECT_EQ(s3.request(4).headers.get("x-amz-bucket-object-lock-enabled"), "true");
}

}  // namespace
}  // namespace s3ferry::s3
