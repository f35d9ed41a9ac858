#include "conformance/server.h"

#include <set>

#include <fmt/format.h>

#include "base/text.h"

namespace s3ferry::testing {
namespace {

std::set<Difference>& used() {
  static std::set<Difference> rows;
  return rows;
}

}  // namespace

Task<Result<s3::TargetBucket*>> Server::new_bucket(Identity& owner) {
  const std::string name = fmt::format("conformance-{:04}", buckets_.size());
  buckets_.push_back(std::make_unique<s3::TargetBucket>(owner.connection(), BucketName(name)));
  s3::TargetBucket* bucket = buckets_.back().get();
  Status made = co_await bucket->create();
  if (!made) co_return fail(std::move(made.error()));
  co_return bucket;
}

bool Server::differs(Difference difference) {
  if (!has_differences_) return false;
  for (const KnownDifference& row : known_differences())
    if (row.id == difference) {
      used().insert(difference);
      return true;
    }
  return false;
}

std::vector<Difference> unused_differences() {
  std::vector<Difference> out;
  for (const KnownDifference& row : known_differences())
    if (!used().contains(row.id)) out.push_back(row.id);
  return out;
}

std::vector<Case>& all_cases() {
  static std::vector<Case> cases;
  return cases;
}

bool add_case(Case added) {
  all_cases().push_back(added);
  return true;
}

Task<Result<std::string>> read_object(s3::TargetBucket& bucket, ObjectKey key) {
  auto stream = co_await bucket.get_object(s3::GetRequest(std::move(key)));
  if (!stream) co_return fail(std::move(stream.error()));
  std::string bytes;
  Status read = co_await http::read_all(*stream->body, bytes, 64 * kMiB);
  if (!read) co_return fail(std::move(read.error()));
  co_return bytes;
}

Task<Result<std::vector<std::string>>> list_keys(s3::TargetBucket& bucket) {
  std::vector<std::string> keys;
  s3::ListRequest request;
  for (int page = 0; page < 1000; ++page) {
    auto listed = co_await bucket.list_page(request);
    if (!listed) co_return fail(std::move(listed.error()));
    for (const s3::ListEntry& entry : listed->entries) keys.emplace_back(entry.key);
    if (!listed->truncated) co_return keys;
    request.continuation_token = listed->next_token;
  }
  co_return fail(ErrorKind::kListing, "more than 1,000 pages");
}

Task<Result<ETag>> put_text(s3::TargetBucket& bucket, std::string key, std::string body) {
  auto put = co_await bucket.put_object(s3::PutRequest(ObjectKey(std::move(key)), std::move(body)));
  if (!put) co_return fail(std::move(put.error()));
  co_return put->etag;
}

std::string allow_policy(const std::string& bucket, const std::string& principal,
                         const std::string& actions) {
  std::string list;
  for (std::size_t at = 0; at < actions.size();) {
    const std::size_t comma = std::min(actions.find(',', at), actions.size());
    list += (list.empty() ? "\"" : ",\"") + actions.substr(at, comma - at) + "\"";
    at = comma + 1;
  }
  return fmt::format(
      R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":["{}"]}},)"
      R"("Action":[{}],"Resource":["arn:aws:s3:::{}","arn:aws:s3:::{}/*"]}}]}})",
      principal, list, bucket, bucket);
}

}  // namespace s3ferry::testing
