#include "s3/target_bucket.h"

#include <utility>

#include <fmt/format.h>

#include "s3/answers.h"
#include "s3/digest.h"
#include "s3/judges.h"
#include "s3/link.h"
#include "s3/object_headers.h"
#include "s3/spec.h"

namespace s3ferry::s3 {

using detail::bucket_spec;
using detail::located;
using detail::object_spec;

namespace {

std::string_view directive(Directive value) {
  return value == Directive::kCopy ? "COPY" : "REPLACE";
}

}  // namespace

// No task of its own: the request need not be kept while it is under way.
Task<Result<CopyResult>> TargetBucket::copy_object(const CopyRequest& request) {
  aws::CallSpec spec = object_spec(*this, "CopyObject", http::Method::kPut, request.key);
  write_copy_source(spec.headers, request.source);
  if (request.metadata_directive != Directive::kUnset)
    spec.headers.add("x-amz-metadata-directive",
                     std::string(directive(request.metadata_directive)));
  if (request.tagging_directive != Directive::kUnset)
    spec.headers.add("x-amz-tagging-directive", std::string(directive(request.tagging_directive)));
  write_attributes(spec.headers, request.attributes);
  write_condition(spec.headers, request.condition);
  spec.deadlines = detail::copy_deadlines(request.source_size);
  spec.repeatable = request.repeatable && !is_conditional(request.condition);
  spec.attempts_before = request.attempts_before;
  spec.reads_for_copy = true;
  spec.watch = request.watch;
  spec.gives_throttling_back = request.watch != nullptr;
  return connection().link().copy(name(), std::move(spec));
}

Task<Result<PutResult>> TargetBucket::put_object(PutRequest request) {
  aws::CallSpec spec = object_spec(*this, "PutObject", http::Method::kPut, request.key);
  // Those two are asked for by copies and uploads; here the checksum itself is sent.
  request.attributes.checksum_algorithm.clear();
  request.attributes.checksum_type.clear();
  write_attributes(spec.headers, request.attributes);
  write_condition(spec.headers, request.condition);
  if (!request.content_md5.empty()) spec.headers.add("content-md5", request.content_md5);
  if (request.checksum) write_checksum(spec.headers, *request.checksum);
  spec.body = std::move(request.body);
  spec.stream = std::move(request.stream);
  spec.deadlines = detail::copy_deadlines(spec.stream ? spec.stream->length() : spec.body.size());
  spec.repeatable = !is_conditional(request.condition);
  auto answer = co_await connection().link().call(name(), std::move(spec), &judge_s3);
  if (!answer) co_return fail(std::move(answer.error()));
  PutResult result;
  result.etag = ETag(unquote_etag(answer->headers.get_or("etag", "")));
  result.version_id = read_version_id(answer->headers);
  result.checksums = read_checksums(answer->headers);
  result.sse = answer->headers.get_or("x-amz-server-side-encryption", "");
  result.sse_kms_key_id = answer->headers.get_or("x-amz-server-side-encryption-aws-kms-key-id", "");
  co_return result;
}

Task<Status> TargetBucket::put_object_tagging(ObjectKey key, NameValues tags,
                                              VersionId version_id) {
  aws::CallSpec spec = object_spec(*this, "PutObjectTagging", http::Method::kPut, key);
  spec.query.emplace_back("tagging", "");
  if (!version_id.empty()) spec.query.emplace_back("versionId", version_id.str());
  spec.body = write_tagging_body(tags);
  return put_document(std::move(spec));
}

// A request whose body S3 wants to see arrive whole, and whose answer says nothing.
Task<Status> TargetBucket::put_document(aws::CallSpec spec) {
  auto md5 = content_md5(spec.body);
  if (!md5) co_return fail(located(std::move(md5.error()), spec));
  spec.headers.add("content-md5", std::move(*md5));
  auto answer = co_await connection().link().call(name(), std::move(spec), &judge_s3);
  if (!answer) co_return fail(std::move(answer.error()));
  co_return Status();
}

Task<Status> TargetBucket::put_policy(std::string json) {
  aws::CallSpec spec = bucket_spec(*this, "PutBucketPolicy", http::Method::kPut);
  spec.query.emplace_back("policy", "");
  spec.headers.add("content-type", "application/json");
  spec.body = std::move(json);
  return put_document(std::move(spec));
}

Task<Status> TargetBucket::put_versioning(Versioning state) {
  if (state == Versioning::kNever)
    co_return fail(Error(ErrorKind::kRefused,
                         "versioning cannot be unset, only suspended, once it was enabled")
                       .with_operation("PutBucketVersioning"));
  aws::CallSpec spec = bucket_spec(*this, "PutBucketVersioning", http::Method::kPut);
  spec.query.emplace_back("versioning", "");
  spec.body = write_versioning_body(state == Versioning::kEnabled);
  co_return co_await put_document(std::move(spec));
}

Task<Status> TargetBucket::create(std::string region, std::string ownership, bool object_lock) {
  // The expected owner of a bucket that is not there yet would be refused.
  aws::CallSpec spec;
  spec.operation = "CreateBucket";
  spec.method = http::Method::kPut;
  if (!ownership.empty()) spec.headers.add("x-amz-object-ownership", std::move(ownership));
  if (object_lock) spec.headers.add("x-amz-bucket-object-lock-enabled", "true");
  // AWS wants its region named, but not us-east-1; other servers only where they are told to.
  const aws::EndpointParams& params = connection().link().params();
  if (region.empty() && params.endpoint_url.empty()) region = params.region;
  if (!region.empty() && region != "us-east-1" && region != "aws-global")
    spec.body = write_create_bucket_body(region);
  auto answer = co_await connection().link().call(name(), std::move(spec), &judge_s3);
  if (!answer) co_return fail(std::move(answer.error()));
  co_return Status();
}

}  // namespace s3ferry::s3
