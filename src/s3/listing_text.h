#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>

namespace s3ferry::s3::testing {

// ListObjectsV2 answers for the tests of what reads them.
inline std::string listing(std::string_view inside, std::string_view truncated = "false") {
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult "
      "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name><Prefix/>"
      "<IsTruncated>{}</IsTruncated>{}</ListBucketResult>",
      truncated, inside);
}

// `more` stands before the size.
inline std::string object(std::string_view key, std::string_view more = "") {
  return fmt::format(
      "<Contents><Key>{}</Key><LastModified>2026-11-22T01:02:03.000Z</LastModified>"
      "<ETag>&quot;9b2cf535f27731c974343645a3985328&quot;</ETag>{}<Size>7</Size>"
      "<StorageClass>STANDARD_IA</StorageClass></Contents>",
      key, more);
}

}  // namespace s3ferry::s3::testing
