#include "s3/judges.h"

#include <array>
#include <utility>

#include "base/text.h"
#include "base/types.h"
#include "s3/answers.h"
#include "s3/errors.h"
#include "s3/list_parser.h"
#include "s3/xml.h"

namespace s3ferry::s3 {
namespace {

Error answer_error(const aws::CallSpec& spec, const aws::Answer& answer) {
  return error_from_answer(spec.operation, spec.key, answer.status, answer.headers, answer.body);
}

// White space may come for minutes before an answer, so blanks alone are an answer that was cut.
bool holds_error(std::string_view body) {
  return xml_root_name(trim_ascii(body)) == "Error";
}

}  // namespace

std::string_view expected_root(std::string_view operation) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kRoots = {{
      {"CopyObject", "CopyObjectResult"},
      {"UploadPartCopy", "CopyPartResult"},
      {"CompleteMultipartUpload", "CompleteMultipartUploadResult"},
      {"CreateMultipartUpload", "InitiateMultipartUploadResult"},
      {"ListParts", "ListPartsResult"},
      {"ListMultipartUploads", "ListMultipartUploadsResult"},
      {"DeleteObjects", "DeleteResult"},
      {"ListBuckets", "ListAllMyBucketsResult"},
      {"GetObjectTagging", "Tagging"},
      {"ListObjectsV2", "ListBucketResult"},
  }};
  for (const auto& [name, root] : kRoots)
    if (name == operation) return root;
  return {};
}

Status judge_s3(const aws::CallSpec& spec, aws::Answer& answer) {
  if (answer.status >= 200 && answer.status < 300) return Status();
  return fail(answer_error(spec, answer));
}

Status judge_s3_document(const aws::CallSpec& spec, aws::Answer& answer) {
  if (Status good = judge_s3(spec, answer); !good) return good;
  if (const std::string_view inside = trim_ascii(answer.body); inside.size() < answer.body.size())
    answer.body = std::string(inside);
  // Cut inside an <Error>, its code could not be trusted.
  auto root = xml_root_of_whole(answer.body);
  if (!root) return fail(std::move(root.error()));
  if (*root == "Error") return fail(answer_error(spec, answer));
  const std::string_view expected = expected_root(spec.operation);
  if (!expected.empty() && *root != expected) return fail(unexpected_root(*root, expected));
  return Status();
}

Status judge_copy(const aws::CallSpec& spec, aws::Answer& answer) {
  auto& read = *static_cast<std::optional<CopyResult>*>(spec.for_judge);
  if (answer.status / 100 == 2 &&
      read_plain_copy_result(answer.headers, answer.body, read.emplace()))
    return Status();
  read.reset();
  return judge_s3_document(spec, answer);
}

Status judge_part(const aws::CallSpec& spec, aws::Answer& answer) {
  if (Status good = judge_s3(spec, answer); !good) return good;
  if (unquote_etag(answer.headers.get_or("etag", "")).empty())
    return fail(ErrorKind::kProtocol, "the server stored a part and gave no ETag for it");
  return Status();
}

Status judge_listing(const aws::CallSpec& spec, aws::Answer& answer) {
  if (Status good = judge_s3(spec, answer); !good) return good;
  auto& reader = *static_cast<ListReader*>(spec.for_judge);
  Status read = reader.finish();
  if (read || !holds_error(reader.other_document())) return read;
  answer.body = reader.other_document();
  return fail(answer_error(spec, answer));
}

Status judge_probe(const aws::CallSpec& spec, aws::Answer& answer) {
  Status status = judge_s3(spec, answer);
  if (status) return status;
  switch (status.error().kind()) {
    case ErrorKind::kAccessDenied:
    case ErrorKind::kUnsupported:
    case ErrorKind::kInvalidRequest:
      return Status();
    default:
      return status;
  }
}

}  // namespace s3ferry::s3
