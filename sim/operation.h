#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace s3ferry::sim {

// What the simulated server can be asked for, by S3's names.
enum class Operation : std::uint8_t {
  kUnknown,
  kListBuckets,
  kCreateBucket,
  kDeleteBucket,
  kHeadBucket,
  kGetBucketLocation,
  kGetBucketPolicy,
  kPutBucketPolicy,
  kDeleteBucketPolicy,
  kGetBucketVersioning,
  kPutBucketVersioning,
  kGetBucketTagging,
  kPutBucketTagging,
  kDeleteBucketTagging,
  kGetBucketOwnershipControls,
  kPutBucketOwnershipControls,
  kGetBucketEncryption,
  kPutBucketEncryption,
  kGetBucketAcl,
  kGetBucketConfiguration,  // any sub-resource that is never configured here
  kListObjectsV2,
  kListObjects,
  kListObjectVersions,
  kListMultipartUploads,
  kGetObject,
  kHeadObject,
  kPutObject,
  kCopyObject,
  kDeleteObject,
  kDeleteObjects,
  kGetObjectTagging,
  kPutObjectTagging,
  kDeleteObjectTagging,
  kGetObjectAcl,
  kPutObjectAcl,
  kCreateMultipartUpload,
  kUploadPart,
  kUploadPartCopy,
  kCompleteMultipartUpload,
  kAbortMultipartUpload,
  kListParts,
  kAssumeRole,
  kGetCallerIdentity,
  kCount,
};
inline constexpr std::size_t kOperationCount = static_cast<std::size_t>(Operation::kCount);

std::string_view to_string(Operation operation);  // "CopyObject"
std::optional<Operation> parse_operation(std::string_view name);
// Answered to GET or HEAD: changes nothing.
bool is_read(Operation operation);

}  // namespace s3ferry::sim
