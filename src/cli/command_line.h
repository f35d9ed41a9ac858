#pragma once

#include <string>
#include <vector>

#include "cli/options.h"

namespace s3ferry {

// Reads a command line (without the program's name). kUsage with one line that says what is wrong
// and what would be right. Touches nothing outside.
Result<Options> parse_command_line(const std::vector<std::string>& arguments);

// The flag of one of these commands (bits of option_table.h) that is spelt most like `flag`, or
// empty where none comes near.
std::string nearest_flag(std::string_view flag, unsigned commands);

// Help: of the program, or of one command.
std::string help_text();
std::string help_text(Command command);
std::string version_text();

}  // namespace s3ferry
