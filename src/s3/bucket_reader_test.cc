#include "s3/bucket_reader.h"

#include <type_traits>

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

// ---- rule 1: the source cannot be written ----

template <class B>
concept CanWrite =
    requires(B b, ObjectKey k, CopyRequest c, PutRequest p, DeleteTarget d, UploadId u) {
      b.copy_object(c);
    } || requires(B b, PutRequest p) { b.put_object(p); } ||
    requires(B b, DeleteTarget d) { b.delete_object(d); } ||
    requires(B b, std::vector<DeleteTarget> d) { b.delete_objects(d); } ||
    requires(B b, CreateUploadRequest r) { b.create_upload(r); } ||
    requires(B b, UploadPartRequest r) { b.upload_part(r); } ||
    requires(B b, UploadPartCopyRequest r) { b.upload_part_copy(r); } ||
    requires(B b, CompleteRequest r) { b.complete_upload(r); } ||
    requires(B b, ObjectKey k, UploadId u) { b.abort_upload(k, u); } ||
    requires(B b, ObjectKey k, NameValues t) { b.put_object_tagging(k, t); } ||
    requires(B b) { b.put_policy(std::string()); } ||
    requires(B b) { b.put_versioning(Versioning::kEnabled); } || requires(B b) { b.create(); };
static_assert(CanWrite<TargetBucket>);
static_assert(!CanWrite<SourceBucket>);
static_assert(!CanWrite<BucketReader>);
static_assert(!std::is_convertible_v<SourceBucket&, TargetBucket&>);
static_assert(!std::is_convertible_v<TargetBucket&, SourceBucket&>);
static_assert(!std::is_constructible_v<TargetBucket, SourceBucket&>);
static_assert(!std::is_constructible_v<SourceBucket, TargetBucket&>);
static_assert(!std::is_copy_constructible_v<SourceBucket>);

TEST(SourceBucket, SendsNothingButGetAndHead) {
  ScriptedBucket s3(always(Reply(200, "<x/>")));
  (void)s3.run(s3.source.list_page(ListRequest()));
  (void)s3.run(s3.source.head_object(HeadRequest(ObjectKey("k"))));
  (void)s3.run(s3.source.get_object(GetRequest(ObjectKey("k"))));
  (void)s3.run(s3.source.get_object_tagging(ObjectKey("k")));
  (void)s3.run(s3.source.head_bucket());
  (void)s3.run(s3.source.location());
  (void)s3.run(s3.source.get_versioning());
  (void)s3.run(s3.source.get_policy());
  (void)s3.run(list_buckets(s3.connection));
  EXPECT_GE(s3.transport.requests.size(), 9u);
  for (const http::Request& request : s3.transport.requests) {
    EXPECT_TRUE(request.method == http::Method::kGet || request.method == http::Method::kHead);
    EXPECT_TRUE(request.body.empty());
  }
}

// ---- listing ----

constexpr std::string_view kPage =
    "<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>"
    "<NextContinuationToken>t/+=</NextContinuationToken><Contents><Key>a+b%2F%2F..</Key>"
    "<Size>3</Size><ETag>\"e\"</ETag></Contents></ListBucketResult>";

TEST(ListPage, AsksForUrlEncodingAndReadsThePage) {
  ScriptedBucket s3(always(Reply(200, std::string(kPage))));
  ListRequest request;
  request.prefix = "a b+c/";
  request.delimiter = "/";
  request.start_after = "a b+c/\xED\x95\x9C";
  request.max_keys = 7;
  auto page = s3.run(s3.source.list_page(request));
  ASSERT_TRUE(page) << page.error().describe();
  ASSERT_EQ(page->entries.size(), 1u);
  EXPECT_EQ(page->entries[0].key, "a b//..");
  EXPECT_EQ(page->next_token, "t/+=");
  EXPECT_EQ(s3.request().method, http::Method::kGet);
  EXPECT_EQ(s3.request().origin.host, "bucket.s3.eu-west-1.amazonaws.com");
  EXPECT_EQ(s3.request().target,
            "/?list-type=2&encoding-type=url&prefix=a%20b%2Bc%2F&delimiter=%2F&start-after="
            "a%20b%2Bc%2F%ED%95%9C&max-keys=7");
  EXPECT_EQ(s3.request().deadlines.first_byte, 300s);
}

TEST(ListPage, ATokenReplacesStartAfter) {
  ScriptedBucket s3(always(Reply(200, std::string(kPage))));
  ListRequest request;
  request.start_after = "a";
  request.continuation_token = "1/x+y=";
  ASSERT_TRUE(s3.run(s3.source.list_page(request)));
  EXPECT_EQ(s3.request().target, "/?list-type=2&encoding-type=url&continuation-token=1%2Fx%2By%3D");
}

TEST(ListPage, BrokenAnswersAreAskedForAgain) {
  const std::string cut(kPage.substr(0, kPage.size() - 20));
  ScriptedBucket s3(in_turn({Reply(200, cut), Reply(200, ""), Reply(200, "<Other/>"),
                             Reply(200, "<Error><Code>InternalError</Code></Error>"),
                             Reply(503, "<Error><Code>SlowDown</Code></Error>"),
                             Reply(200, std::string(kPage))}));
  auto page = s3.run(s3.source.list_page(ListRequest()));
  ASSERT_TRUE(page) << page.error().describe();
  EXPECT_EQ(page->entries.size(), 1u);
  EXPECT_EQ(s3.transport.requests.size(), 6u);
}

TEST(ListPage, OfAnAnswerThatBreaksOffNothingIsLeft) {
  const std::string begun(kPage.substr(0, kPage.size() - 20));
  const auto breaks_off = [&](const http::Request&, std::size_t) { return Reply::cut(200, begun); };
  ScriptedBucket s3(breaks_off);
  ListPage page;
  const Status status = s3.run(s3.source.list_page(ListRequest(), page));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind(), ErrorKind::kTruncated);
  EXPECT_TRUE(page.entries.empty());
  EXPECT_FALSE(page.truncated);
  EXPECT_EQ(page.next_token, "");
}

TEST(ListPage, TypedErrorsEndIt) {
  struct Row {
    Reply reply;
    ErrorKind kind;
  };
  for (const Row& row :
       {Row{Reply(200, "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"),
            ErrorKind::kListing},
        Row{Reply(404, "<Error><Code>NoSuchBucket</Code></Error>"), ErrorKind::kNoSuchBucket},
        Row{Reply(403, "<Error><Code>AccessDenied</Code></Error>"), ErrorKind::kAccessDenied},
        Row{Reply(200, "<Error><Code>AccessDenied</Code></Error>"), ErrorKind::kAccessDenied}}) {
    ScriptedBucket s3(always(row.reply));
    auto page = s3.run(s3.source.list_page(ListRequest()));
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().kind(), row.kind) << page.error().describe();
    EXPECT_EQ(page.error().operation(), "ListObjectsV2");
    EXPECT_EQ(s3.transport.requests.size(), 1u);
  }
}

// ---- keys in paths: bytes, encoded once, never normalised (rule 5) ----

TEST(Keys, ReachTheWireByteForByte) {
  const std::pair<std::string, std::string> keys[] = {
      {"a", "/a"},
      {"/", "//"},
      {"//", "///"},
      {"a//b", "/a//b"},
      {"./a", "/./a"},
      {"../a", "/../a"},
      {"a/../b", "/a/../b"},
      {"..", "/.."},
      {"a/", "/a/"},
      {"a b", "/a%20b"},
      {"a+b", "/a%2Bb"},
      {"a%20b", "/a%2520b"},
      {"?x=y&z#f", "/%3Fx%3Dy%26z%23f"},
      {"\x01\x7F\r\n\t", "/%01%7F%0D%0A%09"},
      {"\xED\x95\x9C/e\xCC\x81", "/%ED%95%9C/e%CC%81"},
      {"\xEF\xBF\xBE", "/%EF%BF%BE"},
      {"~-_.!*'()", "/~-_.%21%2A%27%28%29"},
      {std::string(1024, 'k'), "/" + std::string(1024, 'k')},
      {std::string(1023, '/') + "%", std::string(1024, '/') + "%25"},
  };
  ScriptedBucket virtual_host(always(Reply(200)));
  ScriptedBucket path_style(always(Reply(200)), params_of("eu-west-1", "http://127.0.0.1:9000/p"));
  std::size_t n = 0;
  for (const auto& [key, path] : keys) {
    (void)virtual_host.run(virtual_host.source.head_object(HeadRequest(ObjectKey(key))));
    (void)path_style.run(path_style.source.head_object(HeadRequest(ObjectKey(key))));
    EXPECT_EQ(virtual_host.request(n).target, path);
    EXPECT_EQ(path_style.request(n).target, "/p/bucket" + path);
    ++n;
  }
}

// ---- HEAD and GET ----

Reply object_reply(int status = 200) {
  return Reply(status, "")
      .with("Content-Length", "42")
      .with("ETag", "\"0123-2\"")
      .with("Last-Modified", "Sun, 22 Nov 2026 01:02:03 GMT")
      .with("x-amz-version-id", "v1");
}

TEST(HeadObject, ReadsEverythingThatACopyNeeds) {
  ScriptedBucket s3(always(object_reply()
                               .with("Content-Type", "text/plain")
                               .with("Cache-Control", "no-store")
                               .with("Content-Disposition", "attachment")
                               .with("Content-Encoding", "gzip")
                               .with("Content-Language", "ko")
                               .with("Expires", "whenever")
                               .with("x-amz-meta-Owner", "me")
                               .with("X-AMZ-META-b", "=?UTF-8?B?7ZWc?=")
                               .with("x-amz-missing-meta", "2")
                               .with("x-amz-storage-class", "GLACIER")
                               .with("x-amz-restore", "ongoing-request=\"true\"")
                               .with("x-amz-server-side-encryption", "aws:kms")
                               .with("x-amz-server-side-encryption-aws-kms-key-id", "arn:k")
                               .with("x-amz-website-redirect-location", "/x")
                               .with("x-amz-object-lock-mode", "GOVERNANCE")
                               .with("x-amz-object-lock-retain-until-date", "2027-01-01T00:00:00Z")
                               .with("x-amz-object-lock-legal-hold", "ON")
                               .with("x-amz-tagging-count", "3")
                               .with("x-amz-mp-parts-count", "9")
                               .with("x-amz-checksum-crc64nvme", "abc=")
                               .with("x-amz-checksum-type", "FULL_OBJECT")));
  HeadRequest request(ObjectKey("k"));
  request.version_id = VersionId("v/1");
  request.part_number = 1;
  request.checksum_mode = true;
  request.if_match = ETag("0123-2");
  auto info = s3.run(s3.source.head_object(request));
  ASSERT_TRUE(info) << info.error().describe();
  EXPECT_EQ(s3.request().method, http::Method::kHead);
  EXPECT_EQ(s3.request().target, "/k?versionId=v%2F1&partNumber=1");
  EXPECT_EQ(s3.request().headers.get("x-amz-checksum-mode"), "ENABLED");
  EXPECT_EQ(s3.request().headers.get("if-match"), "\"0123-2\"");
  EXPECT_EQ(info->size, 42u);
  EXPECT_EQ(info->etag.str(), "0123-2");
  EXPECT_EQ(info->version_id.str(), "v1");
  EXPECT_EQ(format_iso8601(*info->last_modified), "2026-11-22T01:02:03Z");
  EXPECT_EQ(info->content.content_type, "text/plain");
  EXPECT_EQ(info->content.content_language, "ko");
  EXPECT_EQ(info->content.expires, "whenever");
  EXPECT_EQ(info->metadata, (NameValues{{"Owner", "me"}, {"b", "=?UTF-8?B?7ZWc?="}}));
  EXPECT_EQ(info->missing_meta, 2u);
  EXPECT_EQ(info->storage_class, "GLACIER");
  EXPECT_EQ(info->sse_kms_key_id, "arn:k");
  EXPECT_TRUE(info->etag_is_opaque());
  EXPECT_EQ(info->website_redirect, "/x");
  EXPECT_EQ(info->lock_mode, "GOVERNANCE");
  EXPECT_EQ(format_iso8601(*info->lock_retain_until), "2027-01-01T00:00:00Z");
  EXPECT_EQ(info->legal_hold, "ON");
  EXPECT_EQ(info->tag_count, 3u);
  EXPECT_EQ(info->parts_count, 9u);
  EXPECT_EQ(info->checksums, (std::vector<Checksum>{{"CRC64NVME", "abc="}}));
  EXPECT_EQ(info->checksum_type, "FULL_OBJECT");
}

TEST(HeadObject, OddHeadersAreProtocolErrors) {
  for (const auto& [name, value] :
       {std::pair("Content-Length", "-1"), std::pair("x-amz-tagging-count", "x"),
        std::pair("x-amz-mp-parts-count", "99999999999"), std::pair("Content-Range", "bytes 9-1/2"),
        std::pair("x-amz-missing-meta", "")}) {
    http::Headers headers;
    headers.add(name, value);
    auto info = read_object_info(headers);
    ASSERT_FALSE(info) << name;
    EXPECT_EQ(info.error().kind(), ErrorKind::kProtocol);
  }
}

TEST(HeadObject, MissingDeniedAndChanged) {
  for (const auto& [status, kind] :
       {std::pair(404, ErrorKind::kNoSuchKey), std::pair(403, ErrorKind::kAccessDenied),
        std::pair(412, ErrorKind::kPreconditionFailed)}) {
    ScriptedBucket s3(always(Reply(status)));
    auto info = s3.run(s3.source.head_object(HeadRequest(ObjectKey("k"))));
    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().kind(), kind);
    EXPECT_EQ(info.error().key(), "k");
    EXPECT_EQ(s3.transport.requests.size(), status == 403 ? 2u : 1u);
  }
}

TEST(HeadObject, ARefusalWithoutAReasonIsAskedForIt) {
  ScriptedBucket s3([](const http::Request& request, std::size_t) {
    if (request.method == http::Method::kHead) return Reply(403);
    return Reply(403, "<Error><Code>InvalidAccessKeyId</Code><Message>not known</Message></Error>");
  });
  HeadRequest request(ObjectKey("k"));
  request.if_match = ETag("e");
  auto info = s3.run(s3.source.head_object(request));
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().kind(), ErrorKind::kCredentials) << info.error().describe();
  EXPECT_EQ(info.error().code(), "InvalidAccessKeyId");
  EXPECT_EQ(info.error().operation(), "HeadObject");
  ASSERT_EQ(s3.transport.requests.size(), 2u);
  EXPECT_EQ(s3.request(1).method, http::Method::kGet);
  EXPECT_EQ(s3.request(1).headers.get("range"), "bytes=0-0");
  EXPECT_EQ(s3.request(1).headers.get("if-match"), "\"e\"");
}

TEST(HeadObject, WhatHeadCouldNotSayAboutTheTokenIsMended) {
  // The bare 400 of an expired token; the GET says so, the token is renewed, and HEAD works.
  int gets = 0;
  ScriptedBucket s3([&gets](const http::Request& request, std::size_t) {
    if (request.method == http::Method::kHead)
      return gets < 2 ? Reply(400) : Reply(200).with("ETag", "\"e\"").with("Content-Length", "7");
    if (++gets == 1) return Reply(400, "<Error><Code>ExpiredToken</Code></Error>");
    return Reply(206, "x").with("ETag", "\"e\"");
  });
  auto info = s3.run(s3.source.head_object(HeadRequest(ObjectKey("k"))));
  ASSERT_TRUE(info) << info.error().describe();
  EXPECT_EQ(info->size, 7u);
  EXPECT_EQ(s3.transport.requests.size(), 4u);
}

TEST(HeadObject, ARefusalThatGetDoesNotExplainStays) {
  // GET may be granted where HEAD is not: then HEAD's own answer counts.
  ScriptedBucket s3([](const http::Request& request, std::size_t) {
    return request.method == http::Method::kHead ? Reply(403) : Reply(206, "x");
  });
  auto info = s3.run(s3.source.head_object(HeadRequest(ObjectKey("k"))));
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().kind(), ErrorKind::kAccessDenied);
  EXPECT_EQ(s3.transport.requests.size(), 3u);
}

Task<Result<std::string>> read_object(SourceBucket& bucket, GetRequest request) {
  auto stream = co_await bucket.get_object(std::move(request));
  if (!stream) co_return fail(std::move(stream.error()));
  std::string out;
  Status read = co_await http::read_all(*stream->body, out, 1 * kMiB);
  if (!read) co_return fail(std::move(read.error()));
  co_return out;
}

TEST(GetObject, StreamsARange) {
  Reply reply = Reply(206, "cde").with("ETag", "\"e\"").with("Content-Range", "bytes 2-4/9");
  ScriptedBucket s3(always(reply));
  GetRequest request(ObjectKey("k"));
  request.range = {2, 4};
  request.if_match = ETag("e");
  auto stream = s3.run(s3.source.get_object(request));
  ASSERT_TRUE(stream) << stream.error().describe();
  EXPECT_EQ(stream->info.full_size, 9u);
  EXPECT_EQ(s3.request().headers.get("range"), "bytes=2-4");
  EXPECT_EQ(s3.request().headers.get("if-match"), "\"e\"");
  EXPECT_EQ(*s3.run(read_object(s3.source, request)), "cde");
}

TEST(GetObject, ARangeThatWasIgnoredAndAnotherObjectAreErrors) {
  GetRequest request(ObjectKey("k"));
  request.range = {2, 4};
  request.if_match = ETag("e");
  ScriptedBucket whole(always(Reply(200, "abcdefghi").with("ETag", "\"e\"")));
  EXPECT_EQ(whole.run(read_object(whole.source, request)).error().kind(), ErrorKind::kUnsupported);
  ScriptedBucket other(
      always(Reply(206, "cde").with("ETag", "\"f\"").with("Content-Range", "bytes 2-4/9")));
  EXPECT_EQ(other.run(read_object(other.source, request)).error().kind(),
            ErrorKind::kPreconditionFailed);
  ScriptedBucket cut(always(Reply::cut(200, "ab")));
  EXPECT_EQ(cut.run(read_object(cut.source, GetRequest(ObjectKey("k")))).error().kind(),
            ErrorKind::kTruncated);
}

// ---- tags, and the questions that stop nothing ----

TEST(GetObjectTagging, TagsNoTagsAndNoBody) {
  ScriptedBucket tags(always(Reply(
      200, "<Tagging><TagSet><Tag><Key>a&amp;</Key><Value> x </Value></Tag></TagSet></Tagging>")));
  EXPECT_EQ(*tags.run(tags.source.get_object_tagging(ObjectKey("k"))), (NameValues{{"a&", " x "}}));
  EXPECT_EQ(tags.request().target, "/k?tagging");
  ScriptedBucket nothing(always(Reply(200, "")));
  EXPECT_EQ(nothing.run(nothing.source.get_object_tagging(ObjectKey("k")))->size(), 0u);
  ScriptedBucket none(always(Reply(404, "<Error><Code>NoSuchTagSet</Code></Error>")));
  EXPECT_EQ(none.run(none.source.get_object_tagging(ObjectKey("k")))->size(), 0u);
  ScriptedBucket denied(always(Reply(403, "<Error><Code>AccessDenied</Code></Error>")));
  EXPECT_EQ(denied.run(denied.source.get_object_tagging(ObjectKey("k"))).error().kind(),
            ErrorKind::kAccessDenied);
}

TEST(Probes, AnOddAnswerMeansUnknown) {
  for (const Reply& odd :
       {Reply(200, std::string(kPage)), Reply(200, ""), Reply(200, "\x01garbage"), Reply(403),
        Reply(405, "<Error><Code>MethodNotAllowed</Code></Error>"), Reply(501), Reply(400)}) {
    ScriptedBucket s3(always(odd));
    auto versioning = s3.run(s3.source.get_versioning());
    ASSERT_TRUE(versioning) << odd.status << versioning.error().describe();
    EXPECT_EQ(versioning->state, ProbeState::kUnknown);
    EXPECT_FALSE(versioning->why.empty());
    auto policy = s3.run(s3.source.get_policy());
    ASSERT_TRUE(policy) << odd.status;
    EXPECT_EQ(policy->state, ProbeState::kUnknown);
    auto location = s3.run(s3.source.location());
    ASSERT_TRUE(location) << odd.status;
    EXPECT_FALSE(location->has_value());
    EXPECT_EQ(s3.transport.requests.size(), 3u);
  }
}

TEST(Probes, AnAnswerIsAnAnswer) {
  auto versioning = [](std::string body) {
    ScriptedBucket s3(always(Reply(200, std::move(body))));
    return *s3.run(s3.source.get_versioning());
  };
  EXPECT_EQ(versioning("<VersioningConfiguration/>").state, ProbeState::kAbsent);
  const auto enabled =
      versioning("<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>");
  EXPECT_EQ(enabled.state, ProbeState::kPresent);
  EXPECT_EQ(enabled.value, Versioning::kEnabled);

  ScriptedBucket policy(always(Reply(200, " {\"Statement\":[]}\n")));
  EXPECT_EQ(policy.run(policy.source.get_policy())->value, "{\"Statement\":[]}");
  ScriptedBucket no_policy(always(Reply(404, "<Error><Code>NoSuchBucketPolicy</Code></Error>")));
  EXPECT_EQ(no_policy.run(no_policy.source.get_policy())->state, ProbeState::kAbsent);
  ScriptedBucket no_bucket(always(Reply(404, "<Error><Code>NoSuchBucket</Code></Error>")));
  EXPECT_EQ(no_bucket.run(no_bucket.source.get_policy()).error().kind(), ErrorKind::kNoSuchBucket);

  for (const auto& [body, region] :
       {std::pair("<LocationConstraint/>", "us-east-1"),
        std::pair("<LocationConstraint>EU</LocationConstraint>", "eu-west-1"),
        std::pair("<LocationConstraint>ap-northeast-2</LocationConstraint>", "ap-northeast-2")}) {
    ScriptedBucket s3(always(Reply(200, body)));
    EXPECT_EQ(**s3.run(s3.source.location()), region);
  }
}

TEST(Buckets, WhatEveryRequestCarries) {
  BucketOptions options;
  options.request_payer = true;
  options.expected_owner = "111122223333";
  ScriptedBucket s3(always(Reply(200).with("x-amz-bucket-region", "eu-west-1")),
                    params_of("eu-west-1"), options);
  EXPECT_EQ(*s3.run(s3.source.head_bucket()), "eu-west-1");
  EXPECT_EQ(s3.request().headers.get("x-amz-request-payer"), "requester");
  EXPECT_EQ(s3.request().headers.get("x-amz-expected-bucket-owner"), "111122223333");
  EXPECT_EQ(s3.request().target, "/");
}

TEST(Buckets, ListOfBucketsIsPaged) {
  ScriptedBucket s3(always(Reply(
      200,
      "<ListAllMyBucketsResult><Owner><ID>o</ID></Owner><Buckets><Bucket><Name>one</Name>"
      "<CreationDate>2026-12-11T23:32:47.000Z</CreationDate><BucketRegion>eu-west-1</BucketRegion>"
      "</Bucket><Bucket><Name>two</Name></Bucket></Buckets><ContinuationToken>ct+</"
      "ContinuationToken></ListAllMyBucketsResult>")));
  auto list = s3.run(list_buckets(s3.connection, "before+", "o"));
  ASSERT_TRUE(list) << list.error().describe();
  ASSERT_EQ(list->buckets.size(), 2u);
  EXPECT_EQ(list->buckets[0].region, "eu-west-1");
  EXPECT_EQ(list->next_token, "ct+");
  EXPECT_EQ(s3.request().origin.host, "s3.eu-west-1.amazonaws.com");
  EXPECT_EQ(s3.request().target, "/?max-buckets=1000&continuation-token=before%2B&prefix=o");
}

}  // namespace
}  // namespace s3ferry::s3
