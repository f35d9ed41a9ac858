#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "sim/access.h"
#include "sim/conditions.h"
#include "sim/copy_source.h"
#include "sim/operations.h"
#include "sim/uploads.h"
#include "sim/write.h"

namespace s3ferry::sim {
namespace {

std::string part_etag(const Upload& upload, const Content& content) {
  return single_part_etag(upload.object, to_hex(content.md5()));
}

// What a fault makes of a part that has just been taken.
void do_mischief(Upload& upload, int number, Fault::Mischief mischief) {
  const auto at = upload.parts.find(number), before = upload.parts.find(number - 1);
  if (mischief == Fault::Mischief::kLost) upload.parts.erase(at);
  if (before == upload.parts.end()) return;
  if (mischief == Fault::Mischief::kRepeated) at->second = before->second;
  if (mischief == Fault::Mischief::kSwapped) std::swap(at->second, before->second);
}

Outcome<Part> store_part(Upload& upload, const Call& call, Content content) {
  if (call.part == 0) return refuse("InvalidArgument", "partNumber is missing");
  if (content.size() > kMostPartBytes)
    return refuse(service_error("EntityTooLarge")
                      .with("ProposedSize", std::to_string(content.size()))
                      .with("MaxSizeAllowed", std::to_string(kMostPartBytes)));
  Part part;
  part.etag = part_etag(upload, content);
  part.mtime = whole_seconds(call.now);
  if (upload.checksum_asked) part.checksum = to_base64(content.checksum(upload.object.checksum));
  part.content = std::move(content);
  upload.parts[call.part] = part;
  if (call.fault != nullptr && call.fault->mischief != Fault::Mischief::kNone) {
    do_mischief(upload, call.part, call.fault->mischief);
    // A server that took the wrong bytes answers for those.
    if (call.fault->mischief == Fault::Mischief::kRepeated) return upload.parts[call.part];
  }
  return part;
}

// x-amz-copy-source-range: "bytes=a-b", both given, inside a source of more than 5 MiB.
Outcome<Content> cut_range(const Call& call, const Content& source) {
  const auto text = call.header("x-amz-copy-source-range");
  if (!text) {
    if (source.size() > kMostPartBytes) return refuse(copy_source_too_large());
    return source;
  }
  const std::size_t dash = text->find('-');
  if (!text->starts_with("bytes=") || dash == 6 || dash + 1 >= text->size())
    return refuse(
        service_error("InvalidArgument")
            .saying("The x-amz-copy-source-range value must be of the form bytes=first-last "
                    "where first and last are the zero-based offsets of the first and last "
                    "bytes to copy")
            .with("ArgumentName", "x-amz-copy-source-range")
            .with("ArgumentValue", std::string(*text)));
  if (source.size() <= kLeastPartBytes)
    return refuse("InvalidRequest",
                  "The specified copy source is not supported as a byte-range copy "
                  "source");
  const auto last = parse_u64(text->substr(dash + 1));
  auto range = parse_range(*text, source.size());
  if (!range || !*range || !last || *last >= source.size())
    return refuse(
        service_error("InvalidArgument")
            .saying(fmt::format("Range specified is not valid for source object of size: {}",
                                source.size()))
            .with("ArgumentName", "x-amz-copy-source-range")
            .with("ArgumentValue", std::string(*text)));
  if ((*range)->length > kMostPartBytes) return refuse(copy_source_too_large());
  return source.slice((*range)->first, (*range)->length);
}

}  // namespace

Outcome<Reply> upload_part(State&, const Call& call) {
  if (auto may = require(call, *call.bucket, "s3:PutObject", call.key); !may)
    return refuse(std::move(may.error()));
  auto upload = find_upload(call);
  if (!upload) return refuse(std::move(upload.error()));
  const Content content = call.content();
  if (auto fine = check_digests(call, content); !fine) return refuse(std::move(fine.error()));
  auto part = store_part(**upload, call, content);
  if (!part) return refuse(std::move(part.error()));
  Reply reply;
  reply.headers.add("ETag", quoted(part->etag));
  add_encryption_headers(reply.headers, *(*upload)->object.encryption);
  if (!part->checksum.empty())
    reply.headers.add(std::string(header_of((*upload)->object.checksum)), part->checksum);
  return reply;
}

Outcome<Reply> upload_part_copy(State& state, const Call& call) {
  if (auto may = require(call, *call.bucket, "s3:PutObject", call.key); !may)
    return refuse(std::move(may.error()));
  auto upload = find_upload(call);
  if (!upload) return refuse(std::move(upload.error()));
  auto source = copy_source_object(state, call);
  if (!source) return refuse(std::move(source.error()));
  auto content = cut_range(call, (*source)->content);
  if (!content) return refuse(std::move(content.error()));
  const ByteCount bytes = content->size();
  auto part = store_part(**upload, call, std::move(*content));
  if (!part) return refuse(std::move(part.error()));
  XmlWriter xml;
  xml.open_root("CopyPartResult");
  xml.element("LastModified", format_iso8601_millis(part->mtime));
  xml.element("ETag", quoted(part->etag));
  if (!part->checksum.empty())
    xml.element("Checksum" + std::string(to_string((*upload)->object.checksum)), part->checksum);
  xml.close("CopyPartResult");
  Reply reply = xml_reply(xml.take());
  reply.copied_bytes = bytes;
  add_encryption_headers(reply.headers, *(*upload)->object.encryption);
  return reply;
}

Outcome<Reply> list_parts(State&, const Call& call) {
  if (auto may = require(call, *call.bucket, "s3:ListMultipartUploadParts", call.key); !may)
    return refuse(std::move(may.error()));
  auto found = find_upload(call);
  if (!found) return refuse(std::move(found.error()));
  const Upload& upload = **found;
  const auto marker = parse_u64(call.query_or("part-number-marker", "0")).value_or(0);
  const auto most =
      std::min<std::uint64_t>(parse_u64(call.query_or("max-parts", "1000")).value_or(1000), 1000);
  XmlWriter xml;
  xml.open_root("ListPartsResult");
  xml.element("Bucket", call.bucket_name);
  xml.element("Key", call.key);
  xml.element("UploadId", upload.id);
  xml.element("StorageClass", upload.object.storage_class);
  xml.element("PartNumberMarker", marker);
  xml.element("MaxParts", most);
  std::uint64_t count = 0;
  int last = 0;
  auto at = upload.parts.upper_bound(static_cast<int>(std::min<std::uint64_t>(marker, 10'000)));
  for (; at != upload.parts.end() && count < most; ++at, ++count) {
    last = at->first;
    xml.open("Part");
    xml.element("PartNumber", static_cast<std::uint64_t>(at->first));
    xml.element("LastModified", format_iso8601_millis(at->second.mtime));
    xml.element("ETag", quoted(at->second.etag));
    xml.element("Size", at->second.content.size());
    if (!at->second.checksum.empty())
      xml.element("Checksum" + std::string(to_string(upload.object.checksum)), at->second.checksum);
    xml.close("Part");
  }
  const bool truncated = at != upload.parts.end();
  if (truncated) xml.element("NextPartNumberMarker", static_cast<std::uint64_t>(last));
  xml.element("IsTruncated", truncated ? "true" : "false");
  xml.close("ListPartsResult");
  return xml_reply(xml.take());
}

}  // namespace s3ferry::sim
