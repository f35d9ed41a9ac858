#include "s3/xml_cursor.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include <fmt/format.h>

#include "base/text.h"

namespace s3ferry::s3 {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

enum : std::uint8_t { kNameStart = 1, kNameChar = 2, kPlain = 4 };
constexpr std::array<std::uint8_t, 256> make_class_table() {
  std::array<std::uint8_t, 256> table{};
  for (int c = 0; c < 256; ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool start = letter || c == '_' || c == ':' || c >= 0x80;
    const bool more = start || (c >= '0' && c <= '9') || c == '-' || c == '.';
    const bool plain = (c >= 0x20 || c == '\t' || c == '\n') && c != '<' && c != '&';
    table[static_cast<std::size_t>(c)] = static_cast<std::uint8_t>(
        (start ? kNameStart : 0) | (more ? kNameChar : 0) | (plain ? kPlain : 0));
  }
  return table;
}
constexpr auto kClasses = make_class_table();
std::uint8_t byte_class(char c) {
  return kClasses[static_cast<unsigned char>(c)];
}

// Bytes that a text cannot take over as they are. One loop without branches: it is vectorised.
struct Marks {
  bool control = false, reference = false;
};
Marks look(const char* begin, const char* end) {
  unsigned control = 0, reference = 0;
  for (const char* p = begin; p != end; ++p) {
    const auto c = static_cast<unsigned char>(*p);
    control |= static_cast<unsigned>(c < 0x20) & static_cast<unsigned>(c != '\t') &
               static_cast<unsigned>(c != '\n');
    reference |= static_cast<unsigned>(c == '&');
  }
  return {control != 0, reference != 0};
}

void append_utf8(std::string& out, std::uint32_t code) {
  auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6), put(0x80 | (code & 63));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12), put(0x80 | (code >> 6 & 63)), put(0x80 | (code & 63));
  } else {
    put(0xF0 | code >> 18), put(0x80 | (code >> 12 & 63));
    put(0x80 | (code >> 6 & 63)), put(0x80 | (code & 63));
  }
}

}  // namespace

Error XmlCursor::fault(std::size_t before) const {
  const auto at = before + static_cast<std::size_t>(p_ - begin_);
  return Error(kind_, fmt::format("the answer's XML cannot be used: {} (at byte {})",
                                  why_ != nullptr ? why_ : "no fault", at));
}

bool XmlCursor::fail(ErrorKind kind, const char* why) {
  kind_ = kind;
  why_ = why;
  return false;
}
bool XmlCursor::fail(const char* why) {
  return fail(ErrorKind::kProtocol, why);
}

bool XmlCursor::broken(const char* why) {
  if (p_ >= end_) return fail(ErrorKind::kTruncated, "it ends too early");
  return fail(why);
}

bool XmlCursor::skip_blank() {
  while (is_blank(*p_)) ++p_;
  return true;
}

bool XmlCursor::skip_past(std::string_view stop, const char* why) {
  const char* found = std::search(p_, end_, stop.begin(), stop.end());
  if (found == end_) {
    p_ = end_;
    return broken(why);
  }
  if (std::memchr(p_, '\0', static_cast<std::size_t>(found - p_)) != nullptr)
    return fail("a NUL byte");
  p_ = found + stop.size();
  return true;
}

// After "<?": a name, then anything.
bool XmlCursor::skip_instruction() {
  std::string_view target;
  return name(target) && skip_past("?>", "an open processing instruction");
}

// Blanks, comments and processing instructions, until something else stands here.
bool XmlCursor::skip_misc() {
  for (;;) {
    skip_blank();
    if (*p_ != '<') return true;
    if (eat("<!--")) {
      if (!skip_past("-->", "an open comment")) return false;
    } else if (eat("<?")) {
      if (!skip_instruction()) return false;
    } else {
      return true;
    }
  }
}

// <?xml version="1.0" encoding="UTF-8"?>, if it stands here. No other encoding is read.
bool XmlCursor::declaration() {
  eat("\xEF\xBB\xBF");
  const char* start = p_;
  if (!eat("<?xml")) return true;
  if (!is_blank(*p_)) {  // <?xml-stylesheet …?>
    p_ = start;
    return true;
  }
  const char* begin = p_;
  if (!skip_past("?>", "an open XML declaration")) return false;
  const std::string_view inside(begin, static_cast<std::size_t>(p_ - begin));
  const auto at = inside.find("encoding");
  if (at == std::string_view::npos) return true;
  const auto first = inside.find_first_of("\"'", at);
  if (first == std::string_view::npos) return fail("a malformed XML declaration");
  const auto last = inside.find(inside[first], first + 1);
  if (last == std::string_view::npos) return fail("a malformed XML declaration");
  if (!iequals_ascii(inside.substr(first + 1, last - first - 1), "utf-8"))
    return fail("an encoding other than UTF-8");
  return true;
}

bool XmlCursor::enter_root(Tag& root) {
  if (p_ == end_) return fail(ErrorKind::kTruncated, "it is empty");
  if (!declaration() || !skip_misc()) return false;
  if (*p_ != '<') return broken("it does not begin with an element");
  return open(root);
}

bool XmlCursor::finish() {
  if (!skip_misc()) return false;
  return p_ == end_ || fail("something follows the root element");
}

bool XmlCursor::name(std::string_view& out) {
  const char* begin = p_;
  if ((byte_class(*p_) & kNameStart) == 0) return broken("a malformed name");
  do ++p_;
  while ((byte_class(*p_) & kNameChar) != 0);
  out = {begin, static_cast<std::size_t>(p_ - begin)};
  return true;
}

// At '<'. A start tag, or a fault.
bool XmlCursor::open(Tag& tag) {
  ++p_;
  if (*p_ == '!') {
    if (end_ - p_ < 9) return fail(ErrorKind::kTruncated, "it ends too early");
    return fail(eat("!DOCTYPE") ? "a DOCTYPE, which is refused" : "a malformed tag");
  }
  if (!name(tag.name)) return false;
  const auto colon = tag.name.find(':');
  tag.local = colon == std::string_view::npos ? tag.name : tag.name.substr(colon + 1);
  tag.empty = false;
  if (*p_ == '>') {
    ++p_;
    return true;
  }
  return attributes(tag);
}

bool XmlCursor::attributes(Tag& tag) {
  for (;;) {
    const bool blank = is_blank(*p_);
    skip_blank();
    if (eat(">")) return true;
    if (*p_ == '/') {
      ++p_;
      tag.empty = true;
      return eat(">") || broken("a malformed tag");
    }
    if (!blank) return broken("a malformed tag");
    std::string_view attribute;
    if (!name(attribute)) return false;
    skip_blank();
    if (!eat("=")) return broken("an attribute without a value");
    skip_blank();
    const char quote = *p_;
    if (quote != '"' && quote != '\'') return broken("an attribute without quotes");
    ++p_;
    while (*p_ != quote) {
      if (*p_ == '<' || *p_ == '\0') return broken("a malformed attribute");
      ++p_;
    }
    ++p_;
  }
}

// At "</".
bool XmlCursor::close(std::string_view expected) {
  p_ += 2;
  if (static_cast<std::size_t>(end_ - p_) <= expected.size()) {
    p_ = end_;
    return broken("an end tag");
  }
  if (std::memcmp(p_, expected.data(), expected.size()) != 0)
    return fail("an end tag that fits no start tag");
  p_ += expected.size();
  skip_blank();
  return eat(">") || broken("an end tag that fits no start tag");
}

bool XmlCursor::next_child(const Tag& parent, Tag& child, bool& more) {
  more = false;
  if (parent.empty) return true;
  if (!skip_misc()) return false;
  if (*p_ != '<') return broken("text between elements");
  if (p_[1] == '/') return close(parent.name);
  more = true;
  return open(child);
}

bool XmlCursor::text(const Tag& tag, std::string_view& out) {
  if (tag.empty) {
    out = {};
    return true;
  }
  const char* begin = p_;
  const auto* stop =
      static_cast<const char*>(std::memchr(p_, '<', static_cast<std::size_t>(end_ - p_)));
  if (stop == nullptr) {
    p_ = end_;
    return broken("text");
  }
  const Marks marks = look(begin, stop);
  if (marks.control) return fail("a control character in a text");
  if (marks.reference || stop[1] != '/') return text_slowly(tag, out);
  p_ = stop;
  out = {begin, static_cast<std::size_t>(stop - begin)};
  return close(tag.name);
}

// References, CDATA, comments.
bool XmlCursor::text_slowly(const Tag& tag, std::string_view& out) {
  decoded_.clear();
  for (;;) {
    const char c = *p_;
    if (c == '&') {
      if (!reference()) return false;
    } else if (c == '<') {
      if (p_[1] == '/') break;
      if (eat("<![CDATA[")) {
        const char* from = p_;
        if (!skip_past("]]>", "an open CDATA section")) return false;
        const auto size = static_cast<std::size_t>(p_ - 3 - from);
        if (look(from, from + size).control) return fail("a control character in a text");
        decoded_.append(from, size);
      } else if (eat("<!--")) {
        if (!skip_past("-->", "an open comment")) return false;
      } else if (eat("<?")) {
        if (!skip_instruction()) return false;
      } else {
        if (end_ - p_ < 9) p_ = end_;
        return broken("an element where a text was expected");
      }
    } else {
      const char* from = p_;
      while ((byte_class(*p_) & kPlain) != 0) ++p_;
      const auto size = static_cast<std::size_t>(p_ - from);
      if (size == 0) return broken("a control character in a text");
      decoded_.append(from, size);
    }
  }
  out = decoded_;
  return close(tag.name);
}

// At '&'.
bool XmlCursor::reference() {
  ++p_;
  if (*p_ == '#') return character_reference();
  if (eat("amp;"))
    decoded_.push_back('&');
  else if (eat("quot;"))
    decoded_.push_back('"');
  else if (eat("lt;"))
    decoded_.push_back('<');
  else if (eat("gt;"))
    decoded_.push_back('>');
  else if (eat("apos;"))
    decoded_.push_back('\'');
  else if (end_ - p_ < 5)
    return fail(ErrorKind::kTruncated, "it ends too early");
  else
    return fail("an entity that XML does not define");
  return true;
}

bool XmlCursor::character_reference() {
  ++p_;
  const bool hex = *p_ == 'x';
  if (hex) ++p_;
  std::uint32_t code = 0;
  const char* first = p_;
  for (;; ++p_) {
    const char c = *p_;
    std::uint32_t digit = 0;
    if (c >= '0' && c <= '9')
      digit = static_cast<std::uint32_t>(c - '0');
    else if (hex && c >= 'a' && c <= 'f')
      digit = static_cast<std::uint32_t>(c - 'a' + 10);
    else if (hex && c >= 'A' && c <= 'F')
      digit = static_cast<std::uint32_t>(c - 'A' + 10);
    else
      break;
    code = code * (hex ? 16 : 10) + digit;
    if (code > 0x10FFFF) return fail("a character reference beyond Unicode");
  }
  if (p_ == first || *p_ != ';') return broken("a malformed character reference");
  if (code == 0 || (code >= 0xD800 && code <= 0xDFFF))
    return fail("a character reference to no character");
  ++p_;
  append_utf8(decoded_, code);
  return true;
}

// Text inside an element that nobody reads: references are checked, nothing is kept.
bool XmlCursor::skip_text() {
  while (*p_ != '<') {
    if (*p_ == '&') {
      decoded_.clear();
      if (!reference()) return false;
    } else if (*p_ == '\0') {
      return broken("a NUL byte");
    } else {
      ++p_;
    }
  }
  return true;
}

bool XmlCursor::skip(const Tag& tag) {
  if (tag.empty) return true;
  open_.assign(1, tag.name);
  while (!open_.empty()) {
    if (!skip_text()) return false;
    if (p_[1] == '/') {
      if (!close(open_.back())) return false;
      open_.pop_back();
    } else if (eat("<!--")) {
      if (!skip_past("-->", "an open comment")) return false;
    } else if (eat("<![CDATA[")) {
      if (!skip_past("]]>", "an open CDATA section")) return false;
    } else if (eat("<?")) {
      if (!skip_instruction()) return false;
    } else {
      Tag child;
      if (!open(child)) return false;
      if (child.empty) continue;
      if (open_.size() >= max_depth_) return fail(ErrorKind::kTooLarge, "elements too deep");
      open_.push_back(child.name);
    }
  }
  return true;
}

}  // namespace s3ferry::s3
