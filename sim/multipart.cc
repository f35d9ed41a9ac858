#include <algorithm>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "base/text.h"
#include "sim/access.h"
#include "sim/operations.h"
#include "sim/uploads.h"
#include "sim/write.h"

namespace s3ferry::sim {
namespace {

struct AskedPart {
  int number = 0;
  std::string etag;
};

Outcome<void> choose_checksum(const Call& call, Upload& upload) {
  Object& object = upload.object;
  object.checksum = Checksum::kCrc64Nvme;
  const auto algorithm = call.header("x-amz-checksum-algorithm");
  const auto type = call.header("x-amz-checksum-type");
  if (!algorithm) return {};
  const auto parsed = parse_checksum(*algorithm);
  if (!parsed) return refuse("InvalidRequest", "Checksum algorithm provided is unsupported.");
  object.checksum = *parsed;
  upload.checksum_asked = true;
  object.checksum_composite = *parsed != Checksum::kCrc64Nvme;
  if (!type) return {};
  const bool composite = *type == "COMPOSITE";
  if ((composite && *parsed == Checksum::kCrc64Nvme) || (!composite && !is_crc(*parsed)))
    return refuse("InvalidRequest",
                  fmt::format("The {} checksum type cannot be used with the {} checksum algorithm.",
                              *type, to_string(*parsed)));
  object.checksum_composite = composite;
  return {};
}

Outcome<std::vector<AskedPart>> read_parts(const Call& call) {
  pugi::xml_document document;
  if (!document.load_buffer(call.body.data(), call.body.size())) return refuse("MalformedXML");
  std::vector<AskedPart> out;
  for (const pugi::xml_node node : document.child("CompleteMultipartUpload").children("Part")) {
    const auto number = parse_u64(node.child_value("PartNumber"));
    if (!number || *number < 1 || *number > 10'000) return refuse("MalformedXML");
    AskedPart part;
    part.number = static_cast<int>(*number);
    part.etag = std::string(unquote_etag(node.child_value("ETag")));
    if (!out.empty() && part.number <= out.back().number) return refuse("InvalidPartOrder");
    out.push_back(std::move(part));
  }
  if (out.empty()) return refuse("MalformedXML");
  return out;
}

// The parts in order, each there, as uploaded and large enough.
Outcome<std::vector<const Part*>> match_parts(const Upload& upload,
                                              const std::vector<AskedPart>& asked) {
  std::vector<const Part*> out;
  for (const AskedPart& part : asked) {
    const auto at = upload.parts.find(part.number);
    if (at == upload.parts.end() || at->second.etag != part.etag)
      return refuse(service_error("InvalidPart")
                        .with("UploadId", upload.id)
                        .with("PartNumber", std::to_string(part.number))
                        .with("ETag", part.etag));
    out.push_back(&at->second);
  }
  for (std::size_t i = 0; i + 1 < out.size(); ++i)
    if (out[i]->content.size() < kLeastPartBytes)
      return refuse(service_error("EntityTooSmall")
                        .with("ProposedSize", std::to_string(out[i]->content.size()))
                        .with("MinSizeAllowed", std::to_string(kLeastPartBytes))
                        .with("PartNumber", std::to_string(asked[i].number))
                        .with("ETag", asked[i].etag));
  return out;
}

Outcome<void> set_checksum(const Call& call, const std::vector<AskedPart>& asked,
                           const std::vector<const Part*>& parts, Object& object) {
  if (object.checksum_composite) {
    std::string all;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (asked[i].number != static_cast<int>(i) + 1) return refuse("InternalError");
      all += from_base64(parts[i]->checksum).value_or("");
    }
    object.checksum_value =
        fmt::format("{}-{}", to_base64(checksum_of(object.checksum, all)), parts.size());
  }
  const auto sent = call.header(header_of(object.checksum));
  if (!sent) return {};
  std::string_view computed = object.checksum_base64();
  if (object.checksum_composite && sent->find('-') == std::string_view::npos)
    computed = computed.substr(0, computed.rfind('-'));
  if (*sent == computed) return {};
  return refuse("BadDigest",
                fmt::format("The {} you specified did not match the calculated checksum.",
                            to_string(object.checksum)));
}

Outcome<Object> assemble(const Call& call, const Upload& upload,
                         const std::vector<AskedPart>& asked) {
  auto parts = match_parts(upload, asked);
  if (!parts) return refuse(std::move(parts.error()));
  Object object = upload.object;
  object.mtime = whole_seconds(upload.initiated);
  auto sizes = std::make_shared<std::vector<ByteCount>>();
  std::vector<Content> contents;
  std::string digests;
  for (const Part* part : *parts) {
    contents.push_back(part->content);
    sizes->push_back(part->content.size());
    digests += from_hex(part->etag).value_or("");
  }
  object.content = Content::join(contents);
  object.parts = std::move(sizes);
  object.etag = fmt::format("{}-{}", to_hex(md5_of(digests)), parts->size());
  if (const auto size = call.header("x-amz-mp-object-size"))
    if (parse_u64(*size) != object.content.size())
      return refuse("InvalidRequest",
                    "The provided 'x-amz-mp-object-size' header value does not match what was "
                    "computed.");
  if (auto fine = set_checksum(call, asked, *parts, object); !fine)
    return refuse(std::move(fine.error()));
  return object;
}

Reply completed(const Call& call, const Object* object, const std::string& etag) {
  XmlWriter xml;
  xml.open_root("CompleteMultipartUploadResult");
  xml.element("Location", fmt::format("https://{}.s3.{}.amazonaws.com/{}", call.bucket_name,
                                      call.bucket->region, uri_encode(call.key, true)));
  xml.element("Bucket", call.bucket_name);
  xml.element("Key", call.key);
  xml.element("ETag", etag.empty() ? etag : quoted(etag));
  if (object != nullptr) {
    xml.element("Checksum" + std::string(to_string(object->checksum)), object->checksum_base64());
    xml.element("ChecksumType", object->checksum_composite ? "COMPOSITE" : "FULL_OBJECT");
  }
  xml.close("CompleteMultipartUploadResult");
  return xml_reply(xml.take());
}

}  // namespace

std::string upload_map_key(std::string_view key, std::string_view id) {
  std::string out(key);
  out.push_back('\0');
  out += id;
  return out;
}

Outcome<Upload*> find_upload(const Call& call, bool completed_too) {
  const std::string id = call.query_or("uploadId", "");
  const auto at = call.bucket->uploads.find(upload_map_key(call.key, id));
  if (at == call.bucket->uploads.end() || (!completed_too && !at->second.completed_etag.empty()))
    return refuse(service_error("NoSuchUpload").with("UploadId", id));
  return &at->second;
}

Outcome<Reply> create_multipart_upload(State& state, const Call& call) {
  if (auto may = require(call, *call.bucket, "s3:PutObject", call.key); !may)
    return refuse(std::move(may.error()));
  auto tags = tags_from_header(call);
  if (!tags) return refuse(std::move(tags.error()));
  if (*tags)
    if (auto may = require(call, *call.bucket, "s3:PutObjectTagging", call.key); !may)
      return refuse(std::move(may.error()));
  auto object = new_object(state, call);
  if (!object) return refuse(std::move(object.error()));
  auto attributes = attributes_from_headers(state, call);
  if (!attributes) return refuse(std::move(attributes.error()));
  Upload upload;
  upload.id = state.next_id(48);
  upload.key = call.key;
  upload.initiated = call.now;
  upload.initiator_arn = call.principal.arn;
  upload.initiator = state.find_account(call.principal.account);
  upload.object = std::move(*object);
  upload.object.attributes = std::move(*attributes);
  if (!state.quirks.loses_tags_at_create) upload.object.tags = std::move(*tags);
  if (!state.quirks.no_checksums)
    if (auto fine = choose_checksum(call, upload); !fine) return refuse(std::move(fine.error()));
  XmlWriter xml;
  xml.open_root("InitiateMultipartUploadResult");
  xml.element("Bucket", call.bucket_name);
  xml.element("Key", call.key);
  xml.element("UploadId", upload.id);
  xml.close("InitiateMultipartUploadResult");
  Reply reply = xml_reply(xml.take());
  add_encryption_headers(reply.headers, *upload.object.encryption);
  if (upload.checksum_asked) {
    reply.headers.add("x-amz-checksum-algorithm", std::string(to_string(upload.object.checksum)));
    reply.headers.add("x-amz-checksum-type",
                      upload.object.checksum_composite ? "COMPOSITE" : "FULL_OBJECT");
  }
  call.bucket->uploads[upload_map_key(call.key, upload.id)] = std::move(upload);
  return reply;
}

Outcome<Reply> complete_multipart_upload(State& state, const Call& call) {
  if (auto may = require(call, *call.bucket, "s3:PutObject", call.key); !may)
    return refuse(std::move(may.error()));
  auto found = find_upload(call, /*completed_too=*/true);
  if (!found) return refuse(std::move(found.error()));
  Upload& upload = **found;
  if (!upload.completed_etag.empty()) return completed(call, nullptr, upload.completed_etag);
  auto asked = read_parts(call);
  if (!asked) return refuse(std::move(asked.error()));
  auto object = assemble(call, upload, *asked);
  if (!object) return refuse(std::move(object.error()));
  if (!state.quirks.ignores_write_conditions)
    if (auto fine = check_write_conditions(call); !fine) return refuse(std::move(fine.error()));
  const bool told = !state.quirks.empty_completion_etag;
  Reply reply =
      completed(call, state.quirks.no_checksums ? nullptr : &*object, told ? object->etag : "");
  add_encryption_headers(reply.headers, *object->encryption);
  upload.completed_etag = object->etag;
  upload.parts.clear();
  const std::string version = store_version(state, *call.bucket, call.key, std::move(*object));
  if (!version.empty()) reply.headers.add("x-amz-version-id", version);
  return reply;
}

Outcome<Reply> abort_multipart_upload(State&, const Call& call) {
  if (auto may = require(call, *call.bucket, "s3:AbortMultipartUpload", call.key); !may)
    return refuse(std::move(may.error()));
  auto upload = find_upload(call);
  if (!upload) return refuse(std::move(upload.error()));
  call.bucket->uploads.erase(upload_map_key(call.key, (*upload)->id));
  Reply reply;
  reply.status = 204;
  return reply;
}

Outcome<Reply> list_multipart_uploads(State&, const Call& call) {
  if (auto may = require(call, *call.bucket, "s3:ListBucketMultipartUploads", ""); !may)
    return refuse(std::move(may.error()));
  const std::string prefix = call.query_or("prefix", "");
  const std::string key_marker = call.query_or("key-marker", "");
  const std::string id_marker = call.query_or("upload-id-marker", "");
  const bool url = call.query_or("encoding-type", "") == "url";
  const auto most =
      std::min<std::uint64_t>(parse_u64(call.query_or("max-uploads", "1000")).value_or(1000), 1000);
  std::string uploads;
  std::uint64_t count = 0;
  bool truncated = false;
  const Upload* last = nullptr;
  const auto text = [url](std::string_view value) {
    std::string out;
    if (url) {
      append_form_encoded(out, value);
    } else {
      append_xml_escaped(out, value);
    }
    return out;
  };
  for (const auto& [name, upload] : call.bucket->uploads) {
    if (!upload.completed_etag.empty() || !upload.key.starts_with(prefix)) continue;
    if (upload.key < key_marker) continue;
    if (upload.key == key_marker && (id_marker.empty() || upload.id <= id_marker)) continue;
    if (count == most) {
      truncated = true;
      break;
    }
    ++count;
    last = &upload;
    uploads += fmt::format(
        "<Upload><Key>{}</Key><UploadId>{}</UploadId><StorageClass>{}</StorageClass>"
        "<Initiated>{}</Initiated></Upload>",
        text(upload.key), upload.id, upload.object.storage_class,
        format_iso8601_millis(upload.initiated));
  }
  XmlWriter xml;
  xml.open_root("ListMultipartUploadsResult");
  xml.element("Bucket", call.bucket_name);
  xml.out() += "<KeyMarker>" + text(key_marker) + "</KeyMarker>";
  xml.element("UploadIdMarker", id_marker);
  if (truncated && last != nullptr) {
    xml.out() += "<NextKeyMarker>" + text(last->key) + "</NextKeyMarker>";
    xml.element("NextUploadIdMarker", last->id);
  }
  xml.out() += "<Prefix>" + text(prefix) + "</Prefix>";
  xml.element("MaxUploads", most);
  if (url) xml.element("EncodingType", "url");
  xml.element("IsTruncated", truncated ? "true" : "false");
  xml.out() += uploads;
  xml.close("ListMultipartUploadsResult");
  return xml_reply(xml.take());
}

}  // namespace s3ferry::sim
