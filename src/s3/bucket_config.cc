// The questions about a bucket that a server may not know, and the list of buckets.

#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "s3/answers.h"
#include "s3/bucket_probes.h"
#include "s3/bucket_reader.h"
#include "s3/judges.h"
#include "s3/link.h"
#include "s3/spec.h"
#include "s3/xml.h"

namespace s3ferry::s3 {
namespace {

using detail::bucket_spec;

// Asks for one sub-resource. Errors are those of the way there; refusals come back as answers.
Task<Result<aws::Answer>> probe(BucketReader& bucket, std::string_view operation,
                                std::string_view sub_resource) {
  aws::CallSpec spec = bucket_spec(bucket, operation, http::Method::kGet);
  spec.query.emplace_back(sub_resource, "");
  return bucket.connection().link().call(bucket.name(), std::move(spec), &judge_probe);
}

template <class T>
Probed<T> unknown(std::string why) {
  Probed<T> out;
  out.why = std::move(why);
  return out;
}

std::string refusal(const aws::Answer& answer) {
  return fmt::format("the server answered {}", answer.status);
}

bool is_refusal(const aws::Answer& answer) {
  return answer.status < 200 || answer.status >= 300;
}

}  // namespace

Task<Result<std::optional<std::string>>> BucketReader::location() {
  auto answer = co_await probe(*this, "GetBucketLocation", "location");
  if (!answer) co_return fail(std::move(answer.error()));
  if (is_refusal(*answer)) co_return std::optional<std::string>();
  auto region = read_location(answer->body);
  if (!region) co_return std::optional<std::string>();
  co_return std::optional<std::string>(std::move(*region));
}

Task<Result<Probed<Versioning>>> BucketReader::get_versioning() {
  auto answer = co_await probe(*this, "GetBucketVersioning", "versioning");
  if (!answer) co_return fail(std::move(answer.error()));
  if (is_refusal(*answer)) co_return unknown<Versioning>(refusal(*answer));
  auto state = read_versioning(answer->body);
  if (!state) co_return unknown<Versioning>(state.error().message());
  const bool never = *state == Versioning::kNever;
  co_return Probed<Versioning>(never ? ProbeState::kAbsent : ProbeState::kPresent, *state);
}

Task<Result<Probed<std::string>>> BucketReader::get_policy() {
  auto answer = co_await probe(*this, "GetBucketPolicy", "policy");
  if (!answer) co_return fail(std::move(answer.error()));
  if (is_refusal(*answer)) {
    if (answer->body.find("<Code>NoSuchBucketPolicy</Code>") != std::string::npos)
      co_return Probed<std::string>(ProbeState::kAbsent, {});
    co_return unknown<std::string>(refusal(*answer));
  }
  const std::string_view text = trim_ascii(answer->body);
  if (!text.starts_with('{'))
    co_return unknown<std::string>("the server answered something that is no policy");
  co_return Probed<std::string>(ProbeState::kPresent, std::string(text));
}

namespace {

// Configurations that S3 answers with an error of their own where there is none.
Task<Result<ProbeState>> has_configuration(BucketReader& bucket, std::string_view operation,
                                           std::string_view sub_resource, std::string_view root,
                                           std::string_view missing) {
  auto answer = co_await probe(bucket, operation, sub_resource);
  if (!answer) co_return fail(std::move(answer.error()));
  if (!is_refusal(*answer))
    co_return xml_root_name(trim_ascii(answer->body)) == root ? ProbeState::kPresent
                                                              : ProbeState::kUnknown;
  const std::string code = fmt::format("<Code>{}</Code>", missing);
  co_return answer->body.find(code) != std::string::npos ? ProbeState::kAbsent
                                                         : ProbeState::kUnknown;
}

}  // namespace

Task<Result<ProbeState>> has_website(BucketReader& bucket) {
  return has_configuration(bucket, "GetBucketWebsite", "website", "WebsiteConfiguration",
                           "NoSuchWebsiteConfiguration");
}

Task<Result<ProbeState>> has_object_lock(BucketReader& bucket) {
  return has_configuration(bucket, "GetObjectLockConfiguration", "object-lock",
                           "ObjectLockConfiguration", "ObjectLockConfigurationNotFoundError");
}

Task<Result<BucketList>> list_buckets(Connection& connection, std::string token,
                                      std::string prefix) {
  aws::CallSpec spec;
  spec.operation = "ListBuckets";
  spec.query.emplace_back("max-buckets", "1000");
  if (!token.empty()) spec.query.emplace_back("continuation-token", std::move(token));
  if (!prefix.empty()) spec.query.emplace_back("prefix", std::move(prefix));
  auto answer = co_await connection.link().call(BucketName(), std::move(spec), &judge_s3_document);
  if (!answer) co_return fail(std::move(answer.error()));
  auto list = read_bucket_list(answer->body);
  if (!list) co_return fail(detail::located(std::move(list.error()), "ListBuckets", {}));
  co_return list;
}

}  // namespace s3ferry::s3
