#include "listing/key_fraction.h"

#include <algorithm>
#include <array>

#include "base/types.h"

namespace s3ferry {
namespace {

// A letter's weight before anything is known of how often it comes.
constexpr double kPrior = 4;
// So many observations halve the belief in digits that were never seen.
constexpr double kHalf = 4;
constexpr std::uint32_t kGapIsWorth = 8;

template <class Is>
std::bitset<256> bytes_that(Is is) {
  std::bitset<256> out;
  for (int byte = 0; byte < 256; ++byte)
    if (is(byte)) out.set(static_cast<std::size_t>(byte));
  return out;
}

bool is_digit(int byte) {
  return byte >= '0' && byte <= '9';
}
bool is_word(int byte) {
  return is_digit(byte) || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}
bool is_lead(int byte) {
  return byte >= 0xc2 && byte < 0xf8;
}
const std::bitset<256> kDigits = bytes_that(is_digit);
const std::bitset<256> kWord = bytes_that(is_word);
const std::bitset<256> kLeads = bytes_that(is_lead);

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  hash ^= value + 0x9e3779b97f4a7c15ULL + (hash << 6) + (hash >> 2);
  return hash * 0xff51afd7ed558ccdULL;
}

std::uint64_t class_of(std::uint8_t byte) {
  return is_word(byte) ? 'w' : byte;
}

int bytes_behind(std::uint8_t lead) {
  if (lead >= 0xf0 && lead < 0xf8) return 3;
  if (lead >= 0xe0 && lead < 0xf0) return 2;
  return lead >= 0xc2 && lead < 0xe0 ? 1 : 0;
}

// The least bytes that make the character whole that `text` ends within.
void complete_character(std::string& text, int missing) {
  const auto lead_at = [&] {
    std::size_t at = text.size();
    while (at > 0 && (static_cast<std::uint8_t>(text[at - 1]) & 0xc0) == 0x80) --at;
    return at == 0 ? std::size_t{0} : at - 1;
  }();
  const auto lead = static_cast<std::uint8_t>(text[lead_at]);
  for (; missing > 0; --missing) {
    const bool second = text.size() == lead_at + 1;
    const int least = second && lead == 0xe0 ? 0xa0 : second && lead == 0xf0 ? 0x90 : 0x80;
    text.push_back(static_cast<char>(least));
  }
}

}  // namespace

void KeyShape::read(std::uint8_t byte) {
  text_ = mix(text_, byte);
  if (within_ > 0 && (byte & 0xc0) == 0x80) {
    inner_ = mix(inner_, byte);
    character_ = character_ << 8 | byte;
    --within_;
    return;
  }
  within_ = bytes_behind(byte);
  // A character beyond ASCII counts as one, however many bytes it has; within it each byte counts.
  outer_ = mix(outer_, within_ > 0 ? 0x100 : class_of(byte));
  inner_ = mix(outer_, byte);
  character_ = byte;
}

KeyAlphabet::Place* KeyAlphabet::place(const KeyShape& shape) {
  const auto found = places_.find(shape.shape());
  if (found != places_.end()) return &found->second;
  if (places_.size() >= kMostPlaces) return nullptr;
  Place& made = places_[shape.shape()];
  made.character = shape.character();
  return &made;
}

const KeyAlphabet::Place* KeyAlphabet::find(const KeyShape& shape) const {
  const auto found = places_.find(shape.shape());
  if (found == places_.end() || found->second.letters.empty()) return nullptr;
  if (found->second.weighed_at != version_) weigh(found->second);
  return &found->second;
}

void KeyAlphabet::observe(Place& place, std::uint8_t byte, std::uint64_t text, bool counts) {
  const auto at = std::lower_bound(place.letters.begin(), place.letters.end(), byte,
                                   [](const Letter& a, std::uint8_t b) { return a.byte < b; });
  const bool known = at != place.letters.end() && at->byte == byte;
  // Many keys of one folder are one observation of the folder's name.
  const bool fresh = !place.observed || place.last_text != text;
  if (known && !fresh) return;
  Letter& letter = known ? *at : *place.letters.insert(at, Letter{byte, 0});
  place.observed = true;
  place.last_text = text;
  if (fresh && counts) {
    ++place.fresh;
    ++letter.count;
  }
  place.weighed_at = 0;
  if (known) return;
  Letters seen;
  for (const Letter& one : place.letters) seen.set(one.byte);
  Letters& like = place.character != 0 ? within_[place.character]
                  : byte >= 0x80       ? leads_
                                       : among_digits_;
  Letters more = seen;
  if (&like == &leads_) more &= kLeads;
  if (&like == &among_digits_) more = (seen & kDigits).any() ? seen & kWord : Letters();
  if ((like | more) == like) return;
  like |= more;
  ++version_;
}

void KeyAlphabet::learn(std::string_view key, Came came) {
  KeyShape shape;
  for (const char c : key) {
    Place* at = place(shape);
    if (at == nullptr) return;
    observe(*at, static_cast<std::uint8_t>(c), shape.text(), came == Came::kByItself);
    shape.read(static_cast<std::uint8_t>(c));
  }
}

void KeyAlphabet::learn_gap(std::string_view from, std::optional<std::string_view> next) {
  std::size_t differ = 0;
  if (next) {
    while (differ < from.size() && differ < next->size() && from[differ] == (*next)[differ])
      ++differ;
    ++differ;  // at this place the next key goes on
  }
  KeyShape shape;
  for (std::size_t i = 0; i < from.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(from[i]);
    if (i >= differ) {
      Place* at = place(shape);
      if (at == nullptr) return;
      const bool seen = std::any_of(at->letters.begin(), at->letters.end(),
                                    [&](const Letter& letter) { return letter.byte == byte; });
      if (!seen) {
        // Where more follows, keys with this byte may lie before `from`.
        at->limit = std::min<int>(at->limit, byte + (i + 1 < from.size()));
        ++at->gaps;
        at->weighed_at = 0;
        return;
      }
    }
    shape.read(byte);
  }
}

// What was not seen at this place, but where the like of its letters was: digits beside a digit,
// the letters of a hexadecimal number, the other characters of a script.
KeyAlphabet::Letters KeyAlphabet::possible(const Place& place) const {
  Letters seen, out;
  for (const Letter& letter : place.letters) seen.set(letter.byte);
  if (place.character != 0) {
    const auto like = within_.find(place.character);
    if (like != within_.end()) out = like->second;
  } else {
    if ((seen & kDigits).any()) out |= kDigits | among_digits_;
    if ((seen & kLeads).any()) out |= leads_;
  }
  for (std::size_t byte = 0; byte < 256; ++byte)
    if (seen[byte] || static_cast<int>(byte) >= place.limit) out.reset(byte);
  return out;
}

void KeyAlphabet::weigh(Place& place) const {
  const Letters more = possible(place);
  // A gap says little of letters that lie between some that were seen.
  const double within = kPrior / (1 + place.fresh / kHalf);
  const double beyond = kPrior / (1 + (place.fresh + kGapIsWorth * place.gaps) / kHalf);
  const int least = place.letters.front().byte, most = place.letters.back().byte;
  place.weights.clear();
  for (const Letter& letter : place.letters)
    place.weights.emplace_back(letter.byte, kPrior + letter.count);
  for (int byte = 0; more.any() && byte < 256; ++byte)
    if (more[static_cast<std::size_t>(byte)])
      place.weights.emplace_back(static_cast<std::uint8_t>(byte),
                                 byte > least && byte < most ? within : beyond);
  std::sort(place.weights.begin(), place.weights.end());
  double sum = 0;
  for (const auto& weight : place.weights) sum += weight.second;
  for (auto& weight : place.weights) weight.second /= sum;
  place.weighed_at = version_;
}

KeySpan::KeySpan(const KeyAlphabet& alphabet, std::string_view low,
                 std::optional<std::string_view> high)
    : alphabet_(alphabet) {
  if (!high) return;
  const auto differ = std::mismatch(low.begin(), low.end(), high->begin(), high->end()).first;
  common_.assign(low.begin(), differ);
  for (const char c : common_) start_.read(static_cast<std::uint8_t>(c));
  end_ = of(*high);
}

double KeySpan::of(std::string_view key) const {
  if (!key.starts_with(common_)) return key < common_ ? 0 : 1;
  KeyShape shape = start_;
  double at = 0, scale = 1;
  for (std::size_t i = common_.size(); i < key.size() && scale > 1e-18; ++i) {
    const auto byte = static_cast<std::uint8_t>(key[i]);
    const KeyAlphabet::Place* place = alphabet_.find(shape);
    if (place == nullptr) break;
    double below = 0, width = 0;
    for (const auto& [letter, weight] : place->weights) {
      if (letter > byte) break;
      if (letter == byte)
        width = weight;
      else
        below += weight;
    }
    at += scale * below;
    if (width == 0) break;
    scale *= width;
    shape.read(byte);
  }
  return std::min(at, 1.0);
}

std::string KeySpan::key_at(double fraction, double precision) const {
  std::string out = common_;
  KeyShape shape = start_;
  while (precision < 1 && out.size() + 4 < kMaxKeyBytes) {
    const KeyAlphabet::Place* place = alphabet_.find(shape);
    if (place == nullptr) break;
    double below = 0;
    const std::pair<std::uint8_t, double>* chosen = &place->weights.front();
    for (const auto& letter : place->weights) {
      if (below + letter.second > fraction || &letter == &place->weights.back()) {
        chosen = &letter;
        break;
      }
      below += letter.second;
    }
    out.push_back(static_cast<char>(chosen->first));
    shape.read(chosen->first);
    fraction = std::max(0.0, (fraction - below) / chosen->second);
    precision /= chosen->second;
  }
  if (shape.missing() > 0) complete_character(out, shape.missing());
  return out;
}

}  // namespace s3ferry
