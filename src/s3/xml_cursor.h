#pragma once

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace s3ferry::s3 {

// One pass over an XML document, or a stretch of one, that is followed by a NUL, as std::string
// keeps it. Texts come as views of the document, or of the cursor's own memory where they had to be
// decoded. Well-formedness is checked on the way: names, attributes, nesting, references.
// Comments and processing instructions are passed over, CDATA is text; a DOCTYPE is refused, so
// there are no entities but the five of XML and character references (control characters too:
// servers write keys so). Raw control characters are refused in texts, CR too, which XML would turn
// into another key.
//
// Each step returns false at a fault, which fault() then tells: kTruncated where the document ends
// too early (with more bytes the same step may succeed), kProtocol otherwise, kTooLarge beyond
// `max_depth`. After that the cursor is of no use until it is placed anew.
class XmlCursor {
 public:
  struct Tag {
    std::string_view name;   // as written, with its prefix
    std::string_view local;  // without
    bool empty = false;      // <Name/>
  };

  explicit XmlCursor(std::size_t max_depth) : max_depth_(max_depth) {}
  XmlCursor(std::string_view document, std::size_t max_depth) : max_depth_(max_depth) {
    place(document);
  }

  // At the start of `stretch`, behind which stands a NUL. Elements that were open stay the
  // caller's.
  void place(std::string_view stretch) {
    begin_ = p_ = stretch.data();
    end_ = begin_ + stretch.size();
  }

  // From the start of the document to the root element's start tag.
  bool enter_root(Tag& root);
  // After the root's end tag: nothing but blanks, comments and processing instructions.
  bool finish();

  // The next child of `parent`: true with `more` and its start tag, or true without `more` once the
  // parent's end tag was read. Text between children is a fault unless it is blank.
  bool next_child(const Tag& parent, Tag& child, bool& more);
  // The element's text, up to and with its end tag; good until the next text. A child element is a
  // fault.
  bool text(const Tag& tag, std::string_view& out);
  // Passes over the whole content of an element and its end tag.
  bool skip(const Tag& tag);

  // Steps over `literal` if it stands here: for the tags that come a thousand times a page.
  template <std::size_t N>
  bool eat(const char (&literal)[N]) {
    if (static_cast<std::size_t>(end_ - p_) < N - 1 || std::memcmp(p_, literal, N - 1) != 0)
      return false;
    p_ += N - 1;
    return true;
  }

  // The same for a whole element whose text is of a known length and plain: `before` and `after`
  // are its tags. False leaves the cursor where it was, and is no fault.
  template <std::size_t Size, std::size_t N, std::size_t M>
  bool eat_fixed(const char (&before)[N], const char (&after)[M], std::string_view& out) {
    constexpr std::size_t kWhole = N - 1 + Size + M - 1;
    if (static_cast<std::size_t>(end_ - p_) < kWhole || std::memcmp(p_, before, N - 1) != 0 ||
        std::memcmp(p_ + N - 1 + Size, after, M - 1) != 0)
      return false;
    const char* text = p_ + N - 1;
    unsigned odd = 0;
    for (std::size_t i = 0; i < Size; ++i)
      odd |= static_cast<unsigned>(static_cast<unsigned char>(text[i]) < 0x20) |
             static_cast<unsigned>(text[i] == '<') | static_cast<unsigned>(text[i] == '&');
    if (odd != 0) return false;
    out = {text, Size};
    p_ += kWhole;
    return true;
  }

  // For who reads a part of the document by other means.
  const char* here() const { return p_; }
  const char* end() const { return end_; }
  void go_to(const char* place) { p_ = place; }

  // `before`: bytes of the document in front of the stretch.
  Error fault(std::size_t before = 0) const;
  ErrorKind fault_kind() const { return kind_; }
  bool fail(const char* why);  // kProtocol, here
  bool fail(ErrorKind kind, const char* why);

 private:
  bool broken(const char* why);  // kTruncated at the end of the buffer, else fail(why)
  bool skip_blank();
  bool skip_misc();
  bool skip_past(std::string_view stop, const char* why);
  bool skip_instruction();
  bool declaration();
  bool open(Tag& tag);
  bool attributes(Tag& tag);
  bool close(std::string_view name);
  bool name(std::string_view& out);
  bool text_slowly(const Tag& tag, std::string_view& out);
  bool reference();
  bool character_reference();
  bool skip_text();

  const char* begin_ = nullptr;
  const char* p_ = nullptr;
  const char* end_ = nullptr;
  std::size_t max_depth_;
  std::string decoded_;                 // the text that was decoded last
  std::vector<std::string_view> open_;  // the elements that skip() is inside of
  ErrorKind kind_ = ErrorKind::kProtocol;
  const char* why_ = nullptr;
};

}  // namespace s3ferry::s3
