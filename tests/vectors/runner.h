#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace s3ferry::vectors {

using Json = nlohmann::json;

// Counts and prints the outcome of each case; a case is passed, failed or skipped by name.
class Report {
 public:
  explicit Report(bool verbose) : verbose_(verbose) {}
  void begin_file(std::string file) { file_ = std::move(file); }
  void pass(std::string_view name);
  void fail(std::string_view name, std::string_view why);
  void skip(std::string_view name, std::string_view reason);
  int passed() const { return passed_; }
  int failed() const { return failed_; }
  int skipped() const { return skipped_; }

 private:
  bool verbose_;
  std::string file_;
  int passed_ = 0, failed_ = 0, skipped_ = 0;
};

// One kind of vector file. `takes` looks at the folder's name and the document's shape, never at
// the file's name, so that any directory of the same shape can be run.
struct Runner {
  std::string name;
  std::function<bool(std::string_view folder, const Json& document)> takes;
  std::function<void(const Json& document, Report& report)> run;
};

// Each runner's file defines one of these; main.cc lists them.
Runner sigv4_runner();
Runner endpoints_runner();
Runner retry_runner();
std::vector<Runner> credentials_runners();
std::vector<Runner> xml_runners();
Runner multipart_plan_runner();
Runner sync_cases_runner();

}  // namespace s3ferry::vectors
