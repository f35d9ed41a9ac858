#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace s3ferry {

// A shell pattern as Python's fnmatch reads it, on characters of UTF-8 (a byte that belongs to none
// counts as one): `*` any run, also across '/', `?` one character, `[seq]`, `[!seq]`. The whole
// text must match. Compiled once; matching allocates nothing.
class GlobPattern {
 public:
  explicit GlobPattern(std::string_view pattern);
  bool matches(std::string_view text) const;
  const std::string& text() const { return text_; }

 private:
  enum class Kind : std::uint8_t { kLiteral, kAnyChar, kAnyRun, kSet };
  struct Range {
    char32_t low, high;
  };
  struct Token {
    Kind kind;
    bool negated = false;  // kSet
    // kLiteral: bytes [begin, end) of literals_; kSet: ranges [begin, end) of ranges_.
    std::uint32_t begin = 0, end = 0;
  };
  void add_literal(std::string_view bytes);
  std::size_t add_set(std::string_view pattern, std::size_t at);
  std::size_t next_end_of_run(std::size_t next, std::string_view text, std::size_t from) const;
  bool match_one(const Token& token, std::string_view text, std::size_t& at) const;

  std::string text_, literals_;
  std::vector<Range> ranges_;
  std::vector<Token> tokens_;
};

// The ordered list of --exclude and --include: everything is included at first, the last pattern
// that matches decides. Patterns are anchored at the synced prefix, so keys are given relative to
// it; the same list is applied to both sides. As with the aws CLI, a pattern that begins with '/'
// matches nothing.
class Filters {
 public:
  void exclude(std::string_view pattern);
  void include(std::string_view pattern);
  bool includes(std::string_view relative_key) const;
  bool empty() const { return rules_.empty(); }
  // "--exclude '*.log' --include …", for logs; empty when there are none.
  std::string describe() const;

 private:
  struct Rule {
    bool include;
    GlobPattern pattern;
  };
  std::vector<Rule> rules_;
};

}  // namespace s3ferry
