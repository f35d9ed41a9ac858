#pragma once

#include <string>
#include <string_view>

#include "aws/call.h"
#include "s3/bucket_reader.h"
#include "s3/types.h"

namespace s3ferry::s3::detail {

// A call on the bucket, or on one of its objects, with what every request to it carries.
aws::CallSpec bucket_spec(const BucketReader& bucket, std::string_view operation,
                          http::Method method);
aws::CallSpec object_spec(const BucketReader& bucket, std::string_view operation,
                          http::Method method, const ObjectKey& key);

// Rule 8: S3 answers a copy when it has the bytes: 60 s + size / 10 MiB/s to the first byte and
// between two reads.
http::Deadlines copy_deadlines(ByteCount size);
http::Deadlines list_deadlines();  // many delete markers: 300 s to the first byte

// Puts the operation and the key into an error that has none yet.
Error located(Error error, const aws::CallSpec& spec);
Error located(Error error, std::string_view operation, std::string_view key);

}  // namespace s3ferry::s3::detail
