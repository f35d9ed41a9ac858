#include "s3/spec.h"

#include <utility>

#include "base/text.h"

namespace s3ferry::s3::detail {

aws::CallSpec bucket_spec(const BucketReader& bucket, std::string_view operation,
                          http::Method method) {
  aws::CallSpec spec;
  spec.operation = operation;
  spec.method = method;
  if (bucket.options().request_payer) spec.headers.add("x-amz-request-payer", "requester");
  if (!bucket.options().expected_owner.empty())
    spec.headers.add("x-amz-expected-bucket-owner", bucket.options().expected_owner);
  return spec;
}

aws::CallSpec object_spec(const BucketReader& bucket, std::string_view operation,
                          http::Method method, const ObjectKey& key) {
  aws::CallSpec spec = bucket_spec(bucket, operation, method);
  spec.path.reserve(1 + key.size() + key.size() / 4);
  append_uri_encoded(spec.path, key.view(), /*keep_slash=*/true);
  spec.key = key.str();
  return spec;
}

http::Deadlines copy_deadlines(ByteCount size) {
  const auto extra = std::chrono::milliseconds(size * 1000 / (10 * kMiB));
  http::Deadlines deadlines;
  deadlines.first_byte = std::chrono::seconds(60) + extra;
  deadlines.idle = deadlines.first_byte;
  return deadlines;
}

http::Deadlines list_deadlines() {
  http::Deadlines deadlines;
  deadlines.first_byte = std::chrono::seconds(300);
  return deadlines;
}

Error located(Error error, std::string_view operation, std::string_view key) {
  if (error.operation().empty()) error = std::move(error).with_operation(operation);
  if (error.key().empty() && !key.empty()) error = std::move(error).with_key(key);
  return error;
}

Error located(Error error, const aws::CallSpec& spec) {
  return located(std::move(error), spec.operation, spec.key);
}

}  // namespace s3ferry::s3::detail
