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
  return directory + "/outcome.json";
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

}  // namespace

RunOutcome outcome_of(const RunReport& report, std::uint64_t run) {
  return {run, result_of(report), std::string(to_string(report.verdict())), report.exit_code};
}

Status write_outcome(const std::string& directory, const RunOutcome& outcome) {
  Json out;
  out["run"] = outcome.run;
  out["result"] = outcome.result;
  out["check"] = outcome.check;
  out["exit_code"] = outcome.exit_code;
  const std::string path = path_in(directory), fresh = path + ".new";
  std::ofstream file(fresh, std::ios::trunc);
  file << out.dump() << "\n";
  file.close();
  if (file && std::rename(fresh.c_str(), path.c_str()) == 0) return {};
  return fail(ErrorKind::kIo, fmt::format("cannot write {}", escape_for_display(path)));
}

void remove_outcome(const std::string& directory) {
  std::remove(path_in(directory).c_str());
}

std::optional<RunOutcome> read_outcome(const std::string& directory) {
  std::ifstream file(path_in(directory));
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const Json in = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  try {
    if (!in.is_object()) return std::nullopt;
    return RunOutcome{in.at("run").get<std::uint64_t>(), in.at("result").get<std::string>(),
                      in.at("check").get<std::string>(), in.at("exit_code").get<int>()};
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

}  // namespace s3ferry
