#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "s3/types.h"

namespace s3ferry::s3 {

// From an answer's headers and XML body to our types. Pure. The bodies have passed their judge, but
// are read as if they had not: kTruncated, kProtocol.

Result<CopyResult> read_copy_result(const http::Headers& headers, const std::string& body);
// The same of an answer in the usual form, which is one a copied object (plain_xml.h), into a fresh
// result; false, with `out` in any state, where it has another or holds what cannot be read.
bool read_plain_copy_result(const http::Headers& headers, std::string_view body, CopyResult& out);
Result<PartResult> read_part_copy_result(std::string_view body);
Result<CompleteResult> read_complete_result(const http::Headers& headers, std::string_view body);
Result<UploadId> read_create_upload(std::string_view body);
Result<PartList> read_part_list(std::string_view body);
Result<UploadList> read_upload_list(std::string_view body);
Result<NameValues> read_tagging(std::string_view body);  // an empty body: no tags
Result<BucketList> read_bucket_list(std::string_view body);
Result<Versioning> read_versioning(std::string_view body);
// "us-east-1" for none, "eu-west-1" for EU.
Result<std::string> read_location(std::string_view body);

// One line of a DeleteResult.
struct DeleteLine {
  std::string key, version_id;
  bool delete_marker = false;
  std::string delete_marker_version_id;
  std::string error_code, error_message;  // empty: deleted
};
Result<std::vector<DeleteLine>> read_delete_result(std::string_view body);

// Request bodies.
std::string write_complete_body(const std::vector<CompletedPart>& parts);
std::string write_delete_body(const std::vector<DeleteTarget>& targets);
std::string write_tagging_body(const NameValues& tags);
std::string write_create_bucket_body(std::string_view region);
std::string write_versioning_body(bool enabled);

}  // namespace s3ferry::s3
