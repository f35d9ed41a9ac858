#include "transfer/look_up.h"

#include <algorithm>

#include "listing/page_stream.h"
#include "runtime/scope.h"

namespace s3ferry {
namespace {

using Presence = Looked::Presence;

constexpr std::uint64_t kPageKeys = 1000;
constexpr std::uint64_t kHeadsPerList = 12;

Looked there(std::string_view etag, std::optional<WallTime> modified) {
  return Looked{Presence::kThere, std::string(etag), modified, std::nullopt};
}
Looked gone() {
  return Looked{Presence::kGone, {}, std::nullopt, std::nullopt};
}
Looked unknown(Error error) {
  return Looked{Presence::kUnknown, {}, std::nullopt, std::move(error)};
}

// HEAD cannot tell "denied" from "gone and not yours to know"; a listing of that one name can.
Task<Looked> look_by_name(s3::BucketReader& bucket, std::string key) {
  s3::ListRequest request;
  request.prefix = key;
  request.max_keys = 1;
  Result<s3::ListPage> page = co_await bucket.list_page(std::move(request));
  if (!page) co_return unknown(std::move(page.error()));
  if (page->entries.empty()) {
    if (!page->truncated) co_return gone();
    co_return unknown(
        Error(ErrorKind::kListing, "an empty page does not show whether it is there"));
  }
  const s3::ListEntry& first = page->entries.front();
  if (first.key != key) co_return gone();
  co_return there(first.etag, first.modified);
}

Task<Looked> look_by_head(s3::BucketReader& bucket, std::string key) {
  s3::HeadRequest request{ObjectKey(key)};
  Result<s3::ObjectInfo> info = co_await bucket.head_object(std::move(request));
  if (info && !info->delete_marker) co_return there(info->etag.view(), info->last_modified);
  if (info || info.error().is(ErrorKind::kNoSuchKey)) co_return gone();
  if (info.error().is(ErrorKind::kAccessDenied))
    co_return co_await look_by_name(bucket, std::move(key));
  co_return unknown(std::move(info.error()));
}

// One of several that share `next`.
Task<void> head_in_turn(s3::BucketReader& bucket, const std::string& prefix,
                        std::span<const PlannedDelete> keys, const std::vector<std::size_t>& wanted,
                        std::size_t& next, std::vector<Looked>& out) {
  while (next < wanted.size()) {
    const std::size_t mine = wanted[next++];
    out[mine] = co_await look_by_head(bucket, prefix + keys[mine].key);
  }
}

Task<void> look_by_heads(Runtime& runtime, s3::BucketReader& bucket, const LookUpRequest& request,
                         std::span<const PlannedDelete> keys,
                         const std::vector<std::size_t>& wanted, std::vector<Looked>& out) {
  std::size_t next = 0;
  Scope scope(runtime);
  const std::size_t most = std::max<std::size_t>(1, request.concurrency);
  for (std::size_t i = 0; i < std::min(wanted.size(), most); ++i)
    scope.spawn(head_in_turn(bucket, request.prefix, keys, wanted, next, out));
  co_await scope.join();
}

// Everything after the first key and up to the last; the first itself is a HEAD.
Task<void> look_by_listing(Runtime& runtime, s3::BucketReader& bucket, const LookUpRequest& request,
                           std::span<const PlannedDelete> keys, std::span<Looked> out) {
  out.front() = co_await look_by_head(bucket, request.prefix + keys.front().key);
  PageStreamOptions options;
  options.prefix = request.prefix;
  options.range.after = keys.front().key;
  options.range.up_to = keys.back().key;
  Semaphore slots(1);
  BucketPages pages(bucket);
  PageStream stream(runtime, pages, slots, std::move(options));
  stream.start();
  std::size_t at = 1;
  std::optional<Error> error;
  for (;;) {
    auto page = co_await stream.next();
    if (!page) error = std::move(page.error());
    if (!page || !*page) break;
    for (const ObjectView& object : **page) {
      for (; at < keys.size() && keys[at].key < object.key; ++at) out[at] = gone();
      if (at < keys.size() && keys[at].key == object.key)
        out[at++] = there(object.etag, object.modified);
    }
  }
  co_await stream.close();
  for (; at < keys.size(); ++at) out[at] = error ? unknown(*error) : gone();
}

// Where the next walk's keys begin.
std::size_t end_of_walk(std::span<const PlannedDelete> keys, std::size_t begin,
                        std::uint64_t PlannedDelete::*rank) {
  std::size_t end = begin + 1;
  while (end < keys.size() && same_walk(keys[begin].*rank, keys[end].*rank)) ++end;
  return end;
}

}  // namespace

std::uint64_t listed_between(std::span<const PlannedDelete> keys,
                             std::uint64_t PlannedDelete::*rank) {
  std::uint64_t sum = 0;
  for (std::size_t i = 1; i < keys.size(); ++i)
    if (keys[i].*rank > keys[i - 1].*rank) sum += keys[i].*rank - keys[i - 1].*rank;
  return sum;
}

bool listing_is_cheaper(std::size_t keys, std::uint64_t between) {
  const std::uint64_t pages = (between + keys) / kPageKeys + 1;
  return keys > 1 + pages * kHeadsPerList;
}

Task<std::vector<Looked>> look_up(Runtime& runtime, s3::BucketReader& bucket,
                                  const LookUpRequest& request,
                                  const std::vector<PlannedDelete>& keys) {
  std::vector<Looked> out(keys.size());
  const std::span<const PlannedDelete> all(keys);
  std::vector<std::size_t> by_head;
  for (std::size_t begin = 0, end = 0; begin < keys.size(); begin = end) {
    end = end_of_walk(all, begin, request.rank);
    const auto walk = all.subspan(begin, end - begin);
    if (listing_is_cheaper(walk.size(), listed_between(walk, request.rank))) {
      co_await look_by_listing(runtime, bucket, request, walk,
                               std::span(out).subspan(begin, end - begin));
    } else {
      for (std::size_t i = begin; i < end; ++i) by_head.push_back(i);
    }
  }
  co_await look_by_heads(runtime, bucket, request, all, by_head, out);
  co_return out;
}

}  // namespace s3ferry
