#include "s3/answers.h"

#include <array>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "s3/object_headers.h"
#include "s3/plain_xml.h"
#include "s3/xml.h"
#include "s3/xml_cursor.h"

namespace s3ferry::s3 {
namespace {

tl::unexpected<Error> bad(std::string_view what) {
  return fail(ErrorKind::kProtocol, fmt::format("the answer's {} cannot be read", what));
}

// The checksum members: <ChecksumCRC32>, <ChecksumSHA256> …
constexpr std::string_view kChecksum = "Checksum";
bool is_checksum(std::string_view name) {
  return name.starts_with(kChecksum) && name != "ChecksumType" && name != "ChecksumAlgorithm";
}
Checksum checksum_of(std::string_view name, std::string_view value) {
  return {std::string(name.substr(kChecksum.size())), std::string(value)};
}
std::vector<Checksum> checksum_members(const pugi::xml_node& node) {
  std::vector<Checksum> out;
  for (const pugi::xml_node& child : node.children()) {
    const std::string_view name = xml_local_name(child);
    if (is_checksum(name)) out.push_back(checksum_of(name, xml_text(child)));
  }
  return out;
}

ETag etag_member(const pugi::xml_node& node) {
  return ETag(unquote_etag(xml_text(node, "ETag")));
}

// A time that may be absent, but not wrong.
bool time_member(const pugi::xml_node& node, std::string_view name, std::optional<WallTime>& out) {
  const std::string text = xml_text(node, name);
  if (text.empty()) return true;
  out = parse_iso8601(text);
  return out.has_value();
}

bool number_member(const pugi::xml_node& node, std::string_view name, std::uint32_t& out) {
  const auto value = parse_u64(xml_text(node, name));
  if (!value || *value > std::numeric_limits<std::uint32_t>::max()) return false;
  out = static_cast<std::uint32_t>(*value);
  return true;
}

bool truth_member(const pugi::xml_node& node, std::string_view name, bool& out) {
  const std::string text = xml_text(node, name);
  out = text == "true";
  return out || text == "false";
}

}  // namespace

namespace {

// Takes in the members of a CopyObjectResult. Of those that come twice the first counts.
class CopyMembers {
 public:
  explicit CopyMembers(CopyResult& out) : out_(out) {}
  static bool wants(std::string_view name) {
    return name == "ETag" || name == "LastModified" || name.starts_with(kChecksum);
  }
  bool take(std::string_view name, std::string_view text) {
    if (name == "ETag") {
      if (!std::exchange(has_etag_, true)) out_.etag = ETag(unquote_etag(text));
    } else if (name == "LastModified") {
      if (!std::exchange(has_time_, true) && !text.empty())
        return (out_.last_modified = parse_iso8601(text)).has_value();
    } else if (name == "ChecksumType") {
      if (out_.checksum_type.empty()) out_.checksum_type = text;
    } else if (is_checksum(name)) {
      out_.checksums.push_back(checksum_of(name, text));
    }
    return true;
  }

 private:
  CopyResult& out_;
  bool has_etag_ = false, has_time_ = false;
};

Status read_copy_members(const std::string& body, CopyResult& out) {
  CopyMembers members(out);
  XmlCursor xml(body, XmlLimits().max_depth);
  XmlCursor::Tag root, member;
  if (!xml.enter_root(root)) return fail(xml.fault());
  if (root.local != "CopyObjectResult")
    return fail(unexpected_root(root.local, "CopyObjectResult"));
  std::string_view text;
  for (bool more = false;;) {
    if (!xml.next_child(root, member, more)) return fail(xml.fault());
    if (!more) break;
    if (!CopyMembers::wants(member.local)) {
      if (!xml.skip(member)) return fail(xml.fault());
      continue;
    }
    if (!xml.text(member, text)) return fail(xml.fault());
    if (!members.take(member.local, text)) return bad("LastModified");
  }
  if (!xml.finish()) return fail(xml.fault());
  return Status();
}

// In one walk over them: few answers hold any of these. The first of a name counts.
void read_copy_headers(const http::Headers& headers, CopyResult& out) {
  for (const auto& [field, value] : headers) {
    const auto is = [name = field](std::string_view wanted) {
      return name.size() == wanted.size() && iequals_ascii(name, wanted);
    };
    if (is("x-amz-version-id")) {
      if (out.version_id.empty()) out.version_id = VersionId(value);
    } else if (is("x-amz-copy-source-version-id")) {
      if (out.source_version_id.empty()) out.source_version_id = VersionId(value);
    } else if (is("x-amz-server-side-encryption")) {
      if (out.sse.empty()) out.sse = value;
    } else if (is("x-amz-server-side-encryption-aws-kms-key-id")) {
      if (out.sse_kms_key_id.empty()) out.sse_kms_key_id = value;
    }
  }
}

}  // namespace

bool read_plain_copy_result(const http::Headers& headers, std::string_view body, CopyResult& out) {
  const auto plain = read_plain_xml(body);
  if (!plain || plain->root != "CopyObjectResult") return false;
  CopyMembers members(out);
  for (const auto& [name, text] : *plain)
    if (!members.take(name, text)) return false;
  read_copy_headers(headers, out);
  return true;
}

// One a copied object, so without a tree.
Result<CopyResult> read_copy_result(const http::Headers& headers, const std::string& body) {
  CopyResult out;
  if (Status read = read_copy_members(body, out); !read) return fail(std::move(read.error()));
  read_copy_headers(headers, out);
  return out;
}

Result<PartResult> read_part_copy_result(std::string_view body) {
  auto document = XmlDocument::parse_as(body, "CopyPartResult");
  if (!document) return fail(std::move(document.error()));
  PartResult out;
  out.etag = etag_member(document->root());
  if (out.etag.empty()) return bad("ETag");  // nothing could be completed without it
  out.checksums = checksum_members(document->root());
  return out;
}

Result<CompleteResult> read_complete_result(const http::Headers& headers, std::string_view body) {
  auto document = XmlDocument::parse_as(body, "CompleteMultipartUploadResult");
  if (!document) return fail(std::move(document.error()));
  CompleteResult out;
  out.etag = etag_member(document->root());
  out.checksums = checksum_members(document->root());
  out.checksum_type = xml_text(document->root(), "ChecksumType");
  out.version_id = read_version_id(headers);
  return out;
}

Result<UploadId> read_create_upload(std::string_view body) {
  auto document = XmlDocument::parse_as(body, "InitiateMultipartUploadResult");
  if (!document) return fail(std::move(document.error()));
  UploadId upload(xml_text(document->root(), "UploadId"));
  if (upload.empty()) return bad("UploadId");
  return upload;
}

Result<PartList> read_part_list(std::string_view body) {
  auto document = XmlDocument::parse_as(body, "ListPartsResult");
  if (!document) return fail(std::move(document.error()));
  const pugi::xml_node root = document->root();
  PartList out;
  if (!truth_member(root, "IsTruncated", out.truncated)) return bad("IsTruncated");
  if (out.truncated && !number_member(root, "NextPartNumberMarker", out.next_marker))
    return fail(ErrorKind::kListing, "a truncated list of parts without its marker");
  bool good = true;
  xml_each(root, "Part", [&](const pugi::xml_node& node) {
    PartEntry part;
    const auto size = parse_u64(xml_text(node, "Size"));
    good = good && number_member(node, "PartNumber", part.number) && size &&
           time_member(node, "LastModified", part.last_modified);
    part.size = size.value_or(0);
    part.etag = etag_member(node);
    part.checksums = checksum_members(node);
    out.parts.push_back(std::move(part));
  });
  if (!good) return bad("list of parts");
  return out;
}

Result<UploadList> read_upload_list(std::string_view body) {
  auto document = XmlDocument::parse_as(body, "ListMultipartUploadsResult");
  if (!document) return fail(std::move(document.error()));
  const pugi::xml_node root = document->root();
  const bool encoded = xml_text(root, "EncodingType") == "url";
  bool good = true;
  auto decoded = [&](std::string text) {
    if (!encoded) return text;
    auto raw = uri_decode(text, /*plus_is_space=*/true);
    good = good && raw.has_value();
    return raw.value_or(std::string());
  };
  UploadList out;
  if (!truth_member(root, "IsTruncated", out.truncated)) return bad("IsTruncated");
  out.next_key_marker = decoded(xml_text(root, "NextKeyMarker"));
  out.next_upload_marker = xml_text(root, "NextUploadIdMarker");
  if (out.truncated && out.next_key_marker.empty())
    return fail(ErrorKind::kListing, "a truncated list of uploads without its marker");
  xml_each(root, "Upload", [&](const pugi::xml_node& node) {
    UploadEntry upload;
    upload.key = ObjectKey(decoded(xml_text(node, "Key")));
    upload.upload = UploadId(xml_text(node, "UploadId"));
    good = good && !upload.key.empty() && !upload.upload.empty() &&
           time_member(node, "Initiated", upload.initiated);
    out.uploads.push_back(std::move(upload));
  });
  if (!good) return bad("list of uploads");
  return out;
}

Result<NameValues> read_tagging(std::string_view body) {
  NameValues out;
  if (trim_ascii(body).empty()) return out;
  auto document = XmlDocument::parse_as(body, "Tagging");
  if (!document) return fail(std::move(document.error()));
  xml_each(xml_child(document->root(), "TagSet"), "Tag", [&](const pugi::xml_node& node) {
    out.emplace_back(xml_text(node, "Key"), xml_text(node, "Value"));
  });
  return out;
}

Result<BucketList> read_bucket_list(std::string_view body) {
  auto document = XmlDocument::parse_as(body, "ListAllMyBucketsResult");
  if (!document) return fail(std::move(document.error()));
  const pugi::xml_node root = document->root();
  BucketList out;
  out.next_token = xml_text(root, "ContinuationToken");
  out.owner_id = xml_text(xml_child(root, "Owner"), "ID");
  bool good = true;
  xml_each(xml_child(root, "Buckets"), "Bucket", [&](const pugi::xml_node& node) {
    BucketEntry bucket;
    bucket.name = BucketName(xml_text(node, "Name"));
    bucket.region = xml_text(node, "BucketRegion");
    good = good && !bucket.name.empty() && time_member(node, "CreationDate", bucket.created);
    out.buckets.push_back(std::move(bucket));
  });
  if (!good) return bad("list of buckets");
  return out;
}

Result<Versioning> read_versioning(std::string_view body) {
  auto document = XmlDocument::parse_as(body, "VersioningConfiguration");
  if (!document) return fail(std::move(document.error()));
  const std::string status = xml_text(document->root(), "Status");
  if (status.empty()) return Versioning::kNever;
  if (status == "Enabled") return Versioning::kEnabled;
  if (status == "Suspended") return Versioning::kSuspended;
  return bad("versioning status");
}

Result<std::string> read_location(std::string_view body) {
  auto document = XmlDocument::parse_as(body, "LocationConstraint");
  if (!document) return fail(std::move(document.error()));
  // A few servers nest a second element of the same name.
  pugi::xml_node node = document->root();
  if (const auto inner = xml_child(node, "LocationConstraint")) node = inner;
  std::string region(trim_ascii(xml_text(node)));
  if (region.empty()) return "us-east-1";
  if (region == "EU") return "eu-west-1";
  return region;
}

Result<std::vector<DeleteLine>> read_delete_result(std::string_view body) {
  auto document = XmlDocument::parse_as(body, "DeleteResult");
  if (!document) return fail(std::move(document.error()));
  std::vector<DeleteLine> out;
  bool good = true;
  xml_each(document->root(), "Deleted", [&](const pugi::xml_node& node) {
    DeleteLine line;
    line.key = xml_text(node, "Key");
    line.version_id = xml_text(node, "VersionId");
    line.delete_marker = xml_text(node, "DeleteMarker") == "true";
    line.delete_marker_version_id = xml_text(node, "DeleteMarkerVersionId");
    good = good && !line.key.empty();
    out.push_back(std::move(line));
  });
  xml_each(document->root(), "Error", [&](const pugi::xml_node& node) {
    DeleteLine line;
    line.key = xml_text(node, "Key");
    line.version_id = xml_text(node, "VersionId");
    line.error_code = xml_text(node, "Code");
    line.error_message = xml_text(node, "Message");
    good = good && !line.key.empty();
    if (line.error_code.empty()) line.error_code = "InternalError";
    out.push_back(std::move(line));
  });
  if (!good) return bad("list of deletions");
  return out;
}

std::string write_complete_body(const std::vector<CompletedPart>& parts) {
  XmlWriter xml("CompleteMultipartUpload");
  for (const CompletedPart& part : parts) {
    xml.open("Part").element("PartNumber", fmt::to_string(part.number));
    xml.element("ETag", quoted(part.etag));
    if (part.checksum) xml.element("Checksum" + part.checksum->algorithm, part.checksum->value);
    xml.close();
  }
  return std::move(xml).take();
}

std::string write_delete_body(const std::vector<DeleteTarget>& targets) {
  XmlWriter xml("Delete");
  for (const DeleteTarget& target : targets) {
    xml.open("Object").element("Key", target.key.view());
    if (!target.version_id.empty()) xml.element("VersionId", target.version_id.view());
    if (!target.if_match.empty()) xml.element("ETag", quoted(target.if_match));
    xml.close();
  }
  return std::move(xml.element("Quiet", "false")).take();
}

std::string write_tagging_body(const NameValues& tags) {
  XmlWriter xml("Tagging");
  xml.open("TagSet");
  for (const auto& [name, value] : tags)
    xml.open("Tag").element("Key", name).element("Value", value).close();
  return std::move(xml).take();
}

std::string write_create_bucket_body(std::string_view region) {
  return std::move(XmlWriter("CreateBucketConfiguration").element("LocationConstraint", region))
      .take();
}

std::string write_versioning_body(bool enabled) {
  return std::move(XmlWriter("VersioningConfiguration")
                       .element("Status", enabled ? "Enabled" : "Suspended"))
      .take();
}

}  // namespace s3ferry::s3
