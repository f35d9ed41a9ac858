#pragma once

#include "s3/bucket_reader.h"

namespace s3ferry::s3 {

// The side that is only read (rule 1): it has no member that could change anything, and it is not
// convertible to a TargetBucket.
class SourceBucket final : public BucketReader {
 public:
  SourceBucket(Connection& connection, BucketName name, BucketOptions options = {})
      : BucketReader(connection, std::move(name), std::move(options)) {}
};

}  // namespace s3ferry::s3
