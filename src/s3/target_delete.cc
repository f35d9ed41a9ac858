// Deleting: one request for many keys, an outcome for each.

#include <map>
#include <utility>

#include <fmt/format.h>

#include "s3/answers.h"
#include "s3/digest.h"
#include "s3/errors.h"
#include "s3/judges.h"
#include "s3/link.h"
#include "s3/object_headers.h"
#include "s3/spec.h"
#include "s3/target_bucket.h"
#include "s3/xml.h"

namespace s3ferry::s3 {

using detail::bucket_spec;
using detail::located;
using detail::object_spec;

namespace {

constexpr std::size_t kMaxKeysPerDelete = 1000;

// How a key may look after a server wrote it into XML without references and we read it back.
std::string as_echoed(std::string_view key) {
  std::string out;
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (key[i] != '\r') {
      out += key[i];
    } else {
      out += '\n';
      if (i + 1 < key.size() && key[i + 1] == '\n') ++i;
    }
  }
  return out;
}

DeleteOutcome outcome_of(const DeleteLine& line, const DeleteTarget& target) {
  DeleteOutcome out;
  if (line.error_code.empty()) {
    out.deleted = true;
    out.delete_marker = line.delete_marker;
    out.version_id =
        VersionId(line.delete_marker ? line.delete_marker_version_id : line.version_id);
    return out;
  }
  out.error = error_from_delete_line(target.key.view(), line.error_code, line.error_message);
  return out;
}

// Lines come in any order; the same key may stand in several with different versions.
std::vector<DeleteOutcome> match(const std::vector<DeleteTarget>& targets,
                                 const std::vector<DeleteLine>& lines) {
  std::multimap<std::pair<std::string, std::string>, const DeleteLine*> by_key;
  for (const DeleteLine& line : lines)
    by_key.emplace(std::pair(as_echoed(line.key), line.version_id), &line);
  std::vector<DeleteOutcome> out;
  out.reserve(targets.size());
  for (const DeleteTarget& target : targets) {
    auto found = by_key.find({as_echoed(target.key.view()), target.version_id.str()});
    if (found == by_key.end()) {
      DeleteOutcome missing;
      missing.error = Error(ErrorKind::kProtocol, "the server's answer does not mention this key")
                          .with_operation("DeleteObjects")
                          .with_key(target.key.view());
      out.push_back(std::move(missing));
      continue;
    }
    out.push_back(outcome_of(*found->second, target));
    by_key.erase(found);
  }
  return out;
}

}  // namespace

Task<Result<std::vector<DeleteOutcome>>> TargetBucket::delete_in_one_request(
    const std::vector<DeleteTarget>& targets) {
  aws::CallSpec spec = bucket_spec(*this, "DeleteObjects", http::Method::kPost);
  spec.query.emplace_back("delete", "");
  spec.body = write_delete_body(targets);
  auto md5 = content_md5(spec.body);
  if (!md5) co_return fail(located(std::move(md5.error()), spec));
  spec.headers.add("content-md5", std::move(*md5));
  spec.headers.add("content-type", "application/xml");
  auto answer = co_await connection().link().call(name(), std::move(spec), &judge_s3_document);
  if (!answer) co_return fail(std::move(answer.error()));
  auto lines = read_delete_result(answer->body);
  if (!lines) co_return fail(located(std::move(lines.error()), "DeleteObjects", {}));
  co_return match(targets, *lines);
}

Task<Result<std::vector<DeleteOutcome>>> TargetBucket::delete_objects(
    std::vector<DeleteTarget> targets) {
  if (targets.empty() || targets.size() > kMaxKeysPerDelete)
    co_return fail(
        Error(ErrorKind::kInternal, fmt::format("{} keys in one DeleteObjects", targets.size()))
            .with_operation("DeleteObjects"));
  std::vector<DeleteTarget> batch;
  std::vector<std::size_t> batch_at;
  std::vector<DeleteOutcome> out(targets.size());
  // XML 1.0 cannot carry every key: one such key would make the server refuse all of them.
  std::vector<std::size_t> single_at;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (xml_can_carry(targets[i].key.view())) {
      batch.push_back(targets[i]);
      batch_at.push_back(i);
    } else {
      single_at.push_back(i);
    }
  }
  if (!batch.empty()) {
    auto outcomes = co_await delete_in_one_request(batch);
    if (!outcomes) co_return fail(std::move(outcomes.error()));
    for (std::size_t i = 0; i < batch.size(); ++i) out[batch_at[i]] = std::move((*outcomes)[i]);
  }
  for (const std::size_t i : single_at) {
    auto outcome = co_await delete_object(targets[i]);
    if (outcome)
      out[i] = std::move(*outcome);
    else
      out[i].error = std::move(outcome.error());
  }
  co_return out;
}

Task<Result<DeleteOutcome>> TargetBucket::delete_object(DeleteTarget target) {
  aws::CallSpec spec = object_spec(*this, "DeleteObject", http::Method::kDelete, target.key);
  if (!target.version_id.empty()) spec.query.emplace_back("versionId", target.version_id.str());
  if (!target.if_match.empty()) spec.headers.add("if-match", quoted(target.if_match));
  auto answer = co_await connection().link().call(name(), std::move(spec), &judge_s3);
  if (!answer) co_return fail(std::move(answer.error()));
  DeleteOutcome outcome;
  outcome.deleted = true;
  outcome.delete_marker = answer->headers.get_or("x-amz-delete-marker", "") == "true";
  outcome.version_id = read_version_id(answer->headers);
  co_return outcome;
}

}  // namespace s3ferry::s3
