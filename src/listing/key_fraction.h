#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace s3ferry {

// Reading a text from left to right: the shape of what was read, and where a character is cut.
class KeyShape {
 public:
  void read(std::uint8_t byte);
  std::uint64_t shape() const { return within_ > 0 ? inner_ : outer_; }
  std::uint64_t text() const { return text_; }
  // The bytes so far of the character that is cut; 0 between characters.
  std::uint64_t character() const { return within_ > 0 ? character_ : 0; }
  int missing() const { return within_; }  // bytes of a character that were not read yet

 private:
  std::uint64_t outer_ = 0x243f6a8885a308d3ULL, inner_ = 0, character_ = 0,
                text_ = 0x13198a2e03707344ULL;
  int within_ = 0;
};

// What the keys of a bucket look like: which bytes were seen at which place. Places are told apart
// by the shape of the text before them (punctuation as it is, letters and digits alike, a character
// beyond ASCII as one), so that what is learnt in one folder holds in its sisters. Only keys in
// order are assumed, nothing about folders or encodings. Pure; memory is bounded (kMostPlaces).
//
// It serves to guess how many keys lie between two others, and where the middle is. A wrong guess
// costs a request, never a key.
class KeyAlphabet {
 public:
  static constexpr std::size_t kMostPlaces = 4096;

  // A key that lies where one was looked for says which letters there are, but not how often.
  enum class Came : std::uint8_t { kByItself, kWhereLooked };
  void learn(std::string_view key, Came came = Came::kByItself);
  // A listing behind `from` began with `next` (nullopt: with nothing): no key lies between.
  void learn_gap(std::string_view from, std::optional<std::string_view> next);

 private:
  friend class KeySpan;
  struct Letter {
    std::uint8_t byte;
    std::uint32_t count;  // behind different texts
  };
  using Letters = std::bitset<256>;
  // All texts of one shape.
  struct Place {
    std::vector<Letter> letters;  // by byte
    std::uint32_t fresh = 0;      // observations behind different texts
    std::uint32_t gaps = 0;       // places looked at in vain
    std::uint64_t last_text = 0;
    bool observed = false;
    int limit = 256;              // nothing unseen from this byte on
    std::uint64_t character = 0;  // the bytes of the character that this place is within; 0: none
    std::uint64_t weighed_at = 0;
    std::vector<std::pair<std::uint8_t, double>> weights;  // by byte; they add up to 1
  };
  Place* place(const KeyShape& shape);
  const Place* find(const KeyShape& shape) const;
  void observe(Place& place, std::uint8_t byte, std::uint64_t text, bool counts);
  Letters possible(const Place& place) const;
  void weigh(Place& place) const;

  mutable std::unordered_map<std::uint64_t, Place> places_;
  // Seen anywhere: what may yet come where the like of it was seen.
  Letters among_digits_, leads_;
  std::unordered_map<std::uint64_t, Letters> within_;  // by the character's bytes before
  std::uint64_t version_ = 1;                          // of these three
};

// The keys of (low, high] as numbers: of() is 0 at `low`'s side and 1 at the far one, and never
// falls as keys rise. Counted from the first byte in which the two differ, so that a deep folder is
// as finely told apart as a whole bucket. The alphabet outlives it.
class KeySpan {
 public:
  KeySpan(const KeyAlphabet& alphabet, std::string_view low, std::optional<std::string_view> high);

  double of(std::string_view key) const;
  double end() const { return end_; }
  // A short key near `fraction`, at most `precision` before it; whole characters. Not of the
  // listing: a place between keys.
  std::string key_at(double fraction, double precision) const;

 private:
  const KeyAlphabet& alphabet_;
  std::string common_;
  KeyShape start_;
  double end_ = 1;
};

}  // namespace s3ferry
