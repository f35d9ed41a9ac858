#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace s3ferry::s3 {

// A small answer in the one form in which S3 and its kin write it: the usual declaration or none, a
// root in S3's namespace or none, one member after the other with a plain text in it, nothing else.
// Views of the document.
struct PlainDocument {
  static constexpr std::size_t kMost = 8;
  struct Member {
    std::string_view name;
    std::string_view text;  // without the quotes around an ETag
  };
  std::string_view root;
  std::array<Member, kMost> members;
  std::size_t count = 0;

  const Member* begin() const { return members.data(); }
  const Member* end() const { return members.data() + count; }
};

// Nothing where it is in any other form: well-formed or not, XmlCursor tells. What is returned is
// what XmlCursor would have read.
std::optional<PlainDocument> read_plain_xml(std::string_view document);

}  // namespace s3ferry::s3
