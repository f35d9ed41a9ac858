#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "runtime/host.h"

namespace s3ferry {

// A host made of maps, for tests and the simulation: nothing outside the process is touched.
class FakeHost final : public Host {
 public:
  using Process = std::function<Result<ProcessOutput>(const std::vector<std::string>& argv)>;

  std::map<std::string, std::string> environment;
  std::map<std::string, std::string> files;       // path to bytes; write_file_private adds here
  std::map<std::string, Error> file_errors;       // path to what reading or writing it gives
  Process process;                                // unset: every program is missing (kIo)
  std::deque<std::string> answers;                // to prompts, in order; empty: no terminal
  std::vector<std::string> prompts;               // what was asked
  std::vector<std::vector<std::string>> started;  // argv of each process

  std::optional<std::string> env(const std::string& name) const override;
  Result<std::optional<std::string>> read_file(const std::string& path) override;
  Status write_file_private(const std::string& path, const std::string& bytes) override;
  Task<Result<ProcessOutput>> run_process(std::vector<std::string> argv, Duration limit) override;
  Result<std::string> prompt(const std::string& text) override;
  std::optional<std::string> home() const override;
};

}  // namespace s3ferry
