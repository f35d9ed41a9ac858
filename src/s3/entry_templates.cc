#include "s3/entry_templates.h"

#include <algorithm>
#include <utility>

#include "s3/wide_bytes.h"

namespace s3ferry::s3 {
namespace {

// Whether `size` bytes of `markup` stand at p. Both may be read sixteen bytes at a time.
bool stands(const char* p, const char* end, const char* markup, std::size_t size) {
  if (static_cast<std::size_t>(end - p) < std::max(size, kWide)) return false;
  if (size < kWide) return !Hits(load_wide(p) != load_wide(markup)).any_before(size);
  WideBytes differ = load_wide(p + size - kWide) ^ load_wide(markup + size - kWide);
  for (std::size_t at = 0; at + kWide < size; at += kWide)
    differ |= load_wide(p + at) ^ load_wide(markup + at);
  return !Hits(differ != WideBytes{}).any();
}

bool number(std::string_view text, ByteCount& out) {
  constexpr std::size_t kMostDigits = 18;  // far below what a 63-bit number can be
  if (text.empty() || text.size() > kMostDigits) return false;
  ByteCount value = 0;
  unsigned worst = 0;
  for (const char c : text) {
    const unsigned digit = static_cast<unsigned char>(c) - static_cast<unsigned>('0');
    worst = std::max(worst, digit);
    value = value * 10 + digit;
  }
  out = value;
  return worst <= 9;
}

std::string_view between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

template <class Slot>
constexpr unsigned slot_bit(Slot slot) {
  return 1U << static_cast<unsigned>(slot);
}

bool is_blank(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

}  // namespace

// Not as the one before would have let expect.
bool EntryTemplates::read_otherwise(std::size_t guess, KeyText key, const char*& at,
                                    const char* end, ListEntry& entry, bool& has_escapes) {
  const char* p = at;
  while (p != end && is_blank(*p)) ++p;
  const char* begin = p;
  // Where hardly anything fits, trying all patterns on all objects is not worth it.
  const bool tries_all = missed_ < kPatience;
  const std::size_t tried = p == at ? guess : templates_.size();
  if (tries_all && read_by_form(tried, p, end, key, entry)) {
    has_escapes = key.has_escapes;
  } else if (!read_step_by_step(guess, tries_all, p, end, entry, has_escapes)) {
    ++missed_;
    return false;
  }
  missed_ = 0;
  at = p;
  if (templates_.size() < kMostVariants && !templates_[last_].form.fits(entry))
    learn(between(begin, p));
  return true;
}

bool EntryTemplates::read_by_form(std::size_t tried, const char*& at, const char* end, KeyText& key,
                                  ListEntry& entry) {
  for (std::size_t i = 0; i < templates_.size(); ++i) {
    if (i == tried || !templates_[i].form.take(at, end, key, times_, entry)) continue;
    templates_[last_].next = i;
    last_ = i;
    return true;
  }
  return false;
}

bool EntryTemplates::read_step_by_step(std::size_t guess, bool tries_all, const char*& at,
                                       const char* end, ListEntry& entry, bool& has_escapes) {
  Progress progress;
  progress.places[0] = at;
  bool taken = take(templates_[guess], end, progress, entry, has_escapes);
  std::size_t fitted = guess;
  const std::size_t tries = tries_all ? templates_.size() : 0;
  for (std::size_t i = 0, tried = guess; !taken && i < tries; ++i) {
    if (i == guess) continue;
    progress.steps = std::min<std::size_t>(progress.steps, templates_[i].alike[tried]);
    taken = take(templates_[i], end, progress, entry, has_escapes);
    tried = fitted = i;
  }
  if (!taken) return false;
  at = progress.places[progress.steps];
  templates_[last_].next = fitted;
  last_ = fitted;
  return true;
}

// From the first step on that is not yet done.
bool EntryTemplates::take(const Template& pattern, const char* end, Progress& progress,
                          ListEntry& entry, bool& has_escapes) {
  const char* p = progress.places[progress.steps];
  for (; progress.steps < pattern.steps.size(); ++progress.steps) {
    const Step& step = pattern.steps[progress.steps];
    progress.places[progress.steps] = p;
    if (!stands(p, end, pattern.markup.data() + step.at, step.size)) return false;
    p += step.size;
    if (step.slot == Slot::kEnd) continue;
    const char* begin = p;
    bool escapes = false;
    p = step.slot == Slot::kKey ? key_end(p, end, escapes) : text_end(p, end);
    const std::string_view text = between(begin, p);
    switch (step.slot) {
      case Slot::kKey:
        if (text.empty()) return false;
        entry.key = text;
        has_escapes = escapes;
        break;
      case Slot::kTime:
        if (!times_.read(text, entry.modified)) return false;
        break;
      case Slot::kSize:
        if (!number(text, entry.size)) return false;
        break;
      case Slot::kETag:
        entry.etag = unquote_etag(text);
        break;
      case Slot::kQuotedETag:
        entry.etag = text;
        break;
      case Slot::kClass:
        entry.storage_class = text;
        break;
      case Slot::kEnd:
        break;
    }
  }
  progress.places[progress.steps] = p;
  // What another pattern may have left there.
  const auto has = [&](Slot slot) { return (pattern.slots & slot_bit(slot)) != 0; };
  if (!has(Slot::kETag) && !has(Slot::kQuotedETag)) entry.etag = {};
  if (!has(Slot::kClass)) entry.storage_class = {};
  if (!has(Slot::kTime)) entry.modified = {};
  return true;
}

// Finds the texts of one element. It is well-formed, so what is looked at here
// is only whether it is simple enough.
class EntryTemplates::Learner {
 public:
  explicit Learner(std::string_view element) : text_(element) {}

  bool learn(Template& out) {
    out_ = &out;
    if (text_.empty() || text_.front() != '<') return false;
    for (std::size_t at = 0; at != std::string_view::npos; at = text_.find('<', at)) {
      const std::size_t close = text_.find('>', at);
      if (close == std::string_view::npos) return false;
      const std::string_view tag = text_.substr(at + 1, close - at - 1);
      // Comments and the like, and values in which a '>' might stand.
      if (tag.empty() || tag.find_first_of("!?\"'") != std::string_view::npos) return false;
      at = close + 1;
      if (tag.front() == '/') {
        --depth_;
      } else if (tag.back() != '/') {
        ++depth_;
        if (depth_ == 2 && !member(tag, at)) return false;
      }
    }
    step(text_.size(), 0, Slot::kEnd);
    out.form.finish();
    return has_key_ && has_size_ && out.markup.size() <= kMostMarkup &&
           out.steps.size() <= kMostSteps;
  }

 private:
  static constexpr std::size_t kMostMarkup = 4096;

  // The text of a member of the object begins at `at`.
  bool member(std::string_view tag, std::size_t at) {
    std::string_view name = tag.substr(0, tag.find_first_of(" \t\r\n"));
    name = name.substr(name.find(':') + 1);
    Slot slot = Slot::kEnd;
    if (name == "Key") slot = Slot::kKey;
    if (name == "LastModified") slot = Slot::kTime;
    if (name == "ETag") slot = Slot::kETag;
    if (name == "Size") slot = Slot::kSize;
    if (name == "StorageClass") slot = Slot::kClass;
    if (slot == Slot::kEnd) return true;
    std::size_t end = text_.find('<', at);
    if (end == std::string_view::npos || text_.substr(end, 2) != "</") return false;
    if (slot == Slot::kETag) {
      for (const std::string_view quote : {"&quot;", "&#34;"}) {
        const std::string_view text = text_.substr(at, end - at);
        if (text.size() < 2 * quote.size() || !text.starts_with(quote) || !text.ends_with(quote))
          continue;
        at += quote.size();
        end -= quote.size();
        slot = Slot::kQuotedETag;
        break;
      }
    }
    if (text_.substr(at, end - at).find('&') != std::string_view::npos) return false;
    has_key_ |= slot == Slot::kKey;
    has_size_ |= slot == Slot::kSize;
    step(at, end, slot);
    begin_ = end;
    return true;
  }

  // The markup from `begin_` to `end`, then the text of `slot` to `text_end`.
  void step(std::size_t end, std::size_t text_end, Slot slot) {
    Step made;
    made.at = out_->markup.size();
    made.size = end - begin_;
    made.slot = slot;
    const std::string_view markup = text_.substr(begin_, made.size);
    out_->form.add_markup(markup);
    if (slot != Slot::kEnd) out_->form.add_text(slot, text_.substr(end, text_end - end));
    out_->markup.append(markup);
    if (made.size < kWide) out_->markup.append(kWide - made.size, '\0');
    out_->steps.push_back(made);
    out_->slots |= slot_bit(slot);
  }

  std::string_view text_;
  Template* out_ = nullptr;
  std::size_t begin_ = 0;  // of the markup that is not yet part of a step
  int depth_ = 0;
  bool has_key_ = false, has_size_ = false;
};

void EntryTemplates::learn(std::string_view element) {
  if (learned_ == kMostLearned) return;
  ++learned_;
  Template made;
  if (!Learner(element).learn(made)) return;
  const std::size_t before = last_;
  last_ = templates_.size() < kMost ? templates_.size() : learned_ % kMost;
  if (last_ == templates_.size()) templates_.emplace_back();
  made.next = last_;
  templates_[last_] = std::move(made);
  templates_[before].next = last_;
  compare_with_others(last_);
}

void EntryTemplates::compare_with_others(std::size_t which) {
  Template& one = templates_[which];
  const auto markup = [](const Template& of, const Step& step) {
    return std::string_view(of.markup).substr(step.at, step.size);
  };
  for (std::size_t i = 0; i < templates_.size(); ++i) {
    Template& other = templates_[i];
    std::uint8_t alike = 0;
    while (alike < one.steps.size() && alike < other.steps.size() &&
           one.steps[alike].slot == other.steps[alike].slot &&
           markup(one, one.steps[alike]) == markup(other, other.steps[alike]))
      ++alike;
    one.alike[i] = other.alike[which] = alike;
  }
}

}  // namespace s3ferry::s3
