#include "listing/key_fraction.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "sim/synthetic.h"

namespace s3ferry {
namespace {

std::string any_bytes(std::mt19937_64& random, std::size_t most) {
  std::string out;
  const int kind = static_cast<int>(random() % 3);
  for (std::size_t n = random() % most; n > 0; --n) {
    static constexpr std::string_view kFew = "ab/0129-\xEA\xB0\x80\xF0\x9F";
    out.push_back(kind == 0 ? static_cast<char>(random() % 256) : kFew[random() % kFew.size()]);
  }
  return out;
}

// Whatever was learnt of whatever keys: later keys never come before earlier ones, and a place
// between is one that the range's ends allow.
TEST(KeyFraction, NeverFallsAsKeysRise) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 200; ++round) {
    KeyAlphabet alphabet;
    for (std::size_t n = random() % 60; n > 0; --n) alphabet.learn(any_bytes(random, 12));
    for (std::size_t n = random() % 5; n > 0; --n)
      alphabet.learn_gap(any_bytes(random, 6), any_bytes(random, 6));
    std::vector<std::string> keys;
    for (int n = 0; n < 40; ++n) keys.push_back(any_bytes(random, 12));
    std::sort(keys.begin(), keys.end());
    const bool open = random() % 2 == 0;
    const KeySpan span(alphabet, keys.front(),
                       open ? std::nullopt : std::optional<std::string_view>(keys.back()));
    double before = 0;
    for (const std::string& key : keys) {
      const double at = span.of(key);
      EXPECT_GE(at, before - 1e-12);
      EXPECT_LE(at, 1);
      before = std::max(before, at);
    }
    const double fraction = 0.01 * static_cast<double>(random() % 100);
    const std::string middle = span.key_at(fraction * span.end(), 0.01);
    EXPECT_LE(span.of(middle), std::max(fraction * span.end(), span.of(keys.front())) + 0.02);
    EXPECT_LE(middle.size(), 1024u);
  }
}

sim::SyntheticKeys keys_of(sim::Layout layout, std::uint64_t count) {
  sim::SyntheticSpec spec;
  spec.layout = layout;
  spec.count = count;
  return *sim::SyntheticKeys::create(spec);
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (i + size > text.size()) return false;
    for (std::size_t k = 1; k < size; ++k)
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) return false;
    i += size;
  }
  return true;
}

// Having seen a thirtieth of the keys, here and there, it finds the middle within a tenth.
TEST(KeyFraction, FindsTheMiddleOfEachLayout) {
  using sim::Layout;
  for (const Layout layout : {Layout::kFlat, Layout::kPadded, Layout::kDates, Layout::kHashPrefixes,
                              Layout::kUuids, Layout::kLongPrefixes, Layout::kKorean}) {
    const auto keys = keys_of(layout, 100'000);
    KeyAlphabet alphabet;
    std::string key, low, high;
    for (std::uint64_t i = 0; i < keys.size(); i += 29) {
      keys.key(i, key);
      alphabet.learn(key);
    }
    keys.key(20'000, low);
    keys.key(90'000, high);
    const KeySpan span(alphabet, low, high);
    const std::string middle =
        span.key_at((span.of(low) + span.end()) / 2, (span.end() - span.of(low)) / 32);
    EXPECT_TRUE(is_utf8(middle)) << middle;
    EXPECT_GT(middle, low);
    EXPECT_LT(middle, high);
    EXPECT_NEAR(static_cast<double>(keys.lower_bound(middle)), 55'000, 10'000)
        << static_cast<int>(layout) << " " << middle;
  }
}

TEST(KeyFraction, LettersOfAHexadecimalNumberAreThoughtPossible) {
  KeyAlphabet alphabet;
  alphabet.learn("00/3fe");
  alphabet.learn("00/41b");
  alphabet.learn("00/7c2");
  alphabet.learn("00/9a7");
  const KeySpan span(alphabet, "00/3fe", std::nullopt);
  EXPECT_LT(span.of("50"), 0.6 * span.end());
  EXPECT_GT(span.of("b0"), span.of("a0"));
}

TEST(KeyFraction, AGapTakesTheHopeAway) {
  KeyAlphabet alphabet;
  alphabet.learn("k0000");
  alphabet.learn("k0001");
  const double before = KeySpan(alphabet, "k0000", std::nullopt).of("k1");
  alphabet.learn_gap("k5", std::nullopt);
  const KeySpan span(alphabet, "k0000", std::nullopt);
  EXPECT_GT(span.of("k1"), 2 * before);
  EXPECT_EQ(span.of("k9"), span.of("k6"));
}

// Nothing behind "k25" leaves room for "k21".
TEST(KeyFraction, AGapReachesNoFurtherBackThanItBegan) {
  KeyAlphabet alphabet;
  alphabet.learn("k00");
  alphabet.learn("k19");
  alphabet.learn_gap("k25", std::nullopt);
  const KeySpan span(alphabet, "k00", std::nullopt);
  EXPECT_GT(span.of("k3"), span.of("k2"));
  EXPECT_EQ(span.of("k4"), span.of("k3"));
  alphabet.learn_gap("k2", std::nullopt);
  const KeySpan nearer(alphabet, "k00", std::nullopt);
  EXPECT_EQ(nearer.of("k3"), nearer.of("k2"));
}

// Nothing behind "k8" says nothing of "k3", which lies between digits that were seen.
TEST(KeyFraction, AGapLeavesTheRoomBeforeItAsItWas) {
  KeyAlphabet alphabet;
  for (const char digit : std::string_view("0124567")) alphabet.learn(std::string("k") + digit);
  alphabet.learn_gap("k8", std::nullopt);
  const KeySpan span(alphabet, "k", std::nullopt);
  EXPECT_GE(span.of("k4") - span.of("k3"), 0.08);
  EXPECT_EQ(span.of("k9"), span.of("k8"));
}

TEST(KeyFraction, WhatWasLookedForSaysNothingOfHowOftenItComes) {
  KeyAlphabet counted, found;
  for (int folder = 0; folder < 20; ++folder) {
    const std::string key = "f" + std::to_string(folder) + "/0";
    counted.learn(key);
    found.learn(key, KeyAlphabet::Came::kWhereLooked);
  }
  const auto share_of_zero = [](const KeyAlphabet& alphabet) {
    const KeySpan span(alphabet, "f1/", "f1/z");
    return span.of("f1/1") / span.end();
  };
  EXPECT_GT(share_of_zero(counted), 0.5);
  EXPECT_LT(share_of_zero(found), 0.2);
}

TEST(KeyFraction, MemoryIsBounded) {
  std::mt19937_64 random(1);
  KeyAlphabet alphabet;
  std::string key;
  for (int i = 0; i < 3000; ++i) alphabet.learn(any_bytes(random, 200));
  const KeySpan span(alphabet, "a", "z");
  EXPECT_LE(span.of("m"), 1);
}

}  // namespace
}  // namespace s3ferry
