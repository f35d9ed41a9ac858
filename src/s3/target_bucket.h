#pragma once

#include <optional>
#include <string>
#include <vector>

#include "s3/bucket_reader.h"

namespace s3ferry::aws {
struct CallSpec;
}

namespace s3ferry::s3 {

// The side that is written. A server-side copy is a request to the target, signed by the identity
// of this bucket's connection: to copy "as source", build a TargetBucket over a connection that has
// the source's credentials and the target's endpoint.
//
// Answers of 200 are read to their end (rule 4): an <Error> inside is that error; empty, truncated
// or unparsable is retryable. Copies, part copies and completions have no whole-request deadline:
// first byte and idle 60 s + size / 10 MiB/s (rule 8).
class TargetBucket final : public BucketReader {
 public:
  TargetBucket(Connection& connection, BucketName name, BucketOptions options = {})
      : BucketReader(connection, std::move(name), std::move(options)) {}

  // At most 5 GiB. kPreconditionFailed: the source or the target is not what the conditions say.
  // `request` is read within this call.
  Task<Result<CopyResult>> copy_object(const CopyRequest& request);
  Task<Result<PutResult>> put_object(PutRequest request);

  Task<Result<CreatedUpload>> create_upload(CreateUploadRequest request);
  Task<Result<PartResult>> upload_part(UploadPartRequest request);
  Task<Result<PartResult>> upload_part_copy(UploadPartCopyRequest request);
  // kNoSuchUpload may mean that an earlier try succeeded: look at the key.
  Task<Result<CompleteResult>> complete_upload(CompleteRequest request);
  Task<Status> abort_upload(ObjectKey key, UploadId upload);  // kNoSuchUpload: it is gone
  Task<Result<PartList>> list_parts(ObjectKey key, UploadId upload, std::uint32_t marker = 0);
  Task<Result<UploadList>> list_uploads(std::string prefix, std::string key_marker = {},
                                        std::string upload_marker = {});

  // 1 to 1,000 keys in one request. An error here is the request's; each key has its own outcome,
  // in the order asked. A key that the answer leaves out is kProtocol in its outcome.
  Task<Result<std::vector<DeleteOutcome>>> delete_objects(std::vector<DeleteTarget> targets);
  Task<Result<DeleteOutcome>> delete_object(DeleteTarget target);

  Task<Status> put_object_tagging(ObjectKey key, NameValues tags, VersionId version_id = {});
  Task<Status> put_policy(std::string json);
  Task<Status> put_versioning(Versioning state);  // kNever is refused
  // In `region`, or in the connection's where it is empty. kConflict: the name is taken.
  Task<Status> create(std::string region = {}, std::string ownership = {},
                      bool object_lock = false);

 private:
  Task<Status> put_document(aws::CallSpec spec);
  Task<Result<std::vector<DeleteOutcome>>> delete_in_one_request(
      const std::vector<DeleteTarget>& targets);
};

}  // namespace s3ferry::s3
