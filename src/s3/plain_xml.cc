#include "s3/plain_xml.h"

namespace s3ferry::s3 {
namespace {

constexpr std::string_view kDeclaration = R"(<?xml version="1.0" encoding="UTF-8"?>)";
constexpr std::string_view kNamespace = R"( xmlns="http://s3.amazonaws.com/doc/2006-03-01/")";
constexpr std::string_view kQuote = "&quot;";

enum : unsigned char { kOfName = 1, kOfText = 2 };

// Letters and digits for names; what times, ETags, checksums and numbers are made of for texts.
constexpr std::array<unsigned char, 256> make_classes() {
  std::array<unsigned char, 256> table{};
  for (int c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = kOfName | kOfText;
  for (int c = 'A'; c <= 'Z'; ++c) table[static_cast<std::size_t>(c)] = kOfName | kOfText;
  for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = kOfName | kOfText;
  for (const char c : {'-', '.', ':', '_', '+', '/', '='})
    table[static_cast<unsigned char>(c)] = kOfText;
  return table;
}
constexpr auto kClasses = make_classes();

class Reader {
 public:
  explicit Reader(std::string_view rest) : rest_(rest) {}

  bool eat(std::string_view literal) {
    if (!rest_.starts_with(literal)) return false;
    rest_.remove_prefix(literal.size());
    return true;
  }
  bool eat(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string_view take(unsigned char of) {
    std::size_t size = 0;
    while (size < rest_.size() && (kClasses[static_cast<unsigned char>(rest_[size])] & of) != 0)
      ++size;
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  // A name, which begins with a letter.
  bool name(std::string_view& out) {
    out = take(kOfName);
    return !out.empty() && (out[0] < '0' || out[0] > '9');
  }
  bool text(bool may_be_quoted, std::string_view& out) {
    std::string_view quote;
    if (may_be_quoted) quote = eat(kQuote) ? kQuote : eat('"') ? "\"" : "";
    out = take(kOfText);
    return eat(quote);
  }
  bool done() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

}  // namespace

std::optional<PlainDocument> read_plain_xml(std::string_view document) {
  Reader in(document);
  PlainDocument out;
  if (in.eat(kDeclaration)) (void)in.eat('\n');
  if (!in.eat('<') || !in.name(out.root)) return std::nullopt;
  (void)in.eat(kNamespace);
  if (!in.eat('>')) return std::nullopt;
  while (!in.eat("</")) {
    if (out.count == PlainDocument::kMost) return std::nullopt;
    PlainDocument::Member& member = out.members[out.count++];
    if (!in.eat('<') || !in.name(member.name) || !in.eat('>') ||
        !in.text(member.name == "ETag", member.text) || !in.eat("</") || !in.eat(member.name) ||
        !in.eat('>'))
      return std::nullopt;
  }
  if (!in.eat(out.root) || !in.eat('>') || !in.done()) return std::nullopt;
  return out;
}

}  // namespace s3ferry::s3
