#include "sim/operation.h"

#include <algorithm>
#include <array>

namespace s3ferry::sim {
namespace {

constexpr std::array<std::string_view, kOperationCount> kNames = {
    "Unknown",
    "ListBuckets",
    "CreateBucket",
    "DeleteBucket",
    "HeadBucket",
    "GetBucketLocation",
    "GetBucketPolicy",
    "PutBucketPolicy",
    "DeleteBucketPolicy",
    "GetBucketVersioning",
    "PutBucketVersioning",
    "GetBucketTagging",
    "PutBucketTagging",
    "DeleteBucketTagging",
    "GetBucketOwnershipControls",
    "PutBucketOwnershipControls",
    "GetBucketEncryption",
    "PutBucketEncryption",
    "GetBucketAcl",
    "GetBucketConfiguration",
    "ListObjectsV2",
    "ListObjects",
    "ListObjectVersions",
    "ListMultipartUploads",
    "GetObject",
    "HeadObject",
    "PutObject",
    "CopyObject",
    "DeleteObject",
    "DeleteObjects",
    "GetObjectTagging",
    "PutObjectTagging",
    "DeleteObjectTagging",
    "GetObjectAcl",
    "PutObjectAcl",
    "CreateMultipartUpload",
    "UploadPart",
    "UploadPartCopy",
    "CompleteMultipartUpload",
    "AbortMultipartUpload",
    "ListParts",
    "AssumeRole",
    "GetCallerIdentity",
};

}  // namespace

std::string_view to_string(Operation operation) {
  return kNames[static_cast<std::size_t>(operation)];
}

std::optional<Operation> parse_operation(std::string_view name) {
  const auto at = std::find(kNames.begin(), kNames.end(), name);
  if (at == kNames.end()) return std::nullopt;
  return static_cast<Operation>(at - kNames.begin());
}

bool is_read(Operation operation) {
  const std::string_view name = to_string(operation);
  return name.starts_with("Get") || name.starts_with("Head") || name.starts_with("List");
}

}  // namespace s3ferry::sim
