// Multipart uploads. s3-facts.md §2: parts 1 to 10,000; every part copy names the source's ETag.

#include <utility>

#include <fmt/format.h>

#include "s3/answers.h"
#include "s3/judges.h"
#include "s3/link.h"
#include "s3/object_headers.h"
#include "s3/spec.h"
#include "s3/target_bucket.h"

namespace s3ferry::s3 {

using detail::bucket_spec;
using detail::located;
using detail::object_spec;

Task<Result<CreatedUpload>> TargetBucket::create_upload(CreateUploadRequest request) {
  aws::CallSpec spec =
      object_spec(*this, "CreateMultipartUpload", http::Method::kPost, request.key);
  spec.query.emplace_back("uploads", "");
  write_attributes(spec.headers, request.attributes);
  // Sent again after an answer that was lost, it would leave an upload that nobody knows of.
  spec.repeatable = false;
  auto answer = co_await connection().link().call(name(), std::move(spec), &judge_s3_document);
  if (!answer) co_return fail(std::move(answer.error()));
  auto upload = read_create_upload(answer->body);
  if (!upload)
    co_return fail(located(std::move(upload.error()), "CreateMultipartUpload", request.key.view()));
  const auto said = [&](const char* header) {
    return std::string(answer->headers.get_or(header, ""));
  };
  CreatedUpload created(std::move(*upload));
  created.sse = said("x-amz-server-side-encryption");
  created.sse_kms_key_id = said("x-amz-server-side-encryption-aws-kms-key-id");
  created.checksum_algorithm = said("x-amz-checksum-algorithm");
  created.checksum_type = said("x-amz-checksum-type");
  co_return created;
}

namespace {
void name_part(aws::CallSpec& spec, std::uint32_t number, const UploadId& upload) {
  spec.query.emplace_back("partNumber", fmt::to_string(number));
  spec.query.emplace_back("uploadId", upload.str());
}
}  // namespace

Task<Result<PartResult>> TargetBucket::upload_part(UploadPartRequest request) {
  aws::CallSpec spec = object_spec(*this, "UploadPart", http::Method::kPut, request.key);
  name_part(spec, request.part_number, request.upload);
  if (!request.content_md5.empty()) spec.headers.add("content-md5", request.content_md5);
  if (request.checksum) write_checksum(spec.headers, *request.checksum);
  spec.body = std::move(request.body);
  spec.stream = std::move(request.stream);
  spec.deadlines = detail::copy_deadlines(spec.stream ? spec.stream->length() : spec.body.size());
  auto answer = co_await connection().link().call(name(), std::move(spec), &judge_part);
  if (!answer) co_return fail(std::move(answer.error()));
  PartResult result;
  result.etag = ETag(unquote_etag(answer->headers.get_or("etag", "")));
  result.checksums = read_checksums(answer->headers);
  co_return result;
}

Task<Result<PartResult>> TargetBucket::upload_part_copy(UploadPartCopyRequest request) {
  aws::CallSpec spec = object_spec(*this, "UploadPartCopy", http::Method::kPut, request.key);
  name_part(spec, request.part_number, request.upload);
  write_copy_source(spec.headers, request.source);
  if (request.range) spec.headers.add("x-amz-copy-source-range", range_text(*request.range));
  spec.deadlines = detail::copy_deadlines(request.size);
  spec.reads_for_copy = true;
  spec.watch = request.watch;
  auto answer = co_await connection().link().call(name(), std::move(spec), &judge_s3_document);
  if (!answer) co_return fail(std::move(answer.error()));
  auto part = read_part_copy_result(answer->body);
  if (!part) co_return fail(located(std::move(part.error()), "UploadPartCopy", request.key.view()));
  co_return part;
}

Task<Result<CompleteResult>> TargetBucket::complete_upload(CompleteRequest request) {
  aws::CallSpec spec =
      object_spec(*this, "CompleteMultipartUpload", http::Method::kPost, request.key);
  spec.query.emplace_back("uploadId", request.upload.str());
  write_condition(spec.headers, request.condition);
  if (request.send_size)
    spec.headers.add("x-amz-mp-object-size", fmt::to_string(request.object_size));
  if (!request.checksum_type.empty())
    spec.headers.add("x-amz-checksum-type", request.checksum_type);
  if (request.checksum) write_checksum(spec.headers, *request.checksum);
  spec.headers.add("content-type", "application/xml");
  spec.body = write_complete_body(request.parts);
  spec.deadlines = detail::copy_deadlines(request.object_size);
  spec.repeatable = !is_conditional(request.condition);
  auto answer = co_await connection().link().call(name(), std::move(spec), &judge_s3_document);
  if (!answer) co_return fail(std::move(answer.error()));
  auto result = read_complete_result(answer->headers, answer->body);
  if (!result)
    co_return fail(
        located(std::move(result.error()), "CompleteMultipartUpload", request.key.view()));
  co_return result;
}

Task<Status> TargetBucket::abort_upload(ObjectKey key, UploadId upload) {
  aws::CallSpec spec = object_spec(*this, "AbortMultipartUpload", http::Method::kDelete, key);
  spec.query.emplace_back("uploadId", upload.str());
  auto answer = co_await connection().link().call(name(), std::move(spec), &judge_s3);
  if (!answer) co_return fail(std::move(answer.error()));
  co_return Status();
}

Task<Result<PartList>> TargetBucket::list_parts(ObjectKey key, UploadId upload,
                                                std::uint32_t marker) {
  aws::CallSpec spec = object_spec(*this, "ListParts", http::Method::kGet, key);
  spec.query.emplace_back("uploadId", upload.str());
  if (marker > 0) spec.query.emplace_back("part-number-marker", fmt::to_string(marker));
  auto answer = co_await connection().link().call(name(), std::move(spec), &judge_s3_document);
  if (!answer) co_return fail(std::move(answer.error()));
  auto parts = read_part_list(answer->body);
  if (!parts) co_return fail(located(std::move(parts.error()), "ListParts", key.view()));
  if (parts->truncated && parts->next_marker <= marker)
    co_return fail(Error(ErrorKind::kListing, "the list of parts repeats its marker")
                       .with_operation("ListParts")
                       .with_key(key.view()));
  co_return parts;
}

Task<Result<UploadList>> TargetBucket::list_uploads(std::string prefix, std::string key_marker,
                                                    std::string upload_marker) {
  aws::CallSpec spec = bucket_spec(*this, "ListMultipartUploads", http::Method::kGet);
  spec.query = {{"uploads", ""}, {"encoding-type", "url"}};
  auto ask = [&](const char* name, const std::string& value) {
    if (!value.empty()) spec.query.emplace_back(name, value);
  };
  ask("prefix", prefix);
  ask("key-marker", key_marker);
  ask("upload-id-marker", upload_marker);
  spec.deadlines = detail::list_deadlines();
  auto answer = co_await connection().link().call(name(), std::move(spec), &judge_s3_document);
  if (!answer) co_return fail(std::move(answer.error()));
  auto uploads = read_upload_list(answer->body);
  if (!uploads) co_return fail(located(std::move(uploads.error()), "ListMultipartUploads", {}));
  // Not by order: some servers encode markers, and uploads of one key are in the order of time.
  if (uploads->truncated && uploads->next_key_marker == key_marker &&
      uploads->next_upload_marker == upload_marker)
    co_return fail(Error(ErrorKind::kListing, "the list of uploads repeats its marker")
                       .with_operation("ListMultipartUploads"));
  co_return uploads;
}

}  // namespace s3ferry::s3
