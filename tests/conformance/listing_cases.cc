// Listings: order, pages, prefixes, and keys that are awkward.

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "conformance/server.h"
#include "support/digest.h"
#include "support/odd_keys.h"

namespace s3ferry::testing {
namespace {

std::vector<std::string> sorted(std::vector<std::string> keys) {
  std::sort(keys.begin(), keys.end());  // char_traits compares unsigned bytes
  return keys;
}

CONFORMANCE(OddKeysRoundTrip) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  const std::vector<std::string> keys = odd_keys();
  for (const std::string& key : keys) {
    auto put = co_await put_text(**bucket, key, "body of " + key);
    EXPECT_TRUE(put.has_value()) << escape_for_display(key);
  }
  auto listed = co_await list_keys(**bucket);
  NEEDS(listed);
  EXPECT_EQ(*listed, sorted(keys)) << "in byte order, each byte as it was";
  for (const std::string& key : keys) {
    auto got = co_await read_object(**bucket, ObjectKey(key));
    EXPECT_TRUE(got.has_value() && *got == "body of " + key) << escape_for_display(key);
    auto head = co_await (*bucket)->head_object(s3::HeadRequest(ObjectKey(key)));
    EXPECT_TRUE(head.has_value() && head->etag.str() == md5_hex("body of " + key))
        << escape_for_display(key);
  }
}

CONFORMANCE(OddKeysCopyAndDelete) {
  auto from = co_await s.new_bucket(s.a());
  NEEDS(from);
  auto to = co_await s.new_bucket(s.a());
  NEEDS(to);
  const std::vector<std::string> keys = odd_keys();
  for (const std::string& key : keys) {
    auto etag = co_await put_text(**from, key, key);
    NEEDS(etag);
    s3::CopyRequest request(ObjectKey(key), s3::CopySource((*from)->name(), ObjectKey(key), *etag));
    auto copied = co_await (*to)->copy_object(request);
    EXPECT_TRUE(copied.has_value()) << escape_for_display(key);
  }
  auto listed = co_await list_keys(**to);
  NEEDS(listed);
  EXPECT_EQ(*listed, sorted(keys));
  std::vector<s3::DeleteTarget> many;
  for (std::size_t i = 0; i < keys.size(); i += 2) many.emplace_back(ObjectKey(keys[i]));
  auto outcomes = co_await (*to)->delete_objects(many);
  NEEDS(outcomes);
  for (std::size_t i = 0; i < outcomes->size(); ++i)
    EXPECT_TRUE((*outcomes)[i].deleted) << escape_for_display(many[i].key.view());
  for (std::size_t i = 1; i < keys.size(); i += 2) {
    auto gone = co_await (*to)->delete_object(s3::DeleteTarget(ObjectKey(keys[i])));
    EXPECT_TRUE(gone.has_value()) << escape_for_display(keys[i]);
  }
  auto left = co_await list_keys(**to);
  NEEDS(left);
  EXPECT_TRUE(left->empty()) << left->size() << " keys stayed";
}

CONFORMANCE(KeyOf1025BytesIsRefused) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  auto put = co_await put_text(**bucket, std::string(1025, 'k'), "x");
  EXPECT_FALSE(put.has_value());
  if (!put) EXPECT_EQ(put.error().http_status(), 400);
}

CONFORMANCE(PagesAndTokens) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  std::vector<std::string> keys;
  for (int i = 0; i < 25; ++i) {
    keys.push_back(fmt::format("k{:02}", i));
    NEEDS(co_await put_text(**bucket, keys.back(), "x"));
  }
  std::vector<std::string> seen;
  std::vector<std::size_t> sizes;
  s3::ListRequest request;
  request.max_keys = 10;
  for (;;) {
    auto page = co_await (*bucket)->list_page(request);
    NEEDS(page);
    sizes.push_back(page->entries.size());
    for (const s3::ListEntry& entry : page->entries) seen.emplace_back(entry.key);
    if (!page->truncated) break;
    request.continuation_token = page->next_token;
  }
  EXPECT_EQ(seen, keys);
  EXPECT_EQ(sizes, (std::vector<std::size_t>{10, 10, 5}));
}

CONFORMANCE(AnExactPageIsTheLast) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  for (int i = 0; i < 4; ++i) NEEDS(co_await put_text(**bucket, fmt::format("k{}", i), "x"));
  s3::ListRequest request;
  request.max_keys = 4;
  auto page = co_await (*bucket)->list_page(request);
  NEEDS(page);
  EXPECT_EQ(page->entries.size(), 4U);
  EXPECT_FALSE(page->truncated);
}

CONFORMANCE(StartAfterIsExclusive) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  for (const char* key : {"a", "b", "b!", "c"}) NEEDS(co_await put_text(**bucket, key, "x"));
  s3::ListRequest request;
  request.start_after = "b";
  auto page = co_await (*bucket)->list_page(request);
  NEEDS(page);
  std::vector<std::string> keys;
  for (const s3::ListEntry& entry : page->entries) keys.emplace_back(entry.key);
  EXPECT_EQ(keys, (std::vector<std::string>{"b!", "c"}));
}

CONFORMANCE(PrefixAndDelimiter) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  for (const char* key : {"logs-old/x", "logs/", "logs/a", "logs/d/1", "logs/d/2", "logs/e f/3"})
    NEEDS(co_await put_text(**bucket, key, "x"));
  s3::ListRequest request;
  request.prefix = "logs/";
  request.delimiter = "/";
  auto page = co_await (*bucket)->list_page(request);
  NEEDS(page);
  std::vector<std::string> keys;
  for (const s3::ListEntry& entry : page->entries) keys.emplace_back(entry.key);
  std::vector<std::string> folders(page->common_prefixes.begin(), page->common_prefixes.end());
  EXPECT_EQ(keys, (std::vector<std::string>{"logs/", "logs/a"}));
  EXPECT_EQ(folders, (std::vector<std::string>{"logs/d/", "logs/e f/"}));
}

CONFORMANCE(EntriesSayWhatHeadSays) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  s3::PutRequest put(ObjectKey("k"), std::string("seven b"));
  put.attributes.storage_class = "ONEZONE_IA";
  NEEDS(co_await (*bucket)->put_object(put));
  auto page = co_await (*bucket)->list_page(s3::ListRequest());
  NEEDS(page);
  auto head = co_await (*bucket)->head_object(s3::HeadRequest(ObjectKey("k")));
  NEEDS(head);
  EXPECT_EQ(page->entries.size(), 1U);
  if (page->entries.size() != 1) co_return;
  const s3::ListEntry& entry = page->entries.front();
  EXPECT_EQ(entry.size, head->size);
  EXPECT_EQ(entry.etag, head->etag.view());
  EXPECT_EQ(entry.storage_class, "ONEZONE_IA");
  // HEAD has seconds, a listing may have milliseconds.
  const auto apart = entry.modified - head->last_modified.value_or(WallTime{});
  EXPECT_LT(apart, std::chrono::seconds(1));
  EXPECT_GE(apart, std::chrono::seconds(0));
}

CONFORMANCE(EmptyBucket) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  auto page = co_await (*bucket)->list_page(s3::ListRequest());
  NEEDS(page);
  EXPECT_TRUE(page->entries.empty());
  EXPECT_FALSE(page->truncated);
}

CONFORMANCE(ListBucketsNamesTheOwners) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  auto other = co_await s.new_bucket(s.b());
  NEEDS(other);
  auto listed = co_await s3::list_buckets(s.a().connection());
  NEEDS(listed);
  bool mine = false;
  bool theirs = false;
  for (const s3::BucketEntry& entry : listed->buckets) {
    mine |= entry.name == (*bucket)->name();
    theirs |= entry.name == (*other)->name();
  }
  EXPECT_TRUE(mine);
  EXPECT_FALSE(theirs);
}

}  // namespace
}  // namespace s3ferry::testing
