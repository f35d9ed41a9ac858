// Whole copies under virtual time against a server that answers 503 to what is above a rate in each
// of its eight partitions, while that rate is halved and restored, and beside a second tool: the
// planner, its ranges, the queue and the copies, all of the program but the network. Prints what
// the server saw, and the bars; exits with 1 where one is missed.
//
//   copy_pace [RATE [SEED [SCRIPT]]]      RATE: copies a second a partition, 3500; SCRIPT: fill,
//                                         halve, share or all

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "engine/pace_scripts.h"

namespace s3ferry::testing {
namespace {

int main_of(int count, char** arguments) {
  const double rate = count > 1 ? std::atof(arguments[1]) : 3500;
  const std::uint64_t seed = count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 20261123;
  const std::string_view wanted = count > 3 ? arguments[3] : "all";
  bool good = rate > 0;
  int played = 0;
  for (const auto& [name, script] : kPaceScripts) {
    if (rate <= 0 || (wanted != "all" && wanted != name)) continue;
    ++played;
    for (const PaceFinding& finding : play_pace(script, rate, seed)) {
      std::printf("%s  %s\n", finding.met() ? "met   " : "MISSED", finding.text().c_str());
      good &= finding.met();
    }
    std::fflush(stdout);
  }
  if (played > 0) return good ? 0 : 1;
  std::fputs("usage: copy_pace [RATE [SEED [fill|halve|share|all]]]\n", stderr);
  return 2;
}

}  // namespace
}  // namespace s3ferry::testing

int main(int count, char** arguments) {
  return s3ferry::testing::main_of(count, arguments);
}
