#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "aws/call.h"
#include "aws/endpoint.h"
#include "base/error.h"
#include "base/types.h"
#include "runtime/task.h"
#include "s3/types.h"

namespace s3ferry::s3::detail {

// What a Connection holds, for the operations of this folder: it puts the endpoint into each call
// and follows one validated redirect (connection.h). One shard.
class Link {
 public:
  Link(aws::Caller& caller, aws::EndpointParams params)
      : caller_(caller), params_(std::move(params)) {}

  // As Caller::call and ::open; spec.endpoint is filled in here. `bucket` is empty for operations
  // on the account. kInvalidRequest where a header value could break its line.
  Task<Result<aws::Answer>> call(const BucketName& bucket, aws::CallSpec spec, aws::Judge judge);
  Task<Result<http::Response>> open(const BucketName& bucket, aws::CallSpec spec, aws::Judge judge);
  // The same for a CopyObject and what its answer says: one task for each copied object.
  Task<Result<CopyResult>> copy(const BucketName& bucket, aws::CallSpec spec);

  std::string region_of(const BucketName& bucket) const;
  void remember(const BucketName& bucket, std::string region);
  const aws::EndpointParams& params() const { return params_; }
  aws::Caller& caller() { return caller_; }  // for bodies that are asked for again

 private:
  // Where a bucket is asked. `confirmed`: it answered there, so no redirect is expected any more.
  struct Route {
    std::string region;
    std::shared_ptr<const aws::Endpoint> endpoint;
    bool confirmed = false;
  };
  Result<Route*> route(const BucketName& bucket);
  Result<std::shared_ptr<const aws::Endpoint>> endpoint_in(const BucketName& bucket,
                                                           const std::string& region) const;
  // The error of a redirect: true when it was followed and the call is to be made again.
  bool follow(const BucketName& bucket, Route& route, const Error& error);
  template <class T>
  Error unresolved(const Route& route, Result<T>& answer) const;
  // Way::send sends a call, Way::finish makes of the answer what is wanted, Way::Kept lives as
  // long.
  template <class Way>
  Task<Result<typename Way::Out>> perform(const BucketName& bucket, aws::CallSpec spec,
                                          aws::Judge judge);

  aws::Caller& caller_;
  aws::EndpointParams params_;
  std::map<BucketName, Route> routes_;  // one a bucket that was met
};

}  // namespace s3ferry::s3::detail
