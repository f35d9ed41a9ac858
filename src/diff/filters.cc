#include "diff/filters.h"

#include "base/text.h"

namespace s3ferry {
namespace {

struct Char {
  char32_t value;
  std::size_t length;
};

// Bytes that are no UTF-8 stand for themselves, outside Unicode, so that they equal no character.
constexpr char32_t kStrayByte = 0x110000;

// The character at `at`; its length in bytes. Overlong forms and surrogates are stray bytes.
Char decode(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  const Char stray{kStrayByte + lead, 1};
  if (lead < 0xC2 || lead > 0xF4 || at + length > text.size()) return stray;
  char32_t value = lead & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return stray;
    value = (value << 6) | (byte(i) & 0x3Fu);
  }
  const bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
  if (overlong || (value >= 0xD800 && value <= 0xDFFF) || value > 0x10FFFF) return stray;
  return {value, length};
}

}  // namespace

GlobPattern::GlobPattern(std::string_view pattern) : text_(pattern) {
  std::size_t at = 0;
  while (at < pattern.size()) {
    const char c = pattern[at];
    if (c == '*') {
      if (tokens_.empty() || tokens_.back().kind != Kind::kAnyRun)
        tokens_.push_back({Kind::kAnyRun});
      ++at;
    } else if (c == '?') {
      tokens_.push_back({Kind::kAnyChar});
      ++at;
    } else if (c == '[') {
      at = add_set(pattern, at);
    } else {
      const std::size_t end = std::min(pattern.find_first_of("*?[", at), pattern.size());
      add_literal(pattern.substr(at, end - at));
      at = end;
    }
  }
}

void GlobPattern::add_literal(std::string_view bytes) {
  if (tokens_.empty() || tokens_.back().kind != Kind::kLiteral) {
    const auto here = static_cast<std::uint32_t>(literals_.size());
    tokens_.push_back({Kind::kLiteral, false, here, here});
  }
  literals_ += bytes;
  tokens_.back().end = static_cast<std::uint32_t>(literals_.size());
}

// `pattern[at]` is '['. A ']' that comes first belongs to the set; without a closing ']' the '[' is
// a literal; a range whose ends are reversed is empty. Returns where the pattern goes on.
std::size_t GlobPattern::add_set(std::string_view pattern, std::size_t at) {
  std::size_t begin = at + 1;
  const bool negated = begin < pattern.size() && pattern[begin] == '!';
  if (negated) ++begin;
  const std::size_t close = pattern.find(']', begin + 1);
  if (begin >= pattern.size() || close == std::string_view::npos) {
    add_literal("[");
    return at + 1;
  }
  Token set{Kind::kSet, negated, static_cast<std::uint32_t>(ranges_.size()), 0};
  const std::string_view body = pattern.substr(0, close);
  while (begin < close) {
    const Char low = decode(body, begin);
    begin += low.length;
    if (begin + 1 < close && body[begin] == '-') {
      const Char high = decode(body, begin + 1);
      begin += 1 + high.length;
      if (low.value <= high.value) ranges_.push_back({low.value, high.value});
    } else {
      ranges_.push_back({low.value, low.value});
    }
  }
  set.end = static_cast<std::uint32_t>(ranges_.size());
  tokens_.push_back(set);
  return close + 1;
}

// Takes `token`, which is no run, from `text` at `at`.
bool GlobPattern::match_one(const Token& token, std::string_view text, std::size_t& at) const {
  if (token.kind == Kind::kLiteral) {
    const std::string_view literal =
        std::string_view(literals_).substr(token.begin, token.end - token.begin);
    if (text.substr(at, literal.size()) != literal) return false;
    at += literal.size();
    return true;
  }
  if (at >= text.size()) return false;
  const Char here = decode(text, at);
  if (token.kind == Kind::kSet) {
    bool found = false;
    for (std::uint32_t i = token.begin; i < token.end && !found; ++i)
      found = ranges_[i].low <= here.value && here.value <= ranges_[i].high;
    if (found == token.negated) return false;
  }
  at += here.length;
  return true;
}

// Where a run that reaches at least to `from` may end for the next token to match: at the next
// place where its literal stands. A literal that begins with a character's first byte can stand
// only at a character's beginning.
std::size_t GlobPattern::next_end_of_run(std::size_t next, std::string_view text,
                                         std::size_t from) const {
  const Token& token = tokens_[next];
  if (token.kind != Kind::kLiteral) return from;
  const std::string_view literal =
      std::string_view(literals_).substr(token.begin, token.end - token.begin);
  const bool continuation = (static_cast<unsigned char>(literal.front()) & 0xC0) == 0x80;
  return continuation ? from : text.find(literal, from);
}

// Only the last run before a mismatch ever needs to be lengthened: what came before it stands.
bool GlobPattern::matches(std::string_view text) const {
  constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::size_t at = 0, token = 0;
  std::size_t run_token = kNone, run_at = 0;
  for (;;) {
    if (token == tokens_.size()) {
      if (at == text.size()) return true;
    } else if (tokens_[token].kind == Kind::kAnyRun) {
      if (token + 1 == tokens_.size()) return true;
      run_token = token++;
      run_at = at;
      continue;
    } else if (match_one(tokens_[token], text, at)) {
      ++token;
      continue;
    }
    if (run_token == kNone || run_at >= text.size()) return false;
    run_at = next_end_of_run(run_token + 1, text, run_at + decode(text, run_at).length);
    if (run_at == std::string_view::npos) return false;
    at = run_at;
    token = run_token + 1;
  }
}

void Filters::exclude(std::string_view pattern) {
  rules_.push_back({false, GlobPattern(pattern)});
}
void Filters::include(std::string_view pattern) {
  rules_.push_back({true, GlobPattern(pattern)});
}

bool Filters::includes(std::string_view relative_key) const {
  for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule)
    if (!rule->pattern.text().starts_with('/') && rule->pattern.matches(relative_key))
      return rule->include;
  return true;
}

std::string Filters::describe() const {
  std::string out;
  for (const Rule& rule : rules_) {
    if (!out.empty()) out += ' ';
    out += rule.include ? "--include '" : "--exclude '";
    out += escape_for_display(rule.pattern.text()) + "'";
  }
  return out;
}

}  // namespace s3ferry
