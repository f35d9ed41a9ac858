#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "s3/entry_form.h"
#include "s3/list_times.h"

namespace s3ferry::s3 {

// The <Contents> elements of a listing taken as wholes. A server writes them all from a few
// patterns, which are learned from elements that the XML reader has read: the markup and the
// members that nobody asks for must be the same byte for byte, the texts in between may differ.
// Where also their lengths are the same an element is taken at once (EntryForm), else step by step.
// Costs a fraction of reading element by element. What is taken is what an XML reader would have
// read there; whatever is not, well-formed or not, is left to that reader. Remembers a few patterns
// and learns a bounded number of times.
class EntryTemplates {
 public:
  // Not while empty(). At `at`: true with `entry` filled in by views of the document and `at`
  // behind the element; else only those two may have changed. In the texts nothing has to be
  // decoded but %-escapes and '+' of the key, if it `has_escapes`; sixteen bytes behind each of
  // them can be read.
  bool read(const char*& at, const char* end, ListEntry& entry, bool& has_escapes) {
    const std::size_t guess = templates_[last_].next;
    KeyText key;
    if (!templates_[guess].form.take(at, end, key, times_, entry))
      return read_otherwise(guess, key, at, end, entry, has_escapes);
    last_ = guess;
    missed_ = 0;
    has_escapes = key.has_escapes;
    return true;
  }
  bool empty() const { return templates_.empty(); }
  // `element`: a whole <Contents> element that the XML reader has found good, with a Key and a
  // Size. Does nothing where it cannot be a pattern.
  void learn(std::string_view element);

 private:
  static constexpr std::size_t kMost = 12;  // patterns
  static constexpr std::size_t kMostVariants =
      4;                                        // learned for other lengths while there are fewer
  static constexpr std::size_t kMostSteps = 6;  // five texts, and the end
  static constexpr std::size_t kMostLearned = 32;  // elements
  static constexpr std::size_t kPatience = 32;     // elements in a row that none fitted

  using Slot = EntrySlot;
  // Markup, and the text that follows it.
  struct Step {
    std::size_t at = 0;  // in Template::markup, where at least sixteen bytes belong to it
    std::size_t size = 0;
    Slot slot = Slot::kEnd;
  };
  struct Template {
    std::string markup;
    std::vector<Step> steps;
    EntryForm form;
    std::size_t next = 0;  // the pattern that fitted after this one
    // Steps that it begins with as each of the others does.
    std::array<std::uint8_t, kMost> alike{};
    unsigned slots = 0;  // bits
  };
  // How far the pattern that was tried last came: patterns often differ only behind the ETag, and
  // what was read before that is not read again.
  struct Progress {
    std::array<const char*, kMostSteps + 1> places;  // where each step begins
    std::size_t steps = 0;                           // done
  };
  class Learner;

  bool read_otherwise(std::size_t guess, KeyText key, const char*& at, const char* end,
                      ListEntry& entry, bool& has_escapes);
  bool read_by_form(std::size_t tried, const char*& at, const char* end, KeyText& key,
                    ListEntry& entry);
  bool read_step_by_step(std::size_t guess, bool tries_all, const char*& at, const char* end,
                         ListEntry& entry, bool& has_escapes);
  bool take(const Template& pattern, const char* end, Progress& progress, ListEntry& entry,
            bool& has_escapes);
  void compare_with_others(std::size_t which);

  std::vector<Template> templates_;
  std::size_t last_ = 0;    // the one that fitted or was learned last
  std::size_t missed_ = 0;  // elements in a row
  std::size_t learned_ = 0;
  ListTimes times_;
};

}  // namespace s3ferry::s3
