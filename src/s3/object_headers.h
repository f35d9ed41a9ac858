#pragma once

#include <string>
#include <string_view>

#include "http/message.h"
#include "s3/types.h"

namespace s3ferry::s3 {

// Between S3's headers and our types. Pure.

// kProtocol where a length, a range or a number is none.
Result<ObjectInfo> read_object_info(const http::Headers& headers);
std::vector<Checksum> read_checksums(const http::Headers& headers);
VersionId read_version_id(const http::Headers& headers);

void write_attributes(http::Headers& headers, const WriteAttributes& attributes);
void write_condition(http::Headers& headers, const WriteCondition& condition);
// Then a second try may fail by what the first one did (rule 8).
inline bool is_conditional(const WriteCondition& condition) {
  return condition.only_if_missing || !condition.only_if_match.empty();
}
// x-amz-copy-source and its conditions.
void write_copy_source(http::Headers& headers, const CopySource& source);
void write_checksum(http::Headers& headers, const Checksum& checksum);

std::string quoted(const ETag& etag);
std::string copy_source_text(const CopySource& source);  // percent-encoded, "?versionId=" included
std::string tagging_text(const NameValues& tags);        // "a=b&c=d", percent-encoded
std::string range_text(std::pair<ByteCount, ByteCount> range);  // "bytes=0-9"

}  // namespace s3ferry::s3
