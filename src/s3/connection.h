#pragma once

#include <memory>
#include <string>

#include "base/error.h"
#include "base/types.h"
#include "runtime/task.h"

namespace s3ferry::aws {
class Caller;
struct EndpointParams;
}  // namespace s3ferry::aws

namespace s3ferry::s3 {

namespace detail {
class Link;
}

// One S3 endpoint seen by one identity: the signed caller (which has the credentials), how
// endpoints are built, and the region of each bucket met so far. Buckets refer to it; it outlives
// them, and the caller outlives it. One shard.
//
// A bucket in another region than the one configured is found out by one redirect: the region is
// taken from the answer (x-amz-bucket-region or <Region>), the endpoint is built from the region as
// for any other call, and the request is signed anew. A host that an answer names is never
// contacted.
class Connection {
 public:
  Connection(aws::Caller& caller, const aws::EndpointParams& params);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The region by which requests to this bucket are signed now.
  std::string region_of(const BucketName& bucket) const;
  void remember_region(const BucketName& bucket, std::string region);

  detail::Link& link() { return *link_; }

 private:
  std::unique_ptr<detail::Link> link_;
};

}  // namespace s3ferry::s3
