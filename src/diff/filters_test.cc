#include "diff/filters.h"

#include <random>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

namespace s3ferry {
namespace {

bool matches(std::string_view pattern, std::string_view text) {
  return GlobPattern(pattern).matches(text);
}

TEST(GlobPattern, MatchesAsFnmatchDoes) {
  // Each line was asked of Python 3.11's fnmatch.fnmatchcase.
  const std::tuple<const char*, const char*, bool> cases[] = {
      {"", "", true},
      {"", "a", false},
      {"*", "", true},
      {"*", "a/b/c", true},
      {"*.txt", "a/b.txt", true},
      {"*.txt", "a.txt2", false},
      {"a*b*c", "a--b--b-c", true},
      {"a*b*c", "a--b--b-", false},
      {"**", "x", true},
      {"?", "", false},
      {"?", "한", true},
      {"??", "한", false},
      {"a?c", "a/c", true},
      {"a?c", "a\nc", true},
      {"f[12]", "f1", true},
      {"f[12]", "f3", false},
      {"x[a-c]", "xb", true},
      {"x[a-c]", "xd", false},
      {"x[!a-c]", "xb", false},
      {"x[!a-c]", "xd", true},
      {"x[!a-c]", "x", false},
      {"[]a]", "]", true},
      {"[!]a]", "]", false},
      {"[!]a]", "b", true},
      {"[", "[", true},
      {"[a", "[a", true},
      {"[!", "[!", true},
      {"[]", "[]", true},
      {"[a-]", "-", true},
      {"[-a]", "-", true},
      {"[a-c-e]", "-", true},
      {"[a-c-e]", "d", false},
      {"[a-c-e]", "e", true},
      {"[c-a]", "b", false},
      {"[c-a]", "c", false},
      {"[!c-a]", "b", true},
      {"[c-ax]", "x", true},
      {"[가-힣]", "한", true},
      {"[^a]", "^", true},
      {"[^a]", "b", false},
      {"[a\\]", "\\", true},
      {"\\*", "\\x", true},
      {"\\*", "*", false},
      {"A", "a", false},
      {"a b", "a b", true},
      {"*한*", "가한나", true},
      {"*[!x]", "xx", false},
      {"*[!x]", "xxy", true},
      {"a.b", "axb", false},
      {"*a*b", "ab/ab/abc", false},
  };
  for (const auto& [pattern, text, expected] : cases)
    EXPECT_EQ(matches(pattern, text), expected) << pattern << " on " << text;
}

TEST(GlobPattern, BytesThatAreNoUtf8AreCharactersOfTheirOwn) {
  EXPECT_TRUE(matches("a?c",
                      "a\xffz"
                      "c") == false);
  EXPECT_TRUE(matches("a?c",
                      "a\xff"
                      "c"));
  EXPECT_TRUE(matches("a??c",
                      "a\xed\xa0"
                      "c"));  // half a surrogate: two bytes, two characters
  EXPECT_TRUE(matches("*\xff", "x\xff"));
  EXPECT_FALSE(matches("[\xc3\xbf]", "\xff"));  // U+00FF is not the byte FF
}

TEST(GlobPattern, ManyRunsTakeNoExponentialTime) {
  std::string pattern, text(1000, 'a');
  for (int i = 0; i < 40; ++i) pattern += "*a";
  EXPECT_FALSE(matches(pattern + "b", text));
  EXPECT_TRUE(matches(pattern, text));
}

// Characters as elements, every way tried.
bool matches_naively(const std::vector<std::string>& pattern, std::size_t p,
                     const std::vector<std::string>& text, std::size_t t) {
  if (p == pattern.size()) return t == text.size();
  if (pattern[p] == "*") {
    for (std::size_t end = t; end <= text.size(); ++end)
      if (matches_naively(pattern, p + 1, text, end)) return true;
    return false;
  }
  return t < text.size() && (pattern[p] == "?" || pattern[p] == text[t]) &&
         matches_naively(pattern, p + 1, text, t + 1);
}

TEST(GlobPattern, AgreesWithTryingEveryWay) {
  const std::vector<std::string> elements = {"a", "b", "/", "é", "ê", "가", "*", "?"};
  std::mt19937 random(20261122);
  int matched = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::vector<std::string> pattern, text;
    std::string joined_pattern, joined_text;
    for (auto n = random() % 7; n > 0; --n) pattern.push_back(elements[random() % 8]);
    for (auto n = random() % 9; n > 0; --n) text.push_back(elements[random() % 6]);
    for (const auto& element : pattern) joined_pattern += element;
    for (const auto& element : text) joined_text += element;
    const bool wanted = matches_naively(pattern, 0, text, 0);
    matched += wanted ? 1 : 0;
    ASSERT_EQ(GlobPattern(joined_pattern).matches(joined_text), wanted)
        << "pattern '" << joined_pattern << "' text '" << joined_text << "'";
  }
  EXPECT_GT(matched, 1000);
}

TEST(Filters, TheLastMatchDecides) {
  Filters filters;
  EXPECT_TRUE(filters.includes("anything"));
  filters.exclude("*");
  filters.include("keep/*");
  filters.exclude("*tmp*");
  EXPECT_FALSE(filters.includes("other"));
  EXPECT_TRUE(filters.includes("keep/a/b"));
  EXPECT_FALSE(filters.includes("keep/tmp1"));
  EXPECT_EQ(filters.describe(), "--exclude '*' --include 'keep/*' --exclude '*tmp*'");
}

TEST(Filters, ALeadingSlashMatchesNothing) {
  Filters filters;
  filters.exclude("/*");
  EXPECT_TRUE(filters.includes("/a"));
  EXPECT_TRUE(filters.includes("a"));
}

}  // namespace
}  // namespace s3ferry
