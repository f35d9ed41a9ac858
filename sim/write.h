#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sim/call.h"

namespace s3ferry::sim {

// What PutObject, CopyObject and CreateMultipartUpload have in common: reading the attributes of
// the new object from the request's headers, and storing it.

// Content headers and user metadata (2 KB at most).
Outcome<std::shared_ptr<const Attributes>> attributes_from_headers(State& state, const Call& call);
// x-amz-tagging; null without the header.
Outcome<std::shared_ptr<const TextMap>> tags_from_header(const Call& call);
// At most ten, 128 and 256 characters, no reserved names.
Outcome<void> check_tags(const TextMap& tags, std::size_t given);
// Everything but content, attributes, tags and checksum: owner, ACL, storage class, encryption,
// redirect.
Outcome<Object> new_object(State& state, const Call& call);
// If-None-Match: * and If-Match against the key's current version.
Outcome<void> check_write_conditions(const Call& call);
// Content-MD5 and x-amz-checksum-* against the body. The algorithm that was sent, kNone without
// one.
Outcome<Checksum> check_digests(const Call& call, const Content& body);
// The ETag of a single-part object: its MD5, and something else under KMS.
std::string single_part_etag(const Object& object, const std::string& md5_hex);

void add_encryption_headers(http::Headers& headers, const Encryption& encryption);
void add_checksum_header(http::Headers& headers, const Object& object);
std::string quoted(std::string_view etag);
WallTime whole_seconds(WallTime time);

}  // namespace s3ferry::sim
