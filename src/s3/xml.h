#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <pugixml.hpp>

#include "base/error.h"

namespace s3ferry::s3 {

// XML other than listings: small documents, read strictly into a tree, and written.

struct XmlLimits {
  XmlLimits() = default;
  std::size_t max_bytes = 8 * 1024 * 1024;
  std::size_t max_depth = 32;
};

// The document and its root element. Movable; nodes live as long as it does.
class XmlDocument {
 public:
  // kTruncated: empty or ended early. kProtocol: not well-formed, or a DOCTYPE. kTooLarge.
  static Result<XmlDocument> parse(std::string_view body, XmlLimits limits = {});
  // The same, and its root must have this local name (kProtocol).
  static Result<XmlDocument> parse_as(std::string_view body, std::string_view root);

  pugi::xml_node root() const { return document_->document_element(); }
  std::string_view root_name() const;

 private:
  static Result<XmlDocument> load(std::string_view body);
  XmlDocument() : document_(std::make_unique<pugi::xml_document>()) {}
  std::unique_ptr<pugi::xml_document> document_;
};

// Well-formed, with this root? Without building a tree. `root` may be empty: any.
Status check_xml(std::string_view body, std::string_view root, XmlLimits limits = {});
// The same of a body that is kept, without a copy of it: the local name of its root.
Result<std::string_view> xml_root_of_whole(const std::string& body, XmlLimits limits = {});
Error unexpected_root(std::string_view root, std::string_view expected);
// The local name of the first element, or empty. Reads no further: for telling an <Error> apart.
std::string xml_root_name(std::string_view body);

// Names are compared without their namespace prefix.
std::string_view xml_local_name(const pugi::xml_node& node);
pugi::xml_node xml_child(const pugi::xml_node& parent, std::string_view local);
// All text of the element, blanks and CDATA included; empty where there is no such child.
std::string xml_text(const pugi::xml_node& node);
inline std::string xml_text(const pugi::xml_node& parent, std::string_view local) {
  return xml_text(xml_child(parent, local));
}
template <class F>
void xml_each(const pugi::xml_node& parent, std::string_view local, F f) {
  for (const pugi::xml_node& child : parent.children())
    if (child.type() == pugi::node_element && xml_local_name(child) == local) f(child);
}

// Escapes markup, and what XML would change on its way: CR, LF, TAB and other control characters,
// U+0085 and U+2028 become character references (s3-facts.md §3).
void append_xml_escaped(std::string& out, std::string_view text);
// Can XML 1.0 carry these bytes at all? No control characters but TAB, LF and CR, no surrogates, no
// U+FFFE or U+FFFF, valid UTF-8.
bool xml_can_carry(std::string_view text);

// Writes one document. Elements are closed in order by close().
class XmlWriter {
 public:
  explicit XmlWriter(std::string_view root);  // in S3's namespace
  XmlWriter& open(std::string_view name);
  XmlWriter& close();
  XmlWriter& element(std::string_view name, std::string_view text);
  std::string take() &&;  // closes what is open

 private:
  std::string out_;
  std::string stack_;  // names, '\n' between
};

}  // namespace s3ferry::s3
