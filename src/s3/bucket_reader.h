#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/types.h"
#include "runtime/task.h"
#include "s3/connection.h"
#include "s3/list_page.h"
#include "s3/types.h"

namespace s3ferry::s3 {

struct BucketOptions {
  BucketOptions() = default;
  bool request_payer = false;  // x-amz-request-payer: requester
  std::string expected_owner;  // x-amz-expected-bucket-owner, 12 digits; empty: not sent
};

// The reads that both sides have: GET and HEAD, nothing else. Use it where either side may stand (a
// page stream); elsewhere name the side. All operations may be repeated; each takes its retries
// from the one retry loop below. Errors: errors.h. One shard; the connection outlives it.
class BucketReader {
 public:
  BucketReader(const BucketReader&) = delete;
  BucketReader& operator=(const BucketReader&) = delete;

  const BucketName& name() const { return name_; }
  const BucketOptions& options() const { return options_; }
  Connection& connection() const { return *connection_; }
  // Requests that its owner granted by now, over all that share the grant; 0: no limit.
  std::uint64_t granted_a_second() const;

  // One page of ListObjectsV2, always asked for in URL encoding; waits 300 s for its first byte.
  // The second form fills a page again. kNoSuchBucket, kAccessDenied, kListing, kTooLarge.
  Task<Result<ListPage>> list_page(ListRequest request);
  Task<Status> list_page(ListRequest request, ListPage& page);

  // kNoSuchKey (404, a delete marker), kPreconditionFailed (412), kAccessDenied (also a missing key
  // where ListBucket is not granted). A refusal without a reason costs a GET of one byte to ask it.
  Task<Result<ObjectInfo>> head_object(HeadRequest request);
  // Streams; a body that ends early is an error of the body's reader.
  Task<Result<ObjectStream>> get_object(GetRequest request);
  // Empty where the object has no tags, or the server answers with nothing.
  Task<Result<NameValues>> get_object_tagging(ObjectKey key, VersionId version_id = {});

  // The bucket is there and may be listed. Gives its region where the server says it; the error has
  // it too (a 403 names it).
  Task<Result<std::string>> head_bucket();
  // GetBucketLocation: "us-east-1" for empty, "eu-west-1" for EU; nullopt where the server answers
  // something else.
  Task<Result<std::optional<std::string>>> location();
  Task<Result<Probed<Versioning>>> get_versioning();
  Task<Result<Probed<std::string>>> get_policy();  // the JSON text

 protected:
  BucketReader(Connection& connection, BucketName name, BucketOptions options)
      : connection_(&connection), name_(std::move(name)), options_(std::move(options)) {}
  ~BucketReader() = default;

 private:
  Connection* connection_;
  BucketName name_;
  BucketOptions options_;
};

// All buckets of the account, a page: ListBuckets with max-buckets (unpaged is refused for accounts
// with many). `token` is empty at first. A read.
Task<Result<BucketList>> list_buckets(Connection& connection, std::string token = {},
                                      std::string prefix = {});

}  // namespace s3ferry::s3
