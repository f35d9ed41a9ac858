#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "transfer/counters.h"

namespace s3ferry {

// A run's figures as they are written down for a later try: one JSON object, a name a figure,
// zeroes left out. What is of the moment (copies in flight, whether a listing has ended) is not in
// it. docs/formats/journal.md describes it.
std::string counters_to_text(const RunCounters& counters);

// kIo for what is no such object. A name that is not known is passed over, and one that is
// missing is zero, so that texts of other versions can be read.
Result<RunCounters> counters_from_text(std::string_view text);

// What a try leaves behind that ends before its run does: its figures, and why it ended.
std::string left_to_text(const RunCounters& counters, std::string_view why);
// Why, of such a text; empty for any other.
std::string why_left(std::string_view text);

// Adds every figure that a text holds.
void add_counters(RunCounters& sum, const RunCounters& more);

}  // namespace s3ferry
