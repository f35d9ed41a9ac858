#include "cli/run_outcome.h"

#include <cstdio>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace s3ferry {
namespace {

using Json = nlohmann::ordered_json;

std::string path_in(const std::string& directory) {
  return directory + "/outcomes.json";
}

bool deletions_were_refused(DeletionsOutcome outcome) {
  return outcome == DeletionsOutcome::kRefusedCap ||
         outcome == DeletionsOutcome::kRefusedEmptySource ||
         outcome == DeletionsOutcome::kRefusedListing;
}

std::string result_of(const RunReport& report) {
  if (report.job_succeeded()) return "success";
  if (!report.sync) return "fail";
  if (report.sync->stopped) return "stopped";
  if (report.sync->counters.failed.objects > 0) return "fail";
  if (deletions_were_refused(report.sync->deletions)) return "deletions refused";
  return report.verdict() == CheckVerdict::kFail ? "check failed" : "fail";
}

Status write_all(const std::string& directory, const std::vector<RunOutcome>& outcomes) {
  Json out = Json::array();
  for (const RunOutcome& one : outcomes) {
    Json entry;
    entry["run"] = one.run;
    entry["result"] = one.result;
    entry["check"] = one.check;
    entry["exit_code"] = one.exit_code;
    out.push_back(std::move(entry));
  }
  const std::string path = path_in(directory), fresh = path + ".new";
  std::ofstream file(fresh, std::ios::trunc);
  file << out.dump() << "\n";
  file.close();
  if (file && std::rename(fresh.c_str(), path.c_str()) == 0) return {};
  return fail(ErrorKind::kIo, fmt::format("cannot write {}", escape_for_display(path)));
}

}  // namespace

RunOutcome outcome_of(const RunReport& report, std::uint64_t run) {
  return {run, result_of(report), std::string(to_string(report.verdict())), report.exit_code};
}

Status write_outcome(const std::string& directory, const RunOutcome& outcome) {
  std::vector<RunOutcome> all = read_outcomes(directory);
  std::erase_if(all, [&](const RunOutcome& one) { return one.run == outcome.run; });
  all.insert(all.begin(), outcome);
  if (all.size() > kMostOutcomes) all.resize(kMostOutcomes);
  return write_all(directory, all);
}

Status remove_outcome(const std::string& directory, std::uint64_t run) {
  std::vector<RunOutcome> all = read_outcomes(directory);
  if (std::erase_if(all, [&](const RunOutcome& one) { return one.run == run; }) == 0) return {};
  return write_all(directory, all);
}

std::vector<RunOutcome> read_outcomes(const std::string& directory) {
  std::ifstream file(path_in(directory));
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const Json in = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  std::vector<RunOutcome> all;
  if (!in.is_array()) return all;
  try {
    for (const Json& one : in)
      all.push_back({one.at("run").get<std::uint64_t>(), one.at("result").get<std::string>(),
                     one.at("check").get<std::string>(), one.at("exit_code").get<int>()});
  } catch (const Json::exception&) {
    return {};
  }
  return all;
}

}  // namespace s3ferry
