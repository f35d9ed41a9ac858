// s3ferry_vectors [-v] DIR: runs every vector file below DIR. Exit 1 if a case failed, 2 on bad
// use.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "vectors/runner.h"

namespace s3ferry::vectors {

void Report::pass(std::string_view name) {
  ++passed_;
  if (verbose_) fmt::print("pass  {} {}\n", file_, name);
}
void Report::fail(std::string_view name, std::string_view why) {
  ++failed_;
  fmt::print("FAIL  {} {}: {}\n", file_, name, why);
}
void Report::skip(std::string_view name, std::string_view reason) {
  ++skipped_;
  fmt::print("skip  {} {}: {}\n", file_, name, reason);
}

namespace {

std::vector<Runner> all_runners() {
  std::vector<Runner> runners;
  runners.push_back(sigv4_runner());
  runners.push_back(endpoints_runner());
  runners.push_back(retry_runner());
  runners.push_back(multipart_plan_runner());
  for (Runner& runner : xml_runners()) runners.push_back(std::move(runner));
  for (Runner& runner : credentials_runners()) runners.push_back(std::move(runner));
  runners.push_back(sync_cases_runner());
  return runners;
}

int run_directory(const std::filesystem::path& root, bool verbose) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root))
    if (entry.is_regular_file() && entry.path().extension() == ".json")
      files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  const auto runners = all_runners();
  Report report(verbose);
  for (const auto& file : files) {
    const std::string shown = std::filesystem::relative(file, root).string();
    report.begin_file(shown);
    Json document = Json::parse(std::ifstream(file, std::ios::binary), nullptr, false);
    if (document.is_discarded()) {
      report.fail("(file)", "not JSON");
      continue;
    }
    const std::string folder = std::filesystem::absolute(file).parent_path().filename().string();
    const auto runner = std::find_if(runners.begin(), runners.end(),
                                     [&](const Runner& r) { return r.takes(folder, document); });
    if (runner == runners.end()) {
      report.fail("(file)", "no runner takes a file of this folder and shape");
      continue;
    }
    runner->run(document, report);
  }
  fmt::print("vectors: {} passed, {} failed, {} skipped\n", report.passed(), report.failed(),
             report.skipped());
  return report.failed() > 0 ? 1 : 0;
}

}  // namespace
}  // namespace s3ferry::vectors

int main(int argc, char** argv) {
  const bool verbose = argc > 1 && std::string_view(argv[1]) == "-v";
  const int first = verbose ? 2 : 1;
  if (argc != first + 1 || !std::filesystem::is_directory(argv[first])) {
    fmt::print(stderr, "usage: s3ferry_vectors [-v] DIR   (DIR: a folder of vector files)\n");
    return 2;
  }
  return s3ferry::vectors::run_directory(argv[first], verbose);
}
