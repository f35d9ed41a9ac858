#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/rate_schedule.h"
#include "proof/check.h"
#include "transfer/sync.h"

namespace s3ferry {

enum class Command { kSync, kVerify, kLs, kRun, kRuns, kFailures, kVersion, kHelp };
std::string_view to_string(Command command);  // "sync"

// Who one side is talked to as, and where. Empty: the common one, else what the profile says.
struct SideOptions {
  std::string profile, region, endpoint_url;
};

// What a command line said, checked but for what needs files or the network. Parts that belong to
// the engine are the engine's own options.
struct Options {
  Command command = Command::kHelp;
  std::optional<Command> help_topic;
  std::vector<std::string> operands;  // SOURCE TARGET; of run: FILE
  std::vector<std::string> asked;     // the arguments as they came, for the log

  SideOptions common, source, target;
  bool verify_tls = true;
  std::string ca_bundle;
  bool request_payer = false;
  RateSchedule source_rps, target_rps;  // requests a second, at most; without their zone

  // A budget goes by the time of day.
  bool has_windows() const {
    return source_rps.has_windows() || target_rps.has_windows() ||
           sync.relay.max_bandwidth.has_windows();
  }

  SyncOptions sync;
  CheckOptions check;  // level, threshold; the rest follows from `sync`
  bool concurrency_given = false, attributes_given = false;
  std::optional<std::size_t> shards;  // absent: by the CPUs

  bool quiet = false, only_show_errors = false, progress = true, json = false;
  bool debug = false;

  std::string task, log_dir, time_zone;
  bool log_dir_given = false, task_given = false, log_objects = false;
  std::string combined;  // verify: path of rclone's letters
  std::optional<Duration> max_duration;
  bool stop_on_error = false;  // run

  std::string state_dir;  // empty: the task's own folder
  bool journal = true, restart = false, retry_failed = false;
  bool all_runs = false;  // runs

  bool recursive = false, summarize = false, human_readable = false;  // ls
  std::string bucket_prefix;                                          // ls
};

// A bucket and a folder in it from "s3://bucket/pre": the prefix gets its '/'. kUsage for anything
// else, worded for the operand called `name`.
Result<Location> parse_location(std::string_view name, std::string_view url);

// The same place for `ls`: "s3://", "s3://bucket", "s3://bucket/any/start"; the prefix stays as it
// is, and an empty bucket means all buckets.
Result<Location> parse_ls_location(std::string_view url);

}  // namespace s3ferry
