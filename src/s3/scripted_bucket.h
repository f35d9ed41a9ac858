#pragma once

#include <algorithm>
#include <memory>
#include <string>

#include "aws/call.h"
#include "aws/credentials.h"
#include "aws/endpoint.h"
#include "aws/scripted_transport.h"
#include "runtime/virtual_runtime.h"
#include "s3/connection.h"
#include "s3/source_bucket.h"
#include "s3/target_bucket.h"

namespace s3ferry::s3::testing {

using aws::testing::Reply;
using aws::testing::ScriptedTransport;

inline aws::EndpointParams params_of(std::string region, std::string endpoint_url = {}) {
  aws::EndpointParams params;
  params.region = std::move(region);
  params.endpoint_url = std::move(endpoint_url);
  return params;
}

// For tests: a connection under virtual time whose answers a script gives, with made-up
// credentials. The buckets are named "bucket".
struct ScriptedBucket {
  explicit ScriptedBucket(ScriptedTransport::Script script,
                          aws::EndpointParams params = params_of("eu-west-1"),
                          BucketOptions options = {})
      : transport(runtime, std::move(script)),
        credentials(aws::static_credentials(made_up())),
        caller(runtime, transport, *credentials, budget),
        connection(caller, params),
        source(connection, BucketName("bucket"), options),
        target(connection, BucketName("bucket"), options) {}

  static aws::Credentials made_up() {
    aws::Credentials out;
    out.access_key_id = "AKIAFAKEFAKEFAKEFAKE";
    out.secret_access_key = Secret("fake/secret/of/the/tests");
    return out;
  }
  const http::Request& request(std::size_t n = 0) const { return transport.requests.at(n); }
  template <class T>
  T run(Task<T> task) {
    return runtime.run(std::move(task));
  }

  VirtualRuntime runtime{1};
  ScriptedTransport transport;
  std::unique_ptr<aws::CredentialsProvider> credentials;
  aws::RetryBudget budget;
  aws::Caller caller;
  Connection connection;
  SourceBucket source;
  TargetBucket target;
};

// The same answer to everything.
inline ScriptedTransport::Script always(Reply reply) {
  return [reply](const http::Request&, std::size_t) { return reply; };
}
// One after the other; the last one for ever.
inline ScriptedTransport::Script in_turn(std::vector<Reply> replies) {
  return [replies](const http::Request&, std::size_t n) {
    return replies[std::min(n, replies.size() - 1)];
  };
}

}  // namespace s3ferry::s3::testing
