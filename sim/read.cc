#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "sim/access.h"
#include "sim/conditions.h"
#include "sim/operations.h"
#include "sim/write.h"

namespace s3ferry::sim {
namespace {

// Which bytes are asked for, and how that is said.
struct Selection {
  ByteRange range;
  bool partial = false;
  std::size_t parts_count = 0;
};

Outcome<Selection> select(const State& state, const Call& call, const Object& object) {
  const ByteCount size = object.content.size();
  Selection out;
  out.range.length = size;
  if (call.part > 0 && !state.quirks.ignores_part_number) {
    if (call.header("range"))
      return refuse("InvalidRequest",
                    "Cannot specify both Range header and partNumber query parameter");
    const std::size_t count = object.parts ? object.parts->size() : 1;
    if (static_cast<std::size_t>(call.part) > count)
      return refuse(service_error("InvalidPartNumber")
                        .with("ActualPartCount", std::to_string(count))
                        .with("PartNumberRequested", std::to_string(call.part)));
    out.partial = true;
    if (object.parts) {
      out.parts_count = count;
      const auto wanted = static_cast<std::size_t>(call.part) - 1;
      for (std::size_t i = 0; i < wanted; ++i) out.range.first += (*object.parts)[i];
      out.range.length = (*object.parts)[wanted];
    }
    return out;
  }
  if (const auto text = call.header("range")) {
    auto range = parse_range(*text, size);
    if (!range) return refuse(std::move(range.error()));
    if (*range) {
      out.range = **range;
      out.partial = true;
    }
  }
  return out;
}

bool is_ascii(std::string_view value) {
  return std::none_of(value.begin(), value.end(),
                      [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}
std::string mail_safe(const std::string& value) {
  return is_ascii(value) ? value : "=?UTF-8?B?" + to_base64(value) + "?=";
}

// Values outside ASCII come back in RFC 2047 form; unprintable ones are withheld and counted.
void add_metadata(http::Headers& headers, const Attributes& attributes) {
  std::size_t missing = 0;
  for (const auto& [name, value] : attributes.metadata) {
    bool printable = true;
    for (const char c : value) {
      const auto byte = static_cast<unsigned char>(c);
      if ((byte < 0x20 && c != '\t') || byte == 0x7f) printable = false;
    }
    if (!printable || !is_valid_utf8(value)) {
      ++missing;
      continue;
    }
    headers.add("x-amz-meta-" + name, mail_safe(value));
  }
  if (missing > 0) headers.add("x-amz-missing-meta", std::to_string(missing));
}

// Digests by formula (Content) are told apart from true ones by the first byte.
bool hashes_to_its_digests(const Content& content) {
  const Content first = content.slice(0, std::min<ByteCount>(1, content.size()));
  return first.md5() == md5_of(first.bytes());
}

// Where the ETag is no MD5 of the bytes, a client has to be told. S3 has such objects: those that
// are encrypted by a key.
const Encryption& shown_encryption(const Object& object) {
  static const Encryption kByFormula{
      "aws:kms", "arn:aws:kms:us-east-1:000000000000:key/fake-key-of-a-formula"};
  if (object.parts || hashes_to_its_digests(object.content)) return *object.encryption;
  return kByFormula;
}

void add_object_headers(http::Headers& headers, const Call& call, const Object& object) {
  headers.add("Last-Modified", format_http_date(object.mtime));
  headers.add("ETag", quoted(object.etag));
  headers.add("Accept-Ranges", "bytes");
  bool typed = false;
  for (const auto& [name, value] : object.attributes->headers) {
    headers.add(name, mail_safe(value));
    typed = typed || name == "content-type";
  }
  if (!typed) headers.add("Content-Type", "binary/octet-stream");
  add_metadata(headers, *object.attributes);
  add_encryption_headers(headers, shown_encryption(object));
  if (object.storage_class != "STANDARD") headers.add("x-amz-storage-class", object.storage_class);
  if (object.restored)
    headers.add("x-amz-restore",
                "ongoing-request=\"false\", expiry-date=\"Fri, 31 Dec 2100 00:00:00 GMT\"");
  if (!object.website_redirect.empty())
    headers.add("x-amz-website-redirect-location", object.website_redirect);
  if (object.tags && !object.tags->empty())
    headers.add("x-amz-tagging-count", std::to_string(object.tags->size()));
  if (call.bucket->versioning != Versioning::kOff)
    headers.add("x-amz-version-id", object.version_id.empty() ? "null" : object.version_id);
}

}  // namespace

Outcome<Reply> get_object(State& state, const Call& call) {
  const std::string version = call.query_or("versionId", "");
  auto found = readable_object(call, *call.bucket, call.key, version,
                               version.empty() ? "s3:GetObject" : "s3:GetObjectVersion");
  if (!found) return refuse(std::move(found.error()));
  const Object& object = **found;
  if (auto fine = check_read_conditions(call, object, ""); !fine)
    return refuse(std::move(fine.error()));
  const bool head = call.operation == Operation::kHeadObject;
  if (object.archived() && !head)
    return refuse(service_error("InvalidObjectState").with("StorageClass", object.storage_class));
  if (auto fine = check_kms_read(call, object); !fine) return refuse(std::move(fine.error()));
  auto selection = select(state, call, object);
  if (!selection) return refuse(std::move(selection.error()));
  Reply reply;
  add_object_headers(reply.headers, call, object);
  if (!selection->partial && !state.quirks.no_checksums &&
      (object.parts || hashes_to_its_digests(object.content)) &&
      iequals_ascii(call.header("x-amz-checksum-mode").value_or(""), "ENABLED"))
    add_checksum_header(reply.headers, object);
  const ByteRange range = selection->range;
  if (selection->partial) {
    reply.status = 206;
    if (range.length > 0)
      reply.headers.add("Content-Range",
                        fmt::format("bytes {}-{}/{}", range.first, range.first + range.length - 1,
                                    object.content.size()));
    if (selection->parts_count > 0)
      reply.headers.add("x-amz-mp-parts-count", std::to_string(selection->parts_count));
  }
  reply.has_content = true;
  reply.content =
      selection->partial ? object.content.slice(range.first, range.length) : object.content;
  return reply;
}

}  // namespace s3ferry::sim
