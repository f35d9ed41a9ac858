#include <fmt/format.h>

#include "base/text.h"
#include "sim/access.h"
#include "sim/conditions.h"
#include "sim/copy_source.h"
#include "sim/operations.h"
#include "sim/write.h"

namespace s3ferry::sim {
namespace {

Outcome<bool> replaces(const Call& call, std::string_view header) {
  const std::string_view directive = call.header(header).value_or("COPY");
  if (directive == "COPY") return false;
  if (directive == "REPLACE") return true;
  return refuse(service_error("InvalidArgument")
                    .saying("Unknown directive.")
                    .with("ArgumentName", std::string(header))
                    .with("ArgumentValue", std::string(directive)));
}

Outcome<void> check_onto_itself(const Call& call, bool replace_metadata) {
  if (call.source_bucket != call.bucket || call.source_key != call.key ||
      !call.source_version.empty())
    return {};
  if (replace_metadata || call.header("x-amz-storage-class") ||
      call.header("x-amz-server-side-encryption") || call.header("x-amz-website-redirect-location"))
    return {};
  return refuse("InvalidRequest",
                "This copy request is illegal because it is trying to copy an object to itself "
                "without changing the object's metadata, storage class, website redirect location "
                "or encryption attributes.");
}

Outcome<std::shared_ptr<const TextMap>> copied_tags(const Call& call, const Object& source) {
  auto replace = replaces(call, "x-amz-tagging-directive");
  if (!replace) return refuse(std::move(replace.error()));
  std::shared_ptr<const TextMap> tags;
  if (*replace) {
    auto sent = tags_from_header(call);
    if (!sent) return sent;
    tags = std::move(*sent);
  } else if (source.tags && !source.tags->empty()) {
    if (auto may = require(call, *call.source_bucket, "s3:GetObjectTagging", call.source_key); !may)
      return refuse(std::move(may.error()));
    tags = source.tags;
  }
  if (tags)
    if (auto may = require(call, *call.bucket, "s3:PutObjectTagging", call.key); !may)
      return refuse(std::move(may.error()));
  return tags;
}

// The same algorithm, recomputed over the whole; CRC64NVME where the source has none.
Outcome<void> set_checksum(const Call& call, const Object& source, Object& copy) {
  copy.checksum = source.checksum == Checksum::kNone ? Checksum::kCrc64Nvme : source.checksum;
  if (const auto asked = call.header("x-amz-checksum-algorithm")) {
    const auto algorithm = parse_checksum(*asked);
    if (!algorithm) return refuse("InvalidRequest", "Checksum algorithm provided is unsupported.");
    copy.checksum = *algorithm;
  }
  if (copy.checksum == source.checksum && !source.checksum_composite)
    copy.checksum_value = source.checksum_base64();
  return {};
}

bool looks_like_md5(std::string_view etag) {
  return etag.size() == 32;
}

std::string copied_etag(const Object& source, const Object& copy) {
  const bool known = looks_like_md5(source.etag) && !source.encryption->is_kms();
  return single_part_etag(copy, known ? source.etag : to_hex(source.content.md5()));
}

Reply copy_reply(const Call& call, const Object& source, const Object& copy,
                 const std::string& version) {
  const std::string_view algorithm = to_string(copy.checksum);
  std::string xml;
  xml.reserve(512);
  const auto add = [&xml](std::string_view text) { xml.append(text); };
  add(kXmlDeclaration);
  add("<CopyObjectResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LastModified>");
  add(format_iso8601_millis(copy.mtime));
  add("</LastModified><ETag>&quot;");
  append_xml_escaped(xml, copy.etag);
  add("&quot;</ETag><Checksum"), add(algorithm), add(">");
  add(copy.checksum_base64());
  add("</Checksum"), add(algorithm), add("><ChecksumType>FULL_OBJECT</ChecksumType>");
  add("</CopyObjectResult>");
  Reply reply = xml_reply(std::move(xml));
  add_encryption_headers(reply.headers, *copy.encryption);
  if (!version.empty()) reply.headers.add("x-amz-version-id", version);
  if (call.source_bucket->versioning != Versioning::kOff)
    reply.headers.add("x-amz-copy-source-version-id",
                      source.version_id.empty() ? "null" : source.version_id);
  return reply;
}

}  // namespace

ServiceError copy_source_too_large() {
  return service_error("InvalidRequest")
      .saying(
          fmt::format("The specified copy source is larger than the maximum allowable size for a "
                      "copy source: {}",
                      kMaxCopyObjectBytes));
}

ByteCount copy_source_bytes(const Call& call) {
  if (call.source_bucket == nullptr) return 0;
  const ObjectPtr object = call.source_bucket->store.find(call.source_key);
  return object ? object->content.size() : 0;
}

Outcome<ObjectPtr> copy_source_object(State& state, const Call& call) {
  if (call.source_bucket == nullptr)
    return refuse(service_error("NoSuchBucket").with("BucketName", call.source_bucket_name));
  const std::string& version = call.source_version;
  auto found = readable_object(call, *call.source_bucket, call.source_key, version,
                               version.empty() ? "s3:GetObject" : "s3:GetObjectVersion");
  if (!found) {
    if (found.error().code == "MethodNotAllowed")
      return refuse("InvalidRequest",
                    "The source of a copy request may not specifically refer to a "
                    "delete marker by version id.");
    return found;
  }
  const Object& object = **found;
  if (!state.quirks.ignores_copy_conditions)
    if (auto fine = check_read_conditions(call, object, "x-amz-copy-source-"); !fine)
      return refuse(std::move(fine.error()));
  if (object.archived())
    return refuse(service_error("InvalidObjectState")
                      .saying("Operation is not valid for the source object's storage class")
                      .with("StorageClass", object.storage_class));
  if (auto fine = check_kms_read(call, object); !fine) return refuse(std::move(fine.error()));
  return found;
}

Outcome<Reply> copy_object(State& state, const Call& call) {
  Bucket& bucket = *call.bucket;
  if (auto may = require(call, bucket, "s3:PutObject", call.key); !may)
    return refuse(std::move(may.error()));
  auto replace = replaces(call, "x-amz-metadata-directive");
  if (!replace) return refuse(std::move(replace.error()));
  auto found = copy_source_object(state, call);
  if (!found) return refuse(std::move(found.error()));
  const Object& source = **found;
  if (auto fine = check_onto_itself(call, *replace); !fine) return refuse(std::move(fine.error()));
  if (source.content.size() > kMaxCopyObjectBytes) return refuse(copy_source_too_large());

  auto copy = new_object(state, call);
  if (!copy) return refuse(std::move(copy.error()));
  copy->attributes = source.attributes;
  if (*replace) {
    auto sent = attributes_from_headers(state, call);
    if (!sent) return refuse(std::move(sent.error()));
    copy->attributes = std::move(*sent);
  }
  auto tags = copied_tags(call, source);
  if (!tags) return refuse(std::move(tags.error()));
  copy->tags = std::move(*tags);
  if (auto fine = set_checksum(call, source, *copy); !fine) return refuse(std::move(fine.error()));
  if (!state.quirks.ignores_write_conditions)
    if (auto fine = check_write_conditions(call); !fine) return refuse(std::move(fine.error()));
  copy->content = source.content;
  copy->etag = copied_etag(source, *copy);
  const std::string version = store_version(state, bucket, call.key, *copy);
  Reply reply = copy_reply(call, source, *copy, version);
  reply.copied_bytes = copy->content.size();
  return reply;
}

}  // namespace s3ferry::sim
