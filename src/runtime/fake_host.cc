#include "runtime/fake_host.h"

namespace s3ferry {

std::optional<std::string> FakeHost::env(const std::string& name) const {
  const auto found = environment.find(name);
  if (found == environment.end()) return std::nullopt;
  return found->second;
}

Result<std::optional<std::string>> FakeHost::read_file(const std::string& path) {
  if (const auto bad = file_errors.find(path); bad != file_errors.end()) return fail(bad->second);
  const auto found = files.find(path);
  if (found == files.end()) return std::optional<std::string>();
  return std::optional<std::string>(found->second);
}

Status FakeHost::write_file_private(const std::string& path, const std::string& bytes) {
  if (const auto bad = file_errors.find(path); bad != file_errors.end()) return fail(bad->second);
  files[path] = bytes;
  return Status();
}

Task<Result<ProcessOutput>> FakeHost::run_process(std::vector<std::string> argv, Duration) {
  started.push_back(argv);
  if (!process) co_return fail(ErrorKind::kIo, "cannot start the program: not found");
  co_return process(argv);
}

Result<std::string> FakeHost::prompt(const std::string& text) {
  prompts.push_back(text);
  if (answers.empty()) return fail(ErrorKind::kConfig, "there is no terminal to ask at");
  std::string answer = std::move(answers.front());
  answers.pop_front();
  return answer;
}

std::optional<std::string> FakeHost::home() const {
  auto home = env("HOME");
  if (home && home->empty()) return std::nullopt;
  return home;
}

}  // namespace s3ferry
