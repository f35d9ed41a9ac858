#include <fmt/format.h>

#include "sim/access.h"
#include "sim/list_render.h"
#include "sim/operations.h"
#include "sim/write.h"

namespace s3ferry::sim {
namespace {

void render_version(XmlWriter& xml, std::string_view key, const Object& version, bool latest,
                    const ListRequest& request) {
  const std::string_view name = version.delete_marker ? "DeleteMarker" : "Version";
  xml.open(name);
  render_text(xml, "Key", key, request.url);
  xml.element("VersionId", version.version_id.empty() ? "null" : version.version_id);
  xml.element("IsLatest", latest ? "true" : "false");
  xml.element("LastModified", format_iso8601_millis(version.mtime));
  if (!version.delete_marker) {
    xml.element("ETag", quoted(version.etag));
    xml.element("Size", version.content.size());
    xml.element("StorageClass", version.storage_class);
  }
  if (version.owner != nullptr) {
    xml.open("Owner");
    xml.element("ID", version.owner->canonical_id);
    xml.close("Owner");
  }
  xml.close(name);
}

}  // namespace

// The first version of the listing: marker instead of tokens.
Outcome<Reply> list_objects(State&, const Call& call) {
  if (auto may = require(call, *call.bucket, "s3:ListBucket", ""); !may)
    return refuse(std::move(may.error()));
  auto request = read_list_request(call);
  if (!request) return refuse(std::move(request.error()));
  const std::string marker = call.query_or("marker", "");
  request->after = marker;
  request->has_after = !marker.empty();
  // A marker that is a common prefix continues behind all of it.
  request->after_is_prefix = !request->delimiter.empty() &&
                             marker.size() > request->prefix.size() &&
                             marker.ends_with(request->delimiter);
  request->fetch_owner = true;
  const ListedPage page = list_page(*call.bucket, *request);
  XmlWriter xml;
  xml.open_root("ListBucketResult");
  xml.element("Name", call.bucket_name);
  render_text(xml, "Prefix", request->prefix, request->url);
  render_text(xml, "Marker", marker, request->url);
  if (page.truncated && !request->delimiter.empty())
    render_text(xml, "NextMarker", page.last, request->url);
  xml.element("MaxKeys", request->max_keys);
  if (!request->delimiter.empty()) render_text(xml, "Delimiter", request->delimiter, request->url);
  if (request->url) xml.element("EncodingType", "url");
  xml.element("IsTruncated", page.truncated ? "true" : "false");
  xml.out() += page.contents.view();
  xml.out() += page.prefixes;
  xml.close("ListBucketResult");
  return xml_reply(xml.take());
}

Outcome<Reply> list_object_versions(State&, const Call& call) {
  if (auto may = require(call, *call.bucket, "s3:ListBucketVersions", ""); !may)
    return refuse(std::move(may.error()));
  auto request = read_list_request(call);
  if (!request) return refuse(std::move(request.error()));
  if (!request->delimiter.empty())
    return refuse(service_error("NotImplemented").with("Header", "delimiter"));
  const std::string key_marker = call.query_or("key-marker", "");
  const std::string version_marker = call.query_or("version-id-marker", "");
  XmlWriter entries;
  entries.out().clear();
  std::size_t count = 0;
  bool truncated = false;
  std::string last_key, last_version;
  ObjectStore::Cursor cursor(call.bucket->store);
  const bool inside = !key_marker.empty() && !version_marker.empty();
  cursor.seek(std::max(request->prefix, inside || key_marker.empty()
                                            ? key_marker
                                            : key_marker + std::string(1, '\0')));
  for (; cursor.valid() && !truncated; cursor.next()) {
    const std::string key(cursor.key());
    if (!key.starts_with(request->prefix)) break;
    const ObjectPtr latest = call.bucket->store.find(key);
    bool skipping = inside && key == key_marker;
    for (ObjectPtr at = latest; at; at = at->previous) {
      const std::string id = at->version_id.empty() ? "null" : at->version_id;
      if (skipping) {
        skipping = id != version_marker;
        continue;
      }
      if (count == request->max_keys) {
        truncated = true;
        break;
      }
      ++count;
      render_version(entries, key, *at, at == latest, *request);
      last_key = key;
      last_version = id;
    }
  }
  XmlWriter xml;
  xml.open_root("ListVersionsResult");
  xml.element("Name", call.bucket_name);
  render_text(xml, "Prefix", request->prefix, request->url);
  render_text(xml, "KeyMarker", key_marker, request->url);
  xml.element("VersionIdMarker", version_marker);
  if (truncated) {
    render_text(xml, "NextKeyMarker", last_key, request->url);
    xml.element("NextVersionIdMarker", last_version);
  }
  xml.element("MaxKeys", request->max_keys);
  if (request->url) xml.element("EncodingType", "url");
  xml.element("IsTruncated", truncated ? "true" : "false");
  xml.out() += entries.out();
  xml.close("ListVersionsResult");
  return xml_reply(xml.take());
}

}  // namespace s3ferry::sim
