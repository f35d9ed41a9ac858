// One object: bytes, headers, metadata, tags, conditions, ranges.

#include <algorithm>

#include "base/text.h"
#include "conformance/server.h"
#include "support/digest.h"

namespace s3ferry::testing {
namespace {

s3::PutRequest dressed(std::string key, std::string body) {
  s3::PutRequest request(ObjectKey(std::move(key)), std::move(body));
  request.attributes.content.content_type = "text/x-test; charset=utf-8";
  request.attributes.content.cache_control = "max-age=7";
  request.attributes.content.content_disposition = "attachment; filename=\"a b.txt\"";
  request.attributes.content.content_language = "ko";
  request.attributes.metadata = {{"colour", "blue"}, {"owner-team", "one, two"}};
  request.attributes.tags = {{"env", "prod"}, {"cost center", "a+b/c"}};
  request.attributes.storage_class = "STANDARD_IA";
  return request;
}

CONFORMANCE(PutThenGet) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  const std::string body = std::string("hello\0world", 11) + std::string(100'000, 'x');
  auto put = co_await (*bucket)->put_object(dressed("a/b.txt", body));
  NEEDS(put);
  EXPECT_EQ(put->etag.str(), md5_hex(body));
  auto got = co_await read_object(**bucket, ObjectKey("a/b.txt"));
  NEEDS(got);
  EXPECT_EQ(*got, body);
}

CONFORMANCE(EmptyObject) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  auto etag = co_await put_text(**bucket, "empty", "");
  NEEDS(etag);
  EXPECT_EQ(etag->str(), "d41d8cd98f00b204e9800998ecf8427e");
  auto got = co_await read_object(**bucket, ObjectKey("empty"));
  NEEDS(got);
  EXPECT_EQ(*got, "");
}

CONFORMANCE(HeadSaysWhatPutSent) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  auto put = co_await (*bucket)->put_object(dressed("k", "four"));
  NEEDS(put);
  auto head = co_await (*bucket)->head_object(s3::HeadRequest(ObjectKey("k")));
  NEEDS(head);
  EXPECT_EQ(head->size, 4U);
  EXPECT_EQ(head->etag.str(), md5_hex("four"));
  EXPECT_EQ(head->content.content_type, "text/x-test; charset=utf-8");
  EXPECT_EQ(head->content.cache_control, "max-age=7");
  EXPECT_EQ(head->content.content_disposition, "attachment; filename=\"a b.txt\"");
  EXPECT_EQ(head->content.content_language, "ko");
  s3::NameValues metadata = head->metadata;
  std::sort(metadata.begin(), metadata.end());
  EXPECT_EQ(metadata, (s3::NameValues{{"colour", "blue"}, {"owner-team", "one, two"}}));
  EXPECT_EQ(head->storage_class, "STANDARD_IA");
  EXPECT_EQ(head->tag_count.value_or(0), 2U);
  EXPECT_TRUE(head->last_modified.has_value());
}

CONFORMANCE(ValuesOutsideAsciiComeBack) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  const std::string name = "\xed\x95\x9c\xea\xb8\x80";
  s3::PutRequest request(ObjectKey("k"), std::string("x"));
  request.attributes.metadata = {{"name", name}};
  request.attributes.content.content_disposition = "attachment; filename=" + name;
  NEEDS(co_await (*bucket)->put_object(std::move(request)));
  auto head = co_await (*bucket)->head_object(s3::HeadRequest(ObjectKey("k")));
  NEEDS(head);
  const bool raw = s.differs(Difference::kHeadersComeBackRaw);
  const auto form = [raw](const std::string& text) {
    return raw ? text : "=?UTF-8?B?" + to_base64(text) + "?=";
  };
  EXPECT_EQ(head->metadata, (s3::NameValues{{"name", form(name)}}));
  EXPECT_EQ(head->content.content_disposition, form("attachment; filename=" + name));
}

CONFORMANCE(StandardIsSaidOrLeftOut) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  NEEDS(co_await put_text(**bucket, "k", "1"));
  auto head = co_await (*bucket)->head_object(s3::HeadRequest(ObjectKey("k")));
  NEEDS(head);
  EXPECT_TRUE(head->storage_class.empty() || head->storage_class == "STANDARD");
}

CONFORMANCE(OverwriteReplacesAll) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  NEEDS(co_await (*bucket)->put_object(dressed("k", "first")));
  NEEDS(co_await put_text(**bucket, "k", "second"));
  auto head = co_await (*bucket)->head_object(s3::HeadRequest(ObjectKey("k")));
  NEEDS(head);
  EXPECT_EQ(head->size, 6U);
  EXPECT_TRUE(head->metadata.empty());
  auto tags = co_await (*bucket)->get_object_tagging(ObjectKey("k"));
  NEEDS(tags);
  EXPECT_TRUE(tags->empty());
}

CONFORMANCE(TagsRoundTrip) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  NEEDS(co_await (*bucket)->put_object(dressed("k", "x")));
  auto first = co_await (*bucket)->get_object_tagging(ObjectKey("k"));
  NEEDS(first);
  std::sort(first->begin(), first->end());
  EXPECT_EQ(*first, (s3::NameValues{{"cost center", "a+b/c"}, {"env", "prod"}}));
  s3::NameValues wanted{{"\xec\x83\x89", "\xed\x8c\x8c\xeb\x9e\x91"}, {"z", ""}};
  NEEDS(co_await (*bucket)->put_object_tagging(ObjectKey("k"), wanted));
  auto second = co_await (*bucket)->get_object_tagging(ObjectKey("k"));
  NEEDS(second);
  std::sort(second->begin(), second->end());
  std::sort(wanted.begin(), wanted.end());
  EXPECT_EQ(*second, wanted);
}

CONFORMANCE(ElevenTagsAreRefused) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  NEEDS(co_await put_text(**bucket, "k", "x"));
  s3::NameValues tags;
  for (int i = 0; i < 11; ++i) tags.emplace_back("t" + std::to_string(i), "v");
  auto set = co_await (*bucket)->put_object_tagging(ObjectKey("k"), tags);
  EXPECT_FAILS(set, ErrorKind::kInvalidRequest);
}

CONFORMANCE(Ranges) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  NEEDS(co_await put_text(**bucket, "k", "0123456789"));
  s3::GetRequest middle{ObjectKey("k")};
  middle.range = {2, 4};
  auto got = co_await (*bucket)->get_object(middle);
  NEEDS(got);
  std::string bytes;
  NEEDS(co_await http::read_all(*got->body, bytes, 100));
  EXPECT_EQ(bytes, "234");
  EXPECT_EQ(got->info.full_size.value_or(0), 10U);
  s3::GetRequest beyond{ObjectKey("k")};
  beyond.range = {10, 20};
  auto none = co_await (*bucket)->get_object(beyond);
  EXPECT_FAILS(none, ErrorKind::kInvalidRequest);
  if (!none) EXPECT_EQ(none.error().http_status(), 416);
}

CONFORMANCE(GetIfMatch) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  auto etag = co_await put_text(**bucket, "k", "x");
  NEEDS(etag);
  s3::GetRequest right{ObjectKey("k")};
  right.if_match = *etag;
  auto same = co_await (*bucket)->get_object(right);
  NEEDS(same);
  std::string bytes;
  NEEDS(co_await http::read_all(*same->body, bytes, 100));
  s3::GetRequest wrong{ObjectKey("k")};
  wrong.if_match = ETag("00000000000000000000000000000000");
  auto other = co_await (*bucket)->get_object(wrong);
  EXPECT_FAILS(other, ErrorKind::kPreconditionFailed);
}

CONFORMANCE(PutIfNoneMatchGuards) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  s3::PutRequest first(ObjectKey("k"), std::string("one"));
  first.condition.only_if_missing = true;
  NEEDS(co_await (*bucket)->put_object(first));
  s3::PutRequest second(ObjectKey("k"), std::string("two"));
  second.condition.only_if_missing = true;
  auto put = co_await (*bucket)->put_object(second);
  EXPECT_FAILS(put, ErrorKind::kPreconditionFailed);
  auto got = co_await read_object(**bucket, ObjectKey("k"));
  NEEDS(got);
  EXPECT_EQ(*got, "one");
}

CONFORMANCE(PutIfMatchGuards) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  auto etag = co_await put_text(**bucket, "k", "one");
  NEEDS(etag);
  s3::PutRequest stale(ObjectKey("k"), std::string("two"));
  stale.condition.only_if_match = ETag("00000000000000000000000000000000");
  auto refused = co_await (*bucket)->put_object(stale);
  EXPECT_FAILS(refused, ErrorKind::kPreconditionFailed);
  s3::PutRequest right(ObjectKey("k"), std::string("three"));
  right.condition.only_if_match = *etag;
  auto put = co_await (*bucket)->put_object(right);
  if (s.differs(Difference::kPutIfMatchTakesNoQuotes))
    EXPECT_FAILS(put, ErrorKind::kPreconditionFailed);
  else
    NEEDS(put);
}

CONFORMANCE(ContentMd5IsChecked) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  s3::PutRequest right(ObjectKey("k"), std::string("body"));
  right.content_md5 = to_base64(md5("body"));
  NEEDS(co_await (*bucket)->put_object(right));
  s3::PutRequest wrong(ObjectKey("k"), std::string("body"));
  wrong.content_md5 = to_base64(md5("another"));
  auto put = co_await (*bucket)->put_object(wrong);
  EXPECT_FALSE(put.has_value());
  if (!put) EXPECT_EQ(put.error().code(), "BadDigest");
}

CONFORMANCE(ChecksumIsChecked) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  s3::PutRequest wrong(ObjectKey("k"), std::string("body"));
  wrong.checksum = s3::Checksum{"CRC32", "AAAAAA=="};
  auto put = co_await (*bucket)->put_object(wrong);
  if (s.differs(Difference::kChecksumIgnored)) {
    EXPECT_TRUE(put.has_value());
    co_return;
  }
  EXPECT_FALSE(put.has_value());
  if (!put) EXPECT_EQ(put.error().http_status(), 400);
}

CONFORMANCE(MissingObject) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  auto head = co_await (*bucket)->head_object(s3::HeadRequest(ObjectKey("nothing")));
  EXPECT_FAILS(head, ErrorKind::kNoSuchKey);
  auto got = co_await (*bucket)->get_object(s3::GetRequest(ObjectKey("nothing")));
  EXPECT_FAILS(got, ErrorKind::kNoSuchKey);
}

CONFORMANCE(MissingBucket) {
  s3::TargetBucket nowhere = s.a().bucket("there-is-no-such-bucket");
  auto listed = co_await nowhere.list_page(s3::ListRequest());
  EXPECT_FAILS(listed, ErrorKind::kNoSuchBucket);
  auto put = co_await put_text(nowhere, "k", "x");
  EXPECT_FAILS(put, ErrorKind::kNoSuchBucket);
}

CONFORMANCE(DeleteOneAndMany) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  for (const char* key : {"a", "b", "c", "d"}) NEEDS(co_await put_text(**bucket, key, key));
  NEEDS(co_await (*bucket)->delete_object(s3::DeleteTarget(ObjectKey("a"))));
  // A key that is not there counts as deleted.
  NEEDS(co_await (*bucket)->delete_object(s3::DeleteTarget(ObjectKey("a"))));
  std::vector<s3::DeleteTarget> targets;
  for (const char* key : {"b", "missing", "d"}) targets.emplace_back(ObjectKey(key));
  auto outcomes = co_await (*bucket)->delete_objects(targets);
  NEEDS(outcomes);
  EXPECT_EQ(outcomes->size(), 3U);
  for (const s3::DeleteOutcome& outcome : *outcomes) EXPECT_TRUE(outcome.deleted);
  auto keys = co_await list_keys(**bucket);
  NEEDS(keys);
  EXPECT_EQ(*keys, std::vector<std::string>{"c"});
}

}  // namespace
}  // namespace s3ferry::testing
