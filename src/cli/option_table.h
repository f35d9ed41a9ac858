#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/options.h"

namespace s3ferry {

// Bits of the commands that a flag belongs to.
inline constexpr unsigned kForSync = 1, kForVerify = 2, kForLs = 4, kForRun = 8;
inline constexpr unsigned kForRuns = 16, kForFailures = 32;
inline constexpr unsigned kForPair = kForSync | kForVerify, kForAll = kForPair | kForLs;
unsigned command_bit(Command command);  // 0: version, help

// One flag: how it is written, what it does, what the help says. The table is the only place that
// knows a flag; parsing, refusing, suggesting and helping all go by it.
struct Flag {
  std::string_view name;   // "--delete"; "-v,--debug" where there is a short one
  std::string_view value;  // "N" in the help; empty: a switch
  unsigned commands = kForSync;
  std::string_view group;  // a heading of the help; empty: not shown
  std::string_view help;
  // Called for each occurrence, in the order of the command line: a later one wins.
  std::function<Status(Options&, const std::string& value)> apply;
  // What other commands call it, where `help` is about sync.
  std::vector<std::pair<unsigned, std::string_view>> other_help = {};

  std::string_view help_for(unsigned command) const {
    for (const auto& [others, text] : other_help)
      if ((others & command) != 0) return text;
    return help;
  }
  Flag&& with_help(unsigned for_commands, std::string_view text) && {
    other_help.emplace_back(for_commands, text);
    return std::move(*this);
  }
  std::string_view long_name() const { return name.substr(name.rfind(',') + 1); }
};

// All flags, in the order of the help. Those that are known from the aws CLI or planned, but cannot
// be honoured, are in it too: their apply() refuses with the reason.
const std::vector<Flag>& option_table();

// The parts of the table.
std::vector<Flag> transfer_flags();    // what is copied and deleted, and how
std::vector<Flag> check_flags();       // the check and the log
std::vector<Flag> state_flags();       // the journal, and going on with a run
std::vector<Flag> ending_flags();      // what ends a run before its time, or must not
std::vector<Flag> connection_flags();  // accounts, endpoints, TLS
std::vector<Flag> output_flags();      // what is shown; ls
std::vector<Flag> refused_flags();     // known, and not to be had

// "64MiB", "1.5GiB", "8388608"; KB, MB and GB are decimal, and letters of either case. nullopt for
// anything else.
std::optional<ByteCount> parse_bytes(std::string_view text);

// For apply(): "--max-delete 'x': …" as kUsage.
tl::unexpected<Error> bad_value(std::string_view flag, std::string_view value,
                                std::string_view what_it_takes);
Result<std::size_t> parse_count(std::string_view flag, const std::string& value, std::size_t low,
                                std::size_t high);

}  // namespace s3ferry
