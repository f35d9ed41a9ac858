#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "aws/call.h"
#include "aws/credentials.h"
#include "aws/profile.h"
#include "aws/sharded_caller.h"
#include "cli/app.h"
#include "cli/options.h"
#include "http/transport.h"
#include "s3/connection.h"
#include "s3/source_bucket.h"
#include "s3/target_bucket.h"
#include "transfer/pair.h"

namespace s3ferry {

// A profile at work: what it says, and its credentials.
struct Identity {
  std::string profile;  // as named by an option; empty: the active one
  aws::ProfileSettings settings;
  std::unique_ptr<aws::CredentialsProvider> credentials;
};

// An endpoint as the options, the environment and the profile give it, in that order.
aws::EndpointParams endpoint_of(const SideOptions& side, const SideOptions& common,
                                const aws::ProfileSettings& settings);
// Requests to both are answered by one S3: a copy from one to the other can exist.
bool is_same_service(const aws::EndpointParams& a, const aws::EndpointParams& b);

// Everything between the options and the buckets of one command: the wire, identities, callers,
// connections. Owns them; what it hands out lives as long as it does. Building it reads
// configuration files and sends nothing.
class Connections {
 public:
  // kConfig and kCredentials for what is wrong in files and environment.
  static Result<std::unique_ptr<Connections>> open(AppContext& context, const Options& options);

  // For `ls`: the common profile.
  s3::Connection& common();
  // For `sync` and `verify`. Opens both sides on first use.
  Result<Pair> pair(const Options& options, Location source, Location target);
  // The task of this pair: its places and services (run_settings.h).
  std::string identity(const Pair& pair) const;
  // Fetches the credentials of all identities, so that what is missing is known before S3 is asked.
  Task<Status> check_credentials();

  // Requests sent by all callers, by operation, in the order of names.
  std::vector<std::pair<std::string, std::uint64_t>> requests() const;
  // "source": "profile asis, region ap-northeast-2": for the log. No secret.
  std::vector<std::pair<std::string, std::string>> describe() const;
  const aws::ProfileSettings& target_settings() const;
  // Where the times of day in budgets are meant; nothing where none are given.
  const RateSchedule::Zone& zone() const { return zone_; }
  // What holds now of budgets by the time of day, and in which zone; empty where there are none.
  const std::string& budgets_now() const { return budgets_in_force_; }

 private:
  // One caller of one identity at one endpoint.
  struct Link {
    Link(std::unique_ptr<aws::Caller> made, const aws::EndpointParams& params)
        : caller(std::move(made)), connection(*caller, params) {}
    std::unique_ptr<aws::Caller> caller;
    s3::Connection connection;
  };
  std::unique_ptr<Link> link(Identity& who, aws::RetryBudget& budget,
                             const aws::EndpointParams& params, aws::CallerOptions options);
  Connections(AppContext& context, const Options& options) : context_(context), options_(options) {}
  Status open_rates();
  aws::CallerOptions caller_options(const Identity& who, bool to_source);
  Status read_profiles();
  Status open_credentials();
  Status read_endpoints();
  Status open_transport();
  Status open_shards(const http::ClientOptions& wire);

  AppContext& context_;
  const Options& options_;
  std::unique_ptr<http::Transport> transport_;
  std::unique_ptr<Mailbox> home_;                    // of this loop, for the shards
  std::vector<std::unique_ptr<aws::Shard>> shards_;  // none: all is carried by this loop
  std::vector<std::unique_ptr<Identity>> identities_;
  aws::RetryBudget source_budget_, target_budget_;
  RateSchedule::Zone zone_;
  std::string budgets_in_force_;
  std::unique_ptr<aws::RequestRate> source_rate_, target_rate_;
  Identity* source_identity_ = nullptr;
  Identity* target_identity_ = nullptr;
  aws::EndpointParams source_endpoint_, target_endpoint_;
  std::unique_ptr<Link> source_, target_, source_at_target_;
  std::unique_ptr<s3::SourceBucket> source_bucket_;
  std::unique_ptr<s3::TargetBucket> target_bucket_, as_source_bucket_;
};

}  // namespace s3ferry
