#include <charconv>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "base/text.h"
#include "sim/access.h"
#include "sim/conditions.h"
#include "sim/operations.h"
#include "sim/write.h"

namespace s3ferry::sim {
namespace {

constexpr std::size_t kMostKeys = 1000;

struct Removal {
  std::string key, version_id, etag;
};
struct Removed {
  bool marker = false;
  std::string version_id;
};

// Cuts one version out of the chain that `object` heads.
ObjectPtr without_version(const ObjectPtr& object, std::string_view version_id) {
  if (!object) return nullptr;
  if (object->version_id == version_id) return object->previous;
  ObjectPtr rest = without_version(object->previous, version_id);
  if (rest == object->previous) return object;
  auto copy = std::make_shared<Object>(*object);
  copy->previous = std::move(rest);
  return copy;
}

Removed remove_version(Bucket& bucket, const Removal& removal) {
  Removed out;
  out.version_id = removal.version_id;
  const std::string wanted = removal.version_id == "null" ? "" : removal.version_id;
  const ObjectPtr current = bucket.store.find(removal.key);
  for (ObjectPtr at = current; at; at = at->previous)
    if (at->version_id == wanted) out.marker = at->delete_marker;
  ObjectPtr rest = without_version(current, wanted);
  if (rest == current) return out;
  if (rest) {
    bucket.store.put(removal.key, std::move(rest));
  } else {
    bucket.store.erase(removal.key);
  }
  return out;
}

Outcome<Removed> remove_one(State& state, const Call& call, const Removal& removal) {
  Bucket& bucket = *call.bucket;
  const bool versioned = !removal.version_id.empty();
  if (auto may = require(call, bucket, versioned ? "s3:DeleteObjectVersion" : "s3:DeleteObject",
                         removal.key);
      !may)
    return refuse(std::move(may.error()));
  if (!removal.etag.empty()) {
    if (removal.etag != "*")
      if (auto may = require(call, bucket, "s3:GetObject", removal.key); !may)
        return refuse(std::move(may.error()));
    const ObjectPtr current = bucket.store.find(removal.key);
    if (!current || current->delete_marker)
      return refuse(service_error("NoSuchKey").with("Key", removal.key));
    if (!etag_matches(removal.etag, current->etag))
      return refuse(service_error("PreconditionFailed").with("Condition", "If-Match"));
  }
  if (versioned) return remove_version(bucket, removal);
  if (bucket.versioning == Versioning::kOff) {
    bucket.store.erase(removal.key);
    return Removed();
  }
  Object marker;
  marker.delete_marker = true;
  marker.mtime = whole_seconds(call.now);
  marker.owner = bucket.owner;
  marker.attributes = state.no_attributes;
  marker.encryption = state.sse_s3;
  return Removed{true, store_version(state, bucket, removal.key, std::move(marker))};
}

// XML 1.0 has no control characters but tab and the ends of lines, not even as references.
bool is_xml_1_0(std::string_view body) {
  const auto allowed = [](std::uint64_t c) {
    return c >= 0x20 || c == '\t' || c == '\n' || c == '\r';
  };
  for (std::size_t at = 0; at < body.size(); ++at) {
    if (!allowed(static_cast<unsigned char>(body[at]))) return false;
    if (!body.substr(at).starts_with("&#")) continue;
    std::string_view number = body.substr(at + 2, body.find(';', at) - at - 2);
    const bool hex = number.starts_with('x');
    if (hex) number.remove_prefix(1);
    std::uint64_t code = 0;
    const auto read =
        std::from_chars(number.data(), number.data() + number.size(), code, hex ? 16 : 10);
    if (read.ec != std::errc() || !allowed(code)) return false;
  }
  return true;
}

Outcome<std::vector<Removal>> read_removals(const Call& call, bool& quiet) {
  if (!is_xml_1_0(call.body)) return refuse("MalformedXML");
  pugi::xml_document document;
  if (!document.load_buffer(call.body.data(), call.body.size(),
                            pugi::parse_default | pugi::parse_ws_pcdata_single))
    return refuse("MalformedXML");
  const pugi::xml_node root = document.child("Delete");
  if (!root) return refuse("MalformedXML");
  quiet = std::string_view(root.child_value("Quiet")) == "true";
  std::vector<Removal> out;
  for (const pugi::xml_node node : root.children("Object")) {
    Removal removal;
    removal.key = node.child_value("Key");
    removal.version_id = node.child_value("VersionId");
    removal.etag = node.child_value("ETag");
    if (removal.key.empty()) return refuse("MalformedXML");
    out.push_back(std::move(removal));
  }
  if (out.empty() || out.size() > kMostKeys) return refuse("MalformedXML");
  return out;
}

Outcome<void> require_integrity_header(const Call& call) {
  bool checked = call.header("content-md5").has_value();
  for (const auto& [name, value] : call.request.headers)
    checked = checked || starts_with_ignoring_case(name, "x-amz-checksum-");
  if (!checked)
    return refuse("InvalidRequest",
                  "Missing required header for this request: Content-MD5 OR x-amz-checksum-*");
  if (auto fine = check_digests(call, call.content()); !fine)
    return refuse(std::move(fine.error()));
  return {};
}

void write_result(XmlWriter& xml, const Removal& removal, const Outcome<Removed>& removed,
                  bool quiet) {
  if (!removed) {
    xml.open("Error");
    xml.element("Key", removal.key);
    if (!removal.version_id.empty()) xml.element("VersionId", removal.version_id);
    xml.element("Code", removed.error().code);
    xml.element("Message", removed.error().message);
    xml.close("Error");
    return;
  }
  if (quiet) return;
  xml.open("Deleted");
  xml.element("Key", removal.key);
  if (!removal.version_id.empty()) xml.element("VersionId", removal.version_id);
  if (removed->marker) {
    xml.element("DeleteMarker", "true");
    xml.element("DeleteMarkerVersionId", removed->version_id);
  }
  xml.close("Deleted");
}

}  // namespace

Outcome<Reply> delete_object(State& state, const Call& call) {
  Removal removal;
  removal.key = call.key;
  removal.version_id = call.query_or("versionId", "");
  removal.etag = std::string(call.header("if-match").value_or(""));
  auto removed = remove_one(state, call, removal);
  if (!removed) return refuse(std::move(removed.error()));
  Reply reply;
  reply.status = 204;
  if (!removed->version_id.empty()) reply.headers.add("x-amz-version-id", removed->version_id);
  if (removed->marker) reply.headers.add("x-amz-delete-marker", "true");
  return reply;
}

Outcome<Reply> delete_objects(State& state, const Call& call) {
  if (auto fine = require_integrity_header(call); !fine) return refuse(std::move(fine.error()));
  bool quiet = false;
  auto removals = read_removals(call, quiet);
  if (!removals) return refuse(std::move(removals.error()));
  XmlWriter xml;
  xml.open_root("DeleteResult");
  FaultTarget target;
  target.operation = call.operation;
  target.bucket = call.bucket->name;
  target.side = call.bucket->side;
  for (const Removal& removal : *removals) {
    target.key = removal.key;
    if (const auto fault = state.faults.take_for_deleted_key(target)) {
      ServiceError error = service_error(fault->code.empty() ? "InternalError" : fault->code);
      write_result(xml, removal, refuse(std::move(error)), quiet);
    } else {
      write_result(xml, removal, remove_one(state, call, removal), quiet);
    }
  }
  xml.close("DeleteResult");
  return xml_reply(xml.take());
}

}  // namespace s3ferry::sim
