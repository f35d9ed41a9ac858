// sync-cases/1: whole runs of the program against the simulated S3, under virtual time.

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/app.h"
#include "runtime/fake_host.h"
#include "runtime/virtual_runtime.h"
#include "sim/counters.h"
#include "sim/in_process.h"
#include "sim/simulator.h"
#include "vectors/sync_case.h"

namespace s3ferry::vectors {
namespace {

constexpr std::string_view kAccount = "111111111111";
constexpr std::string_view kAccessKey = "AKIAEXAMPLEEXAMPLE00";
constexpr std::string_view kSecretKey = "not-a-real-secret-key-for-the-vectors";

// Later than every object of the cases, so that a copy is seen by its time.
const WallTime kNow = *parse_iso8601("2026-06-01T00:00:00Z");

// Notices requests that would go to a host that is not S3's.
class WatchedTransport final : public http::Transport {
 public:
  explicit WatchedTransport(http::Transport& inner) : inner_(inner) {}
  Task<Result<http::Response>> send(http::Request request) override {
    if (!request.origin.host.ends_with(".amazonaws.com")) foreign_ = request.origin.host;
    return inner_.send(std::move(request));
  }
  const std::string& foreign() const { return foreign_; }

 private:
  http::Transport& inner_;
  std::string foreign_;
};

using Snapshot = std::map<std::string, sim::ObjectInfo>;

class SyncCaseRun {
 public:
  explicit SyncCaseRun(const SyncCase& wanted)
      : case_(wanted),
        runtime_(1, kNow),
        simulator_(runtime_),
        wire_(runtime_, simulator_),
        watched_(wire_) {}

  // The first thing that is not as it should be; empty: all is well.
  std::string run();

 private:
  std::string set_up();
  Snapshot snapshot() const;
  std::string judge(const Snapshot& before, const Snapshot& after) const;
  std::string judge_copies(const Snapshot& before, const Snapshot& after) const;
  std::string judge_deletes(const SyncCase::Keys& deleted) const;
  std::string judge_exit() const;

  const SyncCase& case_;
  VirtualRuntime runtime_;
  sim::Simulator simulator_;
  sim::InProcessTransport wire_;
  WatchedTransport watched_;
  MemoryOutput out_, err_;
  int exit_code_ = -1;
};

std::string SyncCaseRun::set_up() {
  Status done = simulator_.add_account_with_key(std::string(kAccount), std::string(kAccessKey),
                                                Secret(std::string(kSecretKey)));
  auto add = [&](const std::string& name, sim::Side side,
                 const std::optional<std::vector<sim::ObjectSpec>>& objects) {
    if (!done || !objects) return;
    sim::BucketSpec bucket;
    bucket.name = name;
    bucket.owner = kAccount;
    bucket.side = side;
    done = simulator_.add_bucket(std::move(bucket));
    for (const sim::ObjectSpec& object : *objects)
      if (done) done = simulator_.put_object(name, object);
  };
  add(case_.source_bucket(), case_.same_bucket ? sim::Side::kNone : sim::Side::kSource,
      case_.source_objects);
  if (!case_.same_bucket) add(case_.target_bucket(), sim::Side::kTarget, case_.target_objects);
  if (!done) return "set-up: " + done.error().message();
  if (case_.fault) simulator_.add_fault(*case_.fault);
  return {};
}

Snapshot SyncCaseRun::snapshot() const {
  Snapshot objects;
  const std::string bucket = case_.target_bucket();
  if (!simulator_.has_bucket(bucket)) return objects;
  for (const std::string& key : simulator_.keys(bucket))
    if (auto info = simulator_.find_object(bucket, key)) objects.emplace(key, std::move(*info));
  return objects;
}

std::string SyncCaseRun::judge_copies(const Snapshot& before, const Snapshot& after) const {
  SyncCase::Keys copied;
  for (const auto& [key, info] : after) {
    const auto old = before.find(key);
    if (old == before.end() || old->second.mtime != info.mtime || old->second.etag != info.etag)
      copied.insert(key);
  }
  const SyncCase::Copies* wanted = case_.copies ? &*case_.copies : nullptr;
  if (wanted != nullptr)
    for (const std::string& key : copied)
      if (!wanted->contains(key)) return fmt::format("'{}' was written, but must not be", key);
  if (case_.copies_include) wanted = &*case_.copies_include;
  if (wanted == nullptr) return {};
  for (const auto& [key, copy] : *wanted) {
    if (!copied.contains(key)) return fmt::format("'{}' was not copied", key);
    const auto source = simulator_.read_object(case_.source_bucket(), copy.from);
    const auto target = simulator_.read_object(case_.target_bucket(), key);
    if (!source || !target || *source != *target)
      return fmt::format("'{}' does not hold what '{}' holds", key, copy.from);
    const std::string& got = after.at(key).storage_class;
    if (!copy.storage_class.empty() && got != copy.storage_class)
      return fmt::format("'{}' has storage class {}, not {}", key, got, copy.storage_class);
  }
  return {};
}

std::string SyncCaseRun::judge_deletes(const SyncCase::Keys& deleted) const {
  const SyncCase::Keys* wanted = case_.deletes ? &*case_.deletes : nullptr;
  if (exit_code_ == 0 && case_.deletes_if_retry_succeeds)
    wanted = &*case_.deletes_if_retry_succeeds;
  if (exit_code_ != 0 && case_.deletes_otherwise) wanted = &*case_.deletes_otherwise;
  if (wanted != nullptr && deleted != *wanted)
    return fmt::format("{} keys were deleted, not the {} expected", deleted.size(), wanted->size());
  if (case_.deletes_at_most && deleted.size() > *case_.deletes_at_most)
    return fmt::format("{} keys were deleted, more than {}", deleted.size(),
                       *case_.deletes_at_most);
  return {};
}

std::string SyncCaseRun::judge_exit() const {
  if (case_.exit_code && exit_code_ != *case_.exit_code)
    return fmt::format("exit code {}, not {}; standard error: {}", exit_code_, *case_.exit_code,
                       escape_for_display(err_.text()));
  if (case_.exit_nonzero && exit_code_ == 0) return "exit code 0, although it must not be";
  std::size_t warnings = 0;
  for (auto at = err_.text().find("warning: skipped"); at != std::string::npos;
       at = err_.text().find("warning: skipped", at + 1))
    ++warnings;
  if (case_.warnings && warnings != *case_.warnings)
    return fmt::format("{} warnings, not {}", warnings, *case_.warnings);
  const double took = std::chrono::duration<double>(runtime_.now() - TimePoint{}).count();
  if (case_.terminates_within_seconds && took > *case_.terminates_within_seconds)
    return fmt::format("it took {:.1f} s", took);
  return {};
}

std::string SyncCaseRun::judge(const Snapshot& before, const Snapshot& after) const {
  SyncCase::Keys deleted;
  for (const auto& [key, info] : before)
    if (!after.contains(key)) deleted.insert(key);
  if (!watched_.foreign().empty())
    return "a request went to the foreign host " + watched_.foreign();
  if (simulator_.counters().source_writes > 0)
    return "something else than GET or HEAD reached the source";
  if (case_.fault && !simulator_.all_faults_fired()) return "the fault never fired";
  for (const std::string& why : {judge_exit(), judge_copies(before, after), judge_deletes(deleted)})
    if (!why.empty()) return why;
  return {};
}

std::string SyncCaseRun::run() {
  if (std::string why = set_up(); !why.empty()) return why;
  FakeHost host;
  host.environment = {{"AWS_ACCESS_KEY_ID", std::string(kAccessKey)},
                      {"AWS_SECRET_ACCESS_KEY", std::string(kSecretKey)},
                      {"AWS_REGION", "us-east-1"}};
  std::vector<std::string> arguments = {"sync",
                                        "--allow-empty-source",
                                        "--max-delete",
                                        "100%",
                                        "--folder-markers",
                                        "ignore",
                                        "--compare",
                                        "aws",
                                        "--check",
                                        "none",
                                        "--no-journal"};
  // Sizes as the aws CLI has them, where a case is about parts.
  if (case_.needs_multipart)
    for (const char* argument : {"--multipart-threshold", "8MiB", "--part-size", "8MiB"})
      arguments.emplace_back(argument);
  arguments.insert(arguments.end(), {case_.source_url, case_.target_url});
  arguments.insert(arguments.end(), case_.arguments.begin(), case_.arguments.end());
  AppContext context{.runtime = runtime_,
                     .host = host,
                     .make_transport = shared_transport(watched_),
                     .out = out_,
                     .err = err_};
  const Snapshot before = snapshot();
  exit_code_ = run_app(std::move(arguments), context);
  return judge(before, snapshot());
}

void run_document(const Json& document, Report& report) {
  for (const Json& entry : document.at("cases")) {
    SyncCase wanted;
    const std::string unreadable = read_sync_case(entry, wanted);
    const std::string name = wanted.id.empty() ? "(no id)" : wanted.id;
    if (!unreadable.empty()) {
      report.fail(name, unreadable);
    } else if (const std::string why = SyncCaseRun(wanted).run(); !why.empty()) {
      report.fail(name, why);
    } else {
      report.pass(name);
    }
  }
}

}  // namespace

Runner sync_cases_runner() {
  return Runner{"sync cases",
                [](std::string_view, const Json& document) {
                  return document.is_object() &&
                         document.value("schema", "").starts_with("sync-cases/1");
                },
                run_document};
}

}  // namespace s3ferry::vectors
