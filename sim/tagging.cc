#include "sim/tagging.h"

#include <pugixml.hpp>

#include "sim/access.h"
#include "sim/operations.h"
#include "sim/write.h"

namespace s3ferry::sim {

Outcome<TextMap> read_tag_document(std::string_view xml) {
  pugi::xml_document document;
  if (!document.load_buffer(xml.data(), xml.size(),
                            pugi::parse_default | pugi::parse_ws_pcdata_single))
    return refuse("MalformedXML");
  const pugi::xml_node set = document.child("Tagging").child("TagSet");
  if (!set) return refuse("MalformedXML");
  TextMap tags;
  std::size_t given = 0;
  for (const pugi::xml_node tag : set.children("Tag")) {
    if (!tag.child("Key") || !tag.child("Value")) return refuse("MalformedXML");
    ++given;
    tags.emplace(tag.child_value("Key"), tag.child_value("Value"));
  }
  if (given != tags.size())
    return refuse("InvalidTag", "Cannot provide multiple Tags with the same key");
  return tags;
}

std::string tag_document(const TextMap& tags) {
  XmlWriter xml;
  xml.open_root("Tagging");
  xml.open("TagSet");
  for (const auto& [key, value] : tags) {
    xml.open("Tag");
    xml.element("Key", key);
    xml.element("Value", value);
    xml.close("Tag");
  }
  xml.close("TagSet");
  xml.close("Tagging");
  return xml.take();
}

namespace {

// Puts other tags on the version that is asked for.
Outcome<Reply> replace_tags(const Call& call, std::shared_ptr<const TextMap> tags) {
  Bucket& bucket = *call.bucket;
  const ObjectPtr current = bucket.store.find(call.key);
  const std::string version = call.query_or("versionId", "");
  if (!current || current->delete_marker)
    return refuse(service_error("NoSuchKey").with("Key", call.key));
  if (!version.empty() && current->version_id != (version == "null" ? "" : version))
    return refuse("NotImplemented", "Tags of earlier versions cannot be changed here");
  auto changed = std::make_shared<Object>(*current);
  changed->tags = std::move(tags);
  Reply reply;
  if (!current->version_id.empty()) reply.headers.add("x-amz-version-id", current->version_id);
  bucket.store.put(call.key, std::move(changed));
  return reply;
}

}  // namespace

Outcome<Reply> object_tagging(State&, const Call& call) {
  if (call.operation == Operation::kGetObjectTagging) {
    const std::string version = call.query_or("versionId", "");
    auto object =
        readable_object(call, *call.bucket, call.key, version,
                        version.empty() ? "s3:GetObjectTagging" : "s3:GetObjectVersionTagging");
    if (!object) return refuse(std::move(object.error()));
    Reply reply = xml_reply(tag_document((*object)->tags ? *(*object)->tags : TextMap()));
    if (!(*object)->version_id.empty())
      reply.headers.add("x-amz-version-id", (*object)->version_id);
    return reply;
  }
  const bool remove = call.operation == Operation::kDeleteObjectTagging;
  if (auto may = require(call, *call.bucket,
                         remove ? "s3:DeleteObjectTagging" : "s3:PutObjectTagging", call.key);
      !may)
    return refuse(std::move(may.error()));
  if (remove) {
    auto done = replace_tags(call, nullptr);
    if (done) done->status = 204;
    return done;
  }
  if (auto fine = check_digests(call, call.content()); !fine)
    return refuse(std::move(fine.error()));
  auto tags = read_tag_document(call.body);
  if (!tags) return refuse(std::move(tags.error()));
  if (auto fine = check_tags(*tags, tags->size()); !fine) return refuse(std::move(fine.error()));
  return replace_tags(call, std::make_shared<TextMap>(std::move(*tags)));
}

}  // namespace s3ferry::sim
