#include "support/program.h"

#include <sstream>

namespace s3ferry::testing {

Program::Program(const ScratchFolder& scratch)
    : scratch_(scratch), environment_(bare_environment()) {
  environment_["HOME"] = scratch_.path();
  environment_["AWS_SHARED_CREDENTIALS_FILE"] = scratch_.file("credentials");
  environment_["AWS_CONFIG_FILE"] = scratch_.file("config");
  environment_["AWS_REGION"] = "us-east-1";
  write_files();
}

void Program::write_files() {
  scratch_.write("credentials", credentials_);
  scratch_.write("config", config_);
}

void Program::add_profile(const std::string& name, const std::string& access_key_id,
                          const std::string& secret, const std::string& settings) {
  credentials_ += "[" + name + "]\naws_access_key_id = " + access_key_id +
                  "\naws_secret_access_key = " + secret + "\n";
  config_ += "[profile " + name + "]\nregion = us-east-1\n" + settings;
  write_files();
}

ProcessEnd Program::run(std::vector<std::string> arguments, std::chrono::milliseconds limit) const {
  arguments.insert(arguments.begin(), path());
  return run_process(std::move(arguments), environment_, limit);
}

std::string Program::path() {
  return S3FERRY_PROGRAM;
}

namespace {

std::vector<nlohmann::json> lines_of(const ProcessEnd& end) {
  std::vector<nlohmann::json> out;
  std::istringstream lines(end.out);
  for (std::string line; std::getline(lines, line);)
    out.push_back(nlohmann::json::parse(line, nullptr, false));
  return out;
}

}  // namespace

nlohmann::json summary_of(const ProcessEnd& end) {
  const auto lines = lines_of(end);
  if (lines.empty() || !lines.back().is_object() || lines.back().value("event", "") != "summary")
    return nullptr;
  return lines.back();
}

std::vector<nlohmann::json> events_of(const ProcessEnd& end, const std::string& name) {
  std::vector<nlohmann::json> out;
  for (const auto& line : lines_of(end))
    if (line.is_object() && line.value("event", "") == name) out.push_back(line);
  return out;
}

}  // namespace s3ferry::testing
