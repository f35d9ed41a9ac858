#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace s3ferry::testing {

// Whole copies against eight partitions: what is done to them in the course of a run.
enum class PaceScript : std::uint8_t {
  kFill,   // nothing
  kHalve,  // the limit is halved, and restored
  kShare,  // a second tool takes half of one partition, and goes
};
inline constexpr std::array<std::pair<std::string_view, PaceScript>, 3> kPaceScripts = {
    {{"fill", PaceScript::kFill}, {"halve", PaceScript::kHalve}, {"share", PaceScript::kShare}}};

// A part of one that was found, and what it must lie in.
struct PaceFinding {
  std::string what;
  double found = 0, least = 0, most = 1;

  bool met() const { return found >= least && found <= most; }
  std::string text() const;
};

// Plays one run in virtual time, prints what it saw as it goes, and judges it. `rate`: copies a
// second that a partition serves.
std::vector<PaceFinding> play_pace(PaceScript script, double rate, std::uint64_t seed);

}  // namespace s3ferry::testing
