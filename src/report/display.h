#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/figures.h"
#include "base/time.h"
#include "base/types.h"
#include "transfer/events.h"

namespace s3ferry {

// Numbers and results as people read them. Pure functions. Keys are escaped (escape_for_display),
// so every result stays on its line.

std::string display_duration(Duration time);    // "4.2 s", "3 min 05 s", "2 h 03 min"
std::string display_tally(const Tally& tally);  // "12 objects (3.4 MiB)"

// One argument of a command line so that a shell would read it back.
std::string shell_quote(std::string_view argument);

// The lines of `aws s3 sync`, without the line end.
std::string copied_line(const Pair& pair, const CopiedEvent& event);
std::string deleted_line(const Pair& pair, const DeletedEvent& event);
std::string failed_line(const Pair& pair, const FailedEvent& event);
std::string skipped_line(const Pair& pair, const SkippedEvent& event);
// `began`: the time of the first try, as this reader wants times.
std::string resumed_line(const ResumedEvent& event, std::string_view began);
std::string difference_line(const Pair& pair, const DifferenceEvent& event);

// Why, without the operation's key, which the line names already: "AccessDenied (403): …".
std::string reason_of(const Error& error);

}  // namespace s3ferry
