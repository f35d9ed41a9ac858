#pragma once

#include <memory>
#include <string>

#include "aws/call.h"
#include "aws/endpoint.h"
#include "http/transport.h"
#include "runtime/runtime.h"
#include "s3/connection.h"
#include "s3/target_bucket.h"

namespace s3ferry::testing {

// One user of one S3 endpoint: credentials, the signed caller, the connection. The runtime and the
// transport outlive it, and it outlives the buckets that it gives.
class Identity {
 public:
  Identity(Runtime& runtime, http::Transport& transport, std::string access_key_id,
           std::string secret, std::string endpoint_url, std::string region = "us-east-1");

  s3::Connection& connection() { return connection_; }
  aws::Caller& caller() { return caller_; }
  s3::TargetBucket bucket(const std::string& name) {
    return s3::TargetBucket(connection_, BucketName(name));
  }

 private:
  std::unique_ptr<aws::CredentialsProvider> credentials_;
  aws::RetryBudget budget_;
  aws::Caller caller_;
  s3::Connection connection_;
};

}  // namespace s3ferry::testing
