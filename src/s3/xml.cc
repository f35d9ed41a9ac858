#include "s3/xml.h"

#include <fmt/format.h>

#include "base/text.h"
#include "s3/xml_cursor.h"

namespace s3ferry::s3 {

Result<std::string_view> xml_root_of_whole(const std::string& body, XmlLimits limits) {
  if (body.size() > limits.max_bytes)
    return fail(ErrorKind::kTooLarge, fmt::format("an XML answer of {} bytes", body.size()));
  XmlCursor cursor(body, limits.max_depth);
  XmlCursor::Tag tag;
  if (!cursor.enter_root(tag)) return fail(cursor.fault());
  const std::string_view root = tag.local;
  if (!cursor.skip(tag) || !cursor.finish()) return fail(cursor.fault());
  return root;
}

Error unexpected_root(std::string_view root, std::string_view expected) {
  return Error(ErrorKind::kProtocol,
               fmt::format("the answer is <{}> where <{}> was expected",
                           escape_for_display(root.substr(0, 100)), expected));
}

Status check_xml(std::string_view body, std::string_view root, XmlLimits limits) {
  const std::string copy(body);  // gives the NUL at the end
  auto found = xml_root_of_whole(copy, limits);
  if (!found) return fail(std::move(found.error()));
  if (!root.empty() && *found != root) return fail(unexpected_root(*found, root));
  return Status();
}

std::string xml_root_name(std::string_view body) {
  constexpr std::size_t kUsual = 4096;
  for (const std::size_t size : {kUsual, body.size()}) {
    const std::string copy(body.substr(0, size));
    XmlCursor cursor(copy, 1);
    XmlCursor::Tag tag;
    if (cursor.enter_root(tag)) return std::string(tag.local);
    // Blanks sent to keep a connection alive may stand between the declaration and the root.
    if (body.size() <= kUsual || !cursor.fault().is(ErrorKind::kTruncated)) break;
  }
  return {};
}

Result<XmlDocument> XmlDocument::parse(std::string_view body, XmlLimits limits) {
  if (Status good = check_xml(body, {}, limits); !good) return fail(std::move(good.error()));
  return load(body);
}

Result<XmlDocument> XmlDocument::parse_as(std::string_view body, std::string_view root) {
  if (Status good = check_xml(body, root); !good) return fail(std::move(good.error()));
  return load(body);
}

// What check_xml() found good.
Result<XmlDocument> XmlDocument::load(std::string_view body) {
  XmlDocument out;
  // No end-of-line normalisation: a CR in a key is that key.
  const auto result = out.document_->load_buffer(
      body.data(), body.size(), pugi::parse_cdata | pugi::parse_escapes | pugi::parse_ws_pcdata,
      pugi::encoding_utf8);
  if (!result)
    return fail(ErrorKind::kProtocol,
                fmt::format("the answer's XML cannot be used: {}", result.description()));
  return out;
}

std::string_view XmlDocument::root_name() const {
  return xml_local_name(root());
}

std::string_view xml_local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const auto colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

pugi::xml_node xml_child(const pugi::xml_node& parent, std::string_view local) {
  for (const pugi::xml_node& child : parent.children())
    if (child.type() == pugi::node_element && xml_local_name(child) == local) return child;
  return {};
}

std::string xml_text(const pugi::xml_node& node) {
  std::string out;
  for (const pugi::xml_node& child : node.children())
    if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) out += child.value();
  return out;
}

void append_xml_escaped(std::string& out, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (c == '\'') {
      out += "&apos;";
    } else if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("&#x{:X};", byte);
    } else if (text.substr(i, 2) == "\xC2\x85") {
      out += "&#x85;";
      i += 1;
    } else if (text.substr(i, 3) == "\xE2\x80\xA8") {
      out += "&#x2028;";
      i += 2;
    } else {
      out += c;
    }
  }
}

bool xml_can_carry(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') return false;
    if (byte == 0xEF &&
        (text.substr(i, 3) == "\xEF\xBF\xBE" || text.substr(i, 3) == "\xEF\xBF\xBF"))
      return false;
  }
  return is_valid_utf8(text);
}

XmlWriter::XmlWriter(std::string_view root) {
  out_ = fmt::format("<{} xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">", root);
  stack_ = root;
}

XmlWriter& XmlWriter::open(std::string_view name) {
  out_ += fmt::format("<{}>", name);
  stack_ += '\n';
  stack_ += name;
  return *this;
}

XmlWriter& XmlWriter::close() {
  const auto last = stack_.rfind('\n');
  const std::size_t begin = last == std::string::npos ? 0 : last + 1;
  out_ += fmt::format("</{}>", std::string_view(stack_).substr(begin));
  stack_.resize(last == std::string::npos ? 0 : last);
  return *this;
}

XmlWriter& XmlWriter::element(std::string_view name, std::string_view text) {
  out_ += fmt::format("<{}>", name);
  append_xml_escaped(out_, text);
  out_ += fmt::format("</{}>", name);
  return *this;
}

std::string XmlWriter::take() && {
  while (!stack_.empty()) close();
  return std::move(out_);
}

}  // namespace s3ferry::s3
