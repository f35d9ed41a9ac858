#pragma once

#include <string>

#include "transfer/copy_route.h"

namespace s3ferry {

// What a multipart upload must be told at its creation, because nothing of it comes along with the
// parts (s3-facts.md §2), and what the source says of its content.
struct SourceFacts {
  SourceFacts() = default;
  s3::ObjectInfo info;                    // as HEAD said it
  s3::WriteAttributes attributes;         // complete: asked for, content headers, metadata, tags
  std::optional<s3::Checksum> crc64nvme;  // over the whole content, where the source has it
  std::string lost;                       // what cannot be reproduced, in words
};

// A HEAD under the listed ETag and, unless tags stay behind, the tags. kPreconditionFailed: another
// object by now. kInvalidRequest: encrypted by its owner's own key, so it cannot be read. Never
// takes over the source's encryption (rule 11).
Task<Result<SourceFacts>> read_source_facts(const RouteTry& attempt);
// The same from what a HEAD, or a GET without a range, has said already.
Task<Result<SourceFacts>> gather_source_facts(const RouteTry& attempt, s3::ObjectInfo info);
// A refusal of HEAD or GET in words: SSE-C looks like a malformed request.
Error explain_unreadable(Error error);

// The bytes that S3 stored for a header's value: RFC 2047 words decoded (S3 encodes what is not
// ASCII). `lossless` false: it is encoded in a way that cannot be read, and comes back as it was.
struct DecodedText {
  std::string bytes;
  bool lossless = true;
};
DecodedText decode_rfc2047(std::string_view value);

}  // namespace s3ferry
