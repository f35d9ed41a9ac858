#include "s3/bucket_reader.h"

#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "s3/answers.h"
#include "s3/judges.h"
#include "s3/link.h"
#include "s3/list_parser.h"
#include "s3/object_headers.h"
#include "s3/spec.h"

namespace s3ferry::s3 {

using detail::bucket_spec;
using detail::located;
using detail::object_spec;

std::uint64_t BucketReader::granted_a_second() const {
  return connection_->link().caller().granted_a_second();
}

Task<Result<ListPage>> BucketReader::list_page(ListRequest request) {
  ListPage page;
  Status read = co_await list_page(std::move(request), page);
  if (!read) co_return fail(std::move(read.error()));
  co_return page;
}

Task<Status> BucketReader::list_page(ListRequest request, ListPage& page) {
  aws::CallSpec spec = bucket_spec(*this, "ListObjectsV2", http::Method::kGet);
  spec.query = {{"list-type", "2"}, {"encoding-type", "url"}};
  auto ask = [&](const char* name, std::string& value) {
    if (!value.empty()) spec.query.emplace_back(name, std::move(value));
  };
  ask("prefix", request.prefix);
  ask("delimiter", request.delimiter);
  if (request.continuation_token.empty()) ask("start-after", request.start_after);
  ask("continuation-token", request.continuation_token);
  if (request.max_keys) spec.query.emplace_back("max-keys", fmt::to_string(*request.max_keys));
  spec.deadlines = detail::list_deadlines();
  spec.attempts_before = request.attempts_before;
  spec.sent = request.sent;
  ListReader reader(page);
  spec.for_judge = &reader;
  spec.sink = &reader;
  auto answer = co_await connection_->link().call(name_, std::move(spec), &judge_listing);
  if (answer) co_return Status();
  page.clear();  // of an answer that broke off
  co_return fail(std::move(answer.error()));
}

namespace {

// The answer to HEAD has no body, so a refusal comes without its reason.
bool is_unexplained(const Error& error) {
  return error.code().empty() && !error.is(ErrorKind::kRedirect) &&
         (error.http_status() == 400 || error.http_status() == 403);
}

// The same question as a GET of one byte, whose refusal has a body. An error only where the server
// gave a reason; success: it may be worth asking again by HEAD (a token was renewed, say).
Task<Status> reason_of_refusal(BucketReader& bucket, const HeadRequest& request) {
  aws::CallSpec spec = object_spec(bucket, "GetObject", http::Method::kGet, request.key);
  if (!request.version_id.empty()) spec.query.emplace_back("versionId", request.version_id.str());
  spec.headers.add("range", "bytes=0-0");
  if (!request.if_match.empty()) spec.headers.add("if-match", quoted(request.if_match));
  if (request.checksum_mode) spec.headers.add("x-amz-checksum-mode", "ENABLED");
  auto got = co_await bucket.connection().link().open(bucket.name(), std::move(spec), &judge_s3);
  // 416: an empty object, which has no first byte.
  if (got || got.error().http_status() == 416) co_return Status();
  co_return fail(std::move(got.error()).with_operation("HeadObject"));
}

}  // namespace

Task<Result<ObjectInfo>> BucketReader::head_object(HeadRequest request) {
  aws::CallSpec spec = object_spec(*this, "HeadObject", http::Method::kHead, request.key);
  if (!request.version_id.empty()) spec.query.emplace_back("versionId", request.version_id.str());
  if (request.part_number)
    spec.query.emplace_back("partNumber", fmt::to_string(*request.part_number));
  if (!request.if_match.empty()) spec.headers.add("if-match", quoted(request.if_match));
  if (request.checksum_mode) spec.headers.add("x-amz-checksum-mode", "ENABLED");
  spec.attempts_before = request.attempts_before;
  aws::CallSpec again = spec;
  auto answer = co_await connection_->link().call(name_, std::move(spec), &judge_s3);
  if (!answer && is_unexplained(answer.error())) {
    Status asked = co_await reason_of_refusal(*this, request);
    if (!asked && (!asked.error().code().empty() || asked.error().is(ErrorKind::kCancelled)))
      co_return fail(std::move(asked.error()));
    if (asked) answer = co_await connection_->link().call(name_, std::move(again), &judge_s3);
  }
  if (!answer) co_return fail(std::move(answer.error()));
  auto info = read_object_info(answer->headers);
  if (!info) co_return fail(located(std::move(info.error()), "HeadObject", request.key.view()));
  co_return info;
}

Task<Result<ObjectStream>> BucketReader::get_object(GetRequest request) {
  aws::CallSpec spec = object_spec(*this, "GetObject", http::Method::kGet, request.key);
  if (!request.version_id.empty()) spec.query.emplace_back("versionId", request.version_id.str());
  if (request.part_number)
    spec.query.emplace_back("partNumber", fmt::to_string(*request.part_number));
  if (request.range) spec.headers.add("range", range_text(*request.range));
  if (!request.if_match.empty()) spec.headers.add("if-match", quoted(request.if_match));
  if (request.checksum_mode) spec.headers.add("x-amz-checksum-mode", "ENABLED");
  auto response = co_await connection_->link().open(name_, std::move(spec), &judge_s3);
  if (!response) co_return fail(std::move(response.error()));
  auto info = read_object_info(response->headers);
  if (!info) co_return fail(located(std::move(info.error()), "GetObject", request.key.view()));
  if (request.range && (!info->range || info->range->first != request.range->first))
    co_return fail(Error(ErrorKind::kUnsupported, "the server did not send the range asked for")
                       .with_operation("GetObject")
                       .with_key(request.key.view()));
  if (!request.if_match.empty() && info->etag.empty())
    co_return fail(Error(ErrorKind::kProtocol,
                         "the server sent no ETag: it cannot be told which "
                         "object its bytes are of")
                       .with_operation("GetObject")
                       .with_key(request.key.view()));
  if (!request.if_match.empty() && info->etag != request.if_match)
    // The server ignores the condition, and the object is another one by now.
    co_return fail(
        Error(ErrorKind::kPreconditionFailed, "the server sent another ETag than the one required")
            .with_operation("GetObject")
            .with_key(request.key.view()));
  ObjectStream stream;
  stream.info = std::move(*info);
  stream.body = std::move(response->body);
  co_return stream;
}

namespace {
// A server that has nothing to say about tags says nothing at all: no body.
Status judge_tagging(const aws::CallSpec& spec, aws::Answer& answer) {
  if (Status good = judge_s3(spec, answer); !good) {
    if (good.error().code() != "NoSuchTagSet") return good;
    answer.body.clear();
    return Status();
  }
  if (trim_ascii(answer.body).empty()) return Status();
  return judge_s3_document(spec, answer);
}
}  // namespace

Task<Result<NameValues>> BucketReader::get_object_tagging(ObjectKey key, VersionId version_id) {
  aws::CallSpec spec = object_spec(*this, "GetObjectTagging", http::Method::kGet, key);
  spec.query.emplace_back("tagging", "");
  if (!version_id.empty()) spec.query.emplace_back("versionId", version_id.str());
  auto answer = co_await connection_->link().call(name_, std::move(spec), &judge_tagging);
  if (!answer) co_return fail(std::move(answer.error()));
  auto tags = read_tagging(answer->body);
  if (!tags) co_return fail(located(std::move(tags.error()), "GetObjectTagging", key.view()));
  co_return tags;
}

Task<Result<std::string>> BucketReader::head_bucket() {
  aws::CallSpec spec = bucket_spec(*this, "HeadBucket", http::Method::kHead);
  auto answer = co_await connection_->link().call(name_, std::move(spec), &judge_s3);
  if (!answer) co_return fail(std::move(answer.error()));
  co_return std::string(answer->headers.get_or("x-amz-bucket-region", ""));
}

}  // namespace s3ferry::s3
