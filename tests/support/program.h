#pragma once

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "support/process.h"

namespace s3ferry::testing {

// The built s3ferry, run as a user would: profiles in files of their own, nothing of the caller's
// environment.
class Program {
 public:
  explicit Program(const ScratchFolder& scratch);

  // A profile in the credentials and the config file; `settings` are further lines of the latter.
  void add_profile(const std::string& name, const std::string& access_key_id,
                   const std::string& secret, const std::string& settings = {});
  Environment& environment() { return environment_; }
  ProcessEnd run(std::vector<std::string> arguments,
                 std::chrono::milliseconds limit = std::chrono::seconds(120)) const;
  static std::string path();  // of the binary

 private:
  void write_files();
  const ScratchFolder& scratch_;
  Environment environment_;
  std::string credentials_, config_;
};

// The last line of a --json run; null when it is no summary.
nlohmann::json summary_of(const ProcessEnd& end);
// All events of a --json run of this name.
std::vector<nlohmann::json> events_of(const ProcessEnd& end, const std::string& name);

}  // namespace s3ferry::testing
