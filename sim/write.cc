#include "sim/write.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "sim/access.h"
#include "sim/conditions.h"
#include "sim/operations.h"

namespace s3ferry::sim {
namespace {

constexpr std::string_view kContentHeaders[] = {"content-type",        "cache-control",
                                                "content-disposition", "content-encoding",
                                                "content-language",    "expires"};
constexpr std::string_view kStorageClasses[] = {
    "STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING",
    "GLACIER",  "DEEP_ARCHIVE",       "GLACIER_IR"};
constexpr std::size_t kMetadataLimit = 2048;

Outcome<std::shared_ptr<const Encryption>> encryption_from_headers(const State& state,
                                                                   const Call& call) {
  if (call.header("x-amz-server-side-encryption-customer-algorithm"))
    return refuse("NotImplemented",
                  "This server does not hold objects encrypted with customer-provided keys");
  const auto algorithm = call.header("x-amz-server-side-encryption");
  if (!algorithm) return call.bucket->encryption;
  if (*algorithm == "AES256") return state.sse_s3;
  if (*algorithm != "aws:kms")
    return refuse("InvalidArgument", "The encryption method specified is not supported");
  auto out = std::make_shared<Encryption>();
  out->algorithm = "aws:kms";
  out->kms_key =
      std::string(call.header("x-amz-server-side-encryption-aws-kms-key-id").value_or(""));
  const std::string& account =
      call.principal.anonymous() ? call.bucket->owner->id : call.principal.account;
  // A name that is not an ARN resolves in the requester's account.
  if (out->kms_key.empty()) out->kms_key = "alias/aws/s3";
  if (!out->kms_key.starts_with("arn:")) {
    const bool alias = out->kms_key.starts_with("alias/");
    out->kms_key = fmt::format("arn:aws:kms:{}:{}:{}{}", call.bucket->region, account,
                               alias ? "" : "key/", out->kms_key);
  }
  return out;
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

}  // namespace

WallTime whole_seconds(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time);
}

std::string quoted(std::string_view etag) {
  std::string out;
  out.reserve(etag.size() + 2);
  out.push_back('"');
  out += etag;
  out.push_back('"');
  return out;
}

Outcome<std::shared_ptr<const Attributes>> attributes_from_headers(State& state, const Call& call) {
  std::shared_ptr<Attributes> out;
  const auto made = [&]() -> Attributes& {
    if (!out) out = std::make_shared<Attributes>();
    return *out;
  };
  std::size_t metadata_bytes = 0;
  for (const auto& [name, value] : call.request.headers) {
    if (starts_with_ignoring_case(name, "x-amz-meta-")) {
      const std::string key = to_lower_ascii(std::string_view(name).substr(11));
      std::string& stored = made().metadata[key];
      metadata_bytes += (stored.empty() ? key.size() : 0) + value.size();
      if (!stored.empty()) stored += ',';
      stored += value;
      continue;
    }
    for (const std::string_view known : kContentHeaders)
      if (iequals_ascii(known, name)) made().headers[std::string(known)] = value;
  }
  if (metadata_bytes > kMetadataLimit)
    return refuse(service_error("MetadataTooLarge")
                      .with("Size", std::to_string(metadata_bytes))
                      .with("MaxSizeAllowed", std::to_string(kMetadataLimit)));
  if (!out) return state.no_attributes;
  // aws-chunked is how the body came, not what it is.
  const auto encoding = out->headers.find("content-encoding");
  if (encoding != out->headers.end() && encoding->second == "aws-chunked")
    out->headers.erase(encoding);
  return out;
}

Outcome<void> check_tags(const TextMap& tags, std::size_t given) {
  if (given > 10)
    return refuse(service_error("InvalidTag").saying("Object tags cannot be greater than 10"));
  if (given != tags.size())
    return refuse("InvalidTag", "Cannot provide multiple Tags with the same key");
  for (const auto& [key, value] : tags) {
    if (key.empty() || characters(key) > 128)
      return refuse(service_error("InvalidTag")
                        .saying("The TagKey you have provided is invalid")
                        .with("TagKey", key));
    if (characters(value) > 256)
      return refuse(service_error("InvalidTag").with("TagKey", key).with("TagValue", value));
    if (starts_with_ignoring_case(key, "aws:"))
      return refuse("InvalidTag", "System tags cannot be added/updated by requester");
  }
  return {};
}

Outcome<std::shared_ptr<const TextMap>> tags_from_header(const Call& call) {
  const auto header = call.header("x-amz-tagging");
  if (!header || header->empty()) return nullptr;
  auto tags = std::make_shared<TextMap>();
  std::size_t given = 0;
  std::string_view rest = *header;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view item = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t equals = std::min(item.find('='), item.size());
    auto key = uri_decode(item.substr(0, equals), true);
    auto value = uri_decode(item.substr(std::min(equals + 1, item.size())), true);
    if (!key || !value)
      return refuse("InvalidArgument",
                    "The header 'x-amz-tagging' shall be encoded as UTF-8 then "
                    "URLEncoded URL query parameters without tag name duplicates.");
    ++given;
    tags->emplace(std::move(*key), std::move(*value));
  }
  if (auto fine = check_tags(*tags, given); !fine) return refuse(std::move(fine.error()));
  return tags;
}

Outcome<Object> new_object(State& state, const Call& call) {
  Object object;
  auto owner = new_object_owner(state, call, *call.bucket, call.key);
  if (!owner) return refuse(std::move(owner.error()));
  object.owner = owner->owner;
  object.acl = std::move(owner->acl);
  if (const auto storage = call.header("x-amz-storage-class")) {
    if (std::find(std::begin(kStorageClasses), std::end(kStorageClasses), *storage) ==
        std::end(kStorageClasses))
      return refuse("InvalidStorageClass");
    object.storage_class = std::string(*storage);
  }
  auto encryption = encryption_from_headers(state, call);
  if (!encryption) return refuse(std::move(encryption.error()));
  object.encryption = std::move(*encryption);
  object.website_redirect =
      std::string(call.header("x-amz-website-redirect-location").value_or(""));
  object.attributes = state.no_attributes;
  object.mtime = whole_seconds(call.now);
  return object;
}

Outcome<void> check_write_conditions(const Call& call) {
  const auto if_none_match = call.header("if-none-match");
  const auto if_match = call.header("if-match");
  if (!if_none_match && !if_match) return {};
  ObjectPtr current = call.bucket->store.find(call.key);
  if (current && current->delete_marker) current = nullptr;
  if (if_none_match) {
    if (*if_none_match != "*")
      return refuse(service_error("NotImplemented").with("Header", "If-None-Match"));
    if (current)
      return refuse(service_error("PreconditionFailed").with("Condition", "If-None-Match"));
  }
  if (if_match) {
    // What the condition tells is a read: the ETag of what is there.
    if (auto may = require(call, *call.bucket, "s3:GetObject", call.key); !may)
      return refuse(std::move(may.error()));
    if (!current) return refuse(service_error("NoSuchKey").with("Key", call.key));
    if (!etag_matches(*if_match, current->etag))
      return refuse(service_error("PreconditionFailed").with("Condition", "If-Match"));
  }
  return {};
}

Outcome<Checksum> check_digests(const Call& call, const Content& body) {
  if (const auto md5 = call.header("content-md5")) {
    const auto raw = from_base64(*md5);
    if (!raw || raw->size() != 16)
      return refuse(service_error("InvalidDigest").with("Content-MD5", std::string(*md5)));
    const std::string computed = body.md5();
    if (computed != *raw)
      return refuse(service_error("BadDigest")
                        .with("ExpectedDigest", to_hex(*raw))
                        .with("CalculatedDigest", to_base64(computed)));
  }
  for (const Checksum checksum : {Checksum::kCrc32, Checksum::kCrc32c, Checksum::kCrc64Nvme,
                                  Checksum::kSha1, Checksum::kSha256}) {
    const auto sent = call.header(header_of(checksum));
    if (!sent) continue;
    if (to_base64(body.checksum(checksum)) != *sent)
      return refuse("BadDigest",
                    fmt::format("The {} you specified did not match the calculated checksum.",
                                to_string(checksum)));
    return checksum;
  }
  if (const auto named = call.header("x-amz-sdk-checksum-algorithm"))
    if (!parse_checksum(*named))
      return refuse("InvalidRequest", "Checksum algorithm provided is unsupported.");
  return Checksum::kNone;
}

std::string single_part_etag(const Object& object, const std::string& md5_hex) {
  if (!object.encryption->is_kms()) return md5_hex;
  return to_hex(md5_of("encrypted " + md5_hex + object.encryption->kms_key));
}

void add_encryption_headers(http::Headers& headers, const Encryption& encryption) {
  headers.add("x-amz-server-side-encryption", encryption.algorithm);
  if (encryption.is_kms())
    headers.add("x-amz-server-side-encryption-aws-kms-key-id", encryption.kms_key);
}

void add_checksum_header(http::Headers& headers, const Object& object) {
  if (object.checksum == Checksum::kNone) return;
  headers.add(std::string(header_of(object.checksum)), object.checksum_base64());
  headers.add("x-amz-checksum-type", object.checksum_composite ? "COMPOSITE" : "FULL_OBJECT");
}

Outcome<Reply> put_object(State& state, const Call& call) {
  Bucket& bucket = *call.bucket;
  if (auto may = require(call, bucket, "s3:PutObject", call.key); !may)
    return refuse(std::move(may.error()));
  if (call.header("x-amz-tagging"))
    if (auto may = require(call, bucket, "s3:PutObjectTagging", call.key); !may)
      return refuse(std::move(may.error()));
  auto object = new_object(state, call);
  if (!object) return refuse(std::move(object.error()));
  auto attributes = attributes_from_headers(state, call);
  if (!attributes) return refuse(std::move(attributes.error()));
  auto tags = tags_from_header(call);
  if (!tags) return refuse(std::move(tags.error()));
  Content content = call.content();
  auto checksum = check_digests(call, content);
  if (!checksum) return refuse(std::move(checksum.error()));
  if (auto fine = check_write_conditions(call); !fine) return refuse(std::move(fine.error()));

  object->attributes = std::move(*attributes);
  object->tags = std::move(*tags);
  const std::string md5 = content.md5();
  object->content = std::move(content);
  object->checksum = *checksum == Checksum::kNone ? Checksum::kCrc64Nvme : *checksum;
  object->etag = single_part_etag(*object, to_hex(md5));

  Reply reply;
  reply.headers.add("ETag", quoted(object->etag));
  add_encryption_headers(reply.headers, *object->encryption);
  add_checksum_header(reply.headers, *object);
  const std::string version = store_version(state, bucket, call.key, std::move(*object));
  if (!version.empty()) reply.headers.add("x-amz-version-id", version);
  return reply;
}

Outcome<Reply> put_object_acl(State& state, const Call& call) {
  auto object = readable_object(call, *call.bucket, call.key, "", "s3:GetObjectAcl");
  if (!object) return refuse(std::move(object.error()));
  auto owner = new_object_owner(state, call, *call.bucket, call.key);
  if (!owner) return refuse(std::move(owner.error()));
  auto changed = std::make_shared<Object>(**object);
  changed->acl = owner->acl;
  call.bucket->store.put(call.key, std::move(changed));
  return Reply();
}

}  // namespace s3ferry::sim
