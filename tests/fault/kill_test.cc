// kill -9 at random moments of a sync with large objects in parts, plain copies and deletions.

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include <fmt/format.h>

#include "e2e/world.h"
#include "http/client.h"
#include "journal/reader.h"
#include "runtime/real_runtime.h"
#include "support/identity.h"

namespace s3ferry::testing {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;

constexpr int kKillsAJob = 5;
constexpr std::size_t kExtras = 12;

// What is copied, which way, and how often it is killed.
struct Mode {
  bool relay = false;  // through this host: the sides are named by different endpoints
  int kills = 80;
  int jobs = 48;  // buckets at hand: some jobs end before they are killed
  std::size_t plain = 250, large = 6;
  std::uint64_t part = 8 * kMiB;
  int parts = 9;  // 72 MiB by formula: the simulator hashes none of it
};

std::string target_of(int job) {
  return fmt::format("target-{:02}", job);
}

Task<Status> begin_upload(s3::TargetBucket& bucket, std::string key) {
  s3::CreateUploadRequest request{ObjectKey(std::move(key))};
  auto created = co_await bucket.create_upload(std::move(request));
  if (!created) co_return fail(std::move(created.error()));
  co_return Status();
}

class Kill : public EndToEnd {
 protected:
  void begin(const Mode& mode) {
    for (std::size_t i = 0; i < mode.plain; ++i)
      add_object("source", {{"key", fmt::format("k{:04}", i)},
                            {"size", 100 + i % 50},
                            {"metadata", {{"number", std::to_string(i)}}},
                            {"tags", {{"colour", fmt::format("c{}", i % 5)}}}});
    for (std::size_t i = 0; i < mode.large; ++i)
      add_object("source", {{"key", large_key(i)},
                            {"size", mode.part * static_cast<std::uint64_t>(mode.parts)},
                            {"parts", std::vector<std::uint64_t>(mode.parts, mode.part)},
                            {"metadata", {{"large", std::to_string(i)}}}});
    Json target = config["buckets"][1];
    for (std::size_t i = 0; i < kExtras; ++i)
      target["objects"].push_back({{"key", fmt::format("k{:04}-extra", i * 4)},
                                   {"size", 3},
                                   {"mtime", "2026-01-01T00:00:00Z"}});
    for (int job = 0; job <= mode.jobs; ++job) {
      target["name"] = target_of(job);
      config["buckets"].push_back(target);
    }
    config["latency"] = {{{"fixed_ms", 3}, {"jitter_ms", 9}}};
    start();
    source_url_ = service->url();
    if (mode.relay) {
      source_url_.replace(source_url_.find("127.0.0.1"), 9, "localhost");
      more_ = {"--relay"};
    }
  }
  // Among the plain ones.
  static std::string large_key(std::size_t i) { return fmt::format("k{:04}-large", i * 25); }

  std::vector<std::string> command(int job) const {
    std::vector<std::string> out = {Program::path(),
                                    "sync",
                                    "s3://source",
                                    "s3://" + target_of(job),
                                    "--source-profile",
                                    "asis",
                                    "--target-profile",
                                    "tobe",
                                    "--source-endpoint-url",
                                    source_url_,
                                    "--target-endpoint-url",
                                    service->url(),
                                    "--state",
                                    state_of(job),
                                    "--delete",
                                    "--max-delete",
                                    "100%",
                                    "--multipart-threshold",
                                    "6MiB",
                                    "--page-size",
                                    "40",
                                    "--concurrency",
                                    "8",
                                    "--check",
                                    "none",
                                    "--json"};
    out.insert(out.end(), more_.begin(), more_.end());
    return out;
  }
  std::string state_of(int job) const { return scratch.file(fmt::format("state-{}", job)); }

  // Another tool's: at a key of its own, and at one that is to be copied in parts.
  void begin_foreign_uploads(int job) {
    RealRuntime runtime;
    http::Client client(runtime, http::ClientOptions());
    Identity tobe(runtime, client, "AKIAFAKETARGET000000", kTargetSecret, service->url());
    s3::TargetBucket target = tobe.bucket(target_of(job));
    for (const std::string& key : {std::string("of another tool"), large_key(1)})
      ASSERT_TRUE(runtime.run(begin_upload(target, key)));
  }

  // What a try finds undone, and whether there is a run to go on with.
  struct Left {
    bool open = false;
    std::vector<KeyRange> gaps;
  };
  Left left_of(int job) {
    Left out;
    auto reader = JournalReader::open(state_of(job));
    if (!reader) return out;
    auto runs = reader->runs(1);
    if (!runs || runs->empty()) return out;
    out.open = runs->front().status == RunStatus::kOpen;
    out.gaps = runs->front().gaps();
    return out;
  }

  // No LIST of a try that goes on begins in what was finished.
  static void expect_listed_in_gaps(const Json& log, const Left& left) {
    if (!left.open) return;
    for (const Json& one : log) {
      if (one["operation"] != "ListObjectsV2") continue;
      const std::string after = one["after"];
      EXPECT_TRUE(std::any_of(left.gaps.begin(), left.gaps.end(),
                              [&](const KeyRange& gap) {
                                return after >= gap.after.value_or("") &&
                                       !(gap.up_to && after >= *gap.up_to);
                              }))
          << "listed again after " << after;
    }
  }
  void count_done(const Json& log) {
    for (const Json& one : log) {
      if (one["status"] != 200) continue;
      const std::string name = fmt::format("{} {} {}", one["bucket"].get<std::string>(),
                                           one["key"].get<std::string>(), one["part"].get<int>());
      const std::string operation = one["operation"];
      if (operation == "UploadPartCopy" || operation == "UploadPart") ++parts_done_[name];
      if (operation == "CopyObject" || operation == "PutObject") ++copies_done_[name];
    }
  }
  void expect_nothing_done_twice() const {
    for (const auto* done : {&parts_done_, &copies_done_})
      for (const auto& [name, times] : *done) EXPECT_EQ(times, 1) << name << " was copied again";
  }

  void kill_and_resume(const Mode& mode);

  std::string source_url_;
  std::vector<std::string> more_;
  std::map<std::string, int> parts_done_, copies_done_;
};

void Kill::kill_and_resume(const Mode& mode) {
  const char* given = std::getenv("S3FERRY_KILL_SEED");
  const std::uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  fmt::print("S3FERRY_KILL_SEED={}\n", seed);
  std::mt19937_64 random(seed);
  begin(mode);
  begin_foreign_uploads(0);
  const auto began = std::chrono::steady_clock::now();
  const ProcessEnd calm = run_process(command(0), program.environment(), std::chrono::seconds(120));
  ASSERT_EQ(calm.exit_code, 0) << calm.err << calm.out.substr(0, 2000);
  auto whole = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
  const Json expected = service->objects(target_of(0));
  ASSERT_EQ(expected["objects"].size(), mode.plain + mode.large);
  ASSERT_EQ(expected["open_uploads"], 2);

  int kills = 0, resumed = 0, job = 1;
  for (; kills < mode.kills && job <= mode.jobs; ++job) {
    begin_foreign_uploads(job);
    (void)service->take_log();
    const int kills_here = std::min(kKillsAJob, mode.kills - kills);
    bool ended = false;
    for (int n = 0; !ended; ++n) {
      const Left left = left_of(job);
      resumed += left.open;
      const bool spare = n >= kills_here;
      const milliseconds limit(spare ? 120'000
                                     : 10 + static_cast<int>(random() % whole.count() * 3 / 4));
      const auto started = std::chrono::steady_clock::now();
      const ProcessEnd end = run_process(command(job), program.environment(), limit);
      const Json log = service->take_log();
      expect_listed_in_gaps(log, left);
      count_done(log);
      ASSERT_FALSE(spare && end.timed_out) << end.err;
      ended = !end.timed_out;
      kills += end.timed_out;
      if (!ended) continue;
      // One that was never killed tells what a run takes now, on a machine that others load too.
      const auto took = std::chrono::steady_clock::now() - started;
      if (n == 0) whole = std::min(whole, std::chrono::duration_cast<milliseconds>(took));
      ASSERT_EQ(end.exit_code, 0) << end.err << end.out;
    }
    EXPECT_EQ(service->objects(target_of(job)), expected) << "job " << job;
  }
  expect_nothing_done_twice();
  EXPECT_EQ(kills, mode.kills);
  EXPECT_GT(resumed, mode.kills / 3) << "most kills met a run";
  EXPECT_EQ(service->counters()["source_writes"], 0);
  fmt::print("{} kills in {} jobs, {} resumed; an undisturbed run takes {} ms\n", kills, job - 1,
             resumed, whole.count());
}

TEST_F(Kill, ServerSideCopiesEndAsIfUndisturbed) {
  kill_and_resume(Mode());
}

TEST_F(Kill, ARelayEndsAsIfUndisturbed) {
  Mode mode;
  mode.relay = true;
  mode.kills = 20;
  mode.jobs = 60;
  mode.plain = 60;
  mode.large = 2;
  mode.part = 5 * kMiB;
  mode.parts = 2;
  kill_and_resume(mode);
}

}  // namespace
}  // namespace s3ferry::testing
