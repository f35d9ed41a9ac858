#include "cli/connections.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "aws/credentials_chain.h"
#include "base/text.h"
#include "cli/budgets.h"
#include "cli/commands.h"
#include "cli/run_settings.h"
#include "cli/version.h"
#include "runtime/host.h"

namespace s3ferry {
namespace {

constexpr std::string_view kDefaultRegion = "us-east-1";

std::string first_of(std::initializer_list<std::string_view> texts) {
  for (const std::string_view text : texts)
    if (!text.empty()) return std::string(text);
  return {};
}

// Variables of the shell come in both cases; the lower one wins, as in curl and Python.
std::string proxy_variable(const Host& host, const std::string& lower, const std::string& upper) {
  const auto value = host.env(lower);
  return value ? *value : host.env(upper).value_or("");
}

// More would wait for the loop that decides.
constexpr std::size_t kMostShardsByDefault = 8;

constexpr std::chrono::milliseconds kLeastClockOffset = std::chrono::seconds(3);

s3::BucketOptions bucket_options(const Options& options) {
  s3::BucketOptions bucket;
  bucket.request_payer = options.request_payer;
  return bucket;
}

}  // namespace

aws::EndpointParams endpoint_of(const SideOptions& side, const SideOptions& common,
                                const aws::ProfileSettings& settings) {
  aws::EndpointParams params;
  params.region =
      first_of({side.region, common.region, settings.region.value_or(""), kDefaultRegion});
  params.endpoint_url =
      first_of({side.endpoint_url, common.endpoint_url, settings.endpoint_url.value_or("")});
  params.use_dualstack = settings.use_dualstack_endpoint.value_or(false);
  params.use_fips = settings.use_fips_endpoint.value_or(false);
  params.use_accelerate = settings.use_accelerate_endpoint.value_or(false);
  const bool path = settings.addressing_style == aws::AddressingStyle::kPath;
  const bool host = settings.addressing_style == aws::AddressingStyle::kVirtual;
  params.force_path_style = aws::force_path_style(path   ? "path"
                                                  : host ? "virtual"
                                                         : "auto",
                                                  params.endpoint_url, params.use_accelerate);
  params.use_global = settings.us_east_1_regional_endpoint.value_or("") == "legacy";
  return params;
}

bool is_same_service(const aws::EndpointParams& a, const aws::EndpointParams& b) {
  if (a.endpoint_url.empty() != b.endpoint_url.empty()) return false;
  if (a.endpoint_url.empty()) return aws::partition_of(a.region) == aws::partition_of(b.region);
  const Result<http::Url> left = http::parse_url(a.endpoint_url);
  const Result<http::Url> right = http::parse_url(b.endpoint_url);
  return left && right && left->origin == right->origin && left->path == right->path;
}

std::unique_ptr<Connections::Link> Connections::link(Identity& who, aws::RetryBudget& budget,
                                                     const aws::EndpointParams& params,
                                                     aws::CallerOptions options) {
  std::unique_ptr<aws::Caller> caller;
  if (shards_.empty())
    caller = std::make_unique<aws::Caller>(context_.runtime, *transport_, *who.credentials, budget,
                                           std::move(options));
  else
    caller = std::make_unique<aws::ShardedCaller>(context_.runtime, *transport_, *who.credentials,
                                                  budget, std::move(options), *home_, shards_);
  return std::make_unique<Link>(std::move(caller), params);
}

// Whoever asks, a side's budget is that side's: copies are sent to the target and read the source.
aws::CallerOptions Connections::caller_options(const Identity& who, bool to_source) {
  aws::CallerOptions options;
  options.user_agent = fmt::format("s3ferry/{}", version());
  if (who.settings.max_attempts)
    options.retry.max_attempts = static_cast<int>(*who.settings.max_attempts);
  options.rate = to_source ? source_rate_.get() : target_rate_.get();
  options.copied_from_rate = source_rate_.get();
  return options;
}

Status Connections::open_rates() {
  RateSchedule source = options_.source_rps, target = options_.target_rps;
  if (options_.has_windows() || !options_.time_zone.empty()) {
    Result<TimeZone> zone = zone_of(context_, options_);
    if (!zone) return fail(std::move(zone.error()));
    budgets_in_force_ = budgets_in_force(options_, *zone, context_.runtime.wall_now());
    zone_ = zone_offset(std::move(*zone));
    source.in_zone(zone_);
    target.in_zone(zone_);
  }
  source_rate_ = std::make_unique<aws::RequestRate>(std::move(source));
  target_rate_ = std::make_unique<aws::RequestRate>(std::move(target));
  return {};
}

Result<std::unique_ptr<Connections>> Connections::open(AppContext& context,
                                                       const Options& options) {
  std::unique_ptr<Connections> made(new Connections(context, options));
  Status done = made->read_profiles();
  if (done) done = made->read_endpoints();
  if (done) done = made->open_rates();
  // The transport wants the certificates that the profiles name, the credentials want a transport.
  if (done) done = made->open_transport();
  if (done) done = made->open_credentials();
  if (!done) return fail(std::move(done.error()));
  return made;
}

Status Connections::read_profiles() {
  for (const bool source : {true, false}) {
    const SideOptions& side = source ? options_.source : options_.target;
    const std::string name = first_of({side.profile, options_.common.profile});
    if (identities_.empty() || identities_.front()->profile != name) {
      Result<aws::ProfileSettings> settings = aws::load_profile_settings(
          context_.host, name.empty() ? std::nullopt : std::optional<std::string>(name));
      if (!settings) return fail(std::move(settings.error()));
      identities_.push_back(std::make_unique<Identity>());
      identities_.back()->profile = name;
      identities_.back()->settings = std::move(*settings);
    }
    (source ? source_identity_ : target_identity_) = identities_.back().get();
  }
  return {};
}

Status Connections::read_endpoints() {
  source_endpoint_ = endpoint_of(options_.source, options_.common, source_identity_->settings);
  target_endpoint_ = endpoint_of(options_.target, options_.common, target_identity_->settings);
  for (const aws::EndpointParams* params : {&source_endpoint_, &target_endpoint_}) {
    if (!params->endpoint_url.empty() && !http::parse_url(params->endpoint_url))
      return fail(ErrorKind::kConfig,
                  "endpoint_url in the environment or the profile is not an endpoint; write it as "
                  "https://host:port, without a user name or password");
    if (!aws::is_valid_region(params->region))
      return fail(ErrorKind::kConfig,
                  fmt::format("'{}' is not the name of a region; use one such as ap-northeast-2",
                              escape_for_display(params->region)));
  }
  return {};
}

Status Connections::open_credentials() {
  for (auto& who : identities_) {
    const SideOptions& side = who.get() == source_identity_ ? options_.source : options_.target;
    aws::ChainOptions chain;
    if (!who->profile.empty()) chain.profile = who->profile;
    const std::string region = first_of({side.region, options_.common.region});
    if (!region.empty()) chain.region = region;
    auto credentials =
        aws::make_credentials_chain(context_.runtime, *transport_, context_.host, std::move(chain));
    if (!credentials) return fail(std::move(credentials.error()));
    who->credentials = std::move(*credentials);
  }
  return {};
}

Status Connections::open_transport() {
  http::ClientOptions wire;
  wire.verify_tls = options_.verify_tls;
  wire.ca_bundle = first_of({options_.ca_bundle, target_identity_->settings.ca_bundle.value_or(""),
                             source_identity_->settings.ca_bundle.value_or("")});
  if (!wire.ca_bundle.empty()) {
    wire.ca_bundle = context_.host.expand_home(wire.ca_bundle);
    const Result<std::optional<std::string>> pem = context_.host.read_file(wire.ca_bundle);
    if (!pem || !*pem)
      return fail(ErrorKind::kConfig,
                  fmt::format("the certificates '{}' cannot be read{}; name a PEM file with "
                              "--ca-bundle, or leave it out to use the system's",
                              wire.ca_bundle, pem ? ": no such file" : ""));
  }
  wire.proxy.https_proxy = Secret(proxy_variable(context_.host, "https_proxy", "HTTPS_PROXY"));
  wire.proxy.http_proxy = Secret(proxy_variable(context_.host, "http_proxy", "HTTP_PROXY"));
  wire.proxy.no_proxy = proxy_variable(context_.host, "no_proxy", "NO_PROXY");
  wire.max_idle = std::max<std::size_t>(wire.max_idle, options_.sync.concurrency);
  auto transport = context_.make_transport(context_.runtime, wire);
  if (!transport) return fail(std::move(transport.error()));
  transport_ = std::move(*transport);
  return open_shards(wire);
}

Status Connections::open_shards(const http::ClientOptions& wire) {
  const bool bulk = options_.command == Command::kSync || options_.command == Command::kVerify;
  const std::size_t wanted =
      options_.shards.value_or(std::min(context_.processors, kMostShardsByDefault));
  if (!bulk || wanted < 2 || !context_.make_loop) return {};
  for (std::size_t i = 0; i < wanted; ++i) {
    auto shard = std::make_unique<aws::Shard>(context_.make_loop());
    auto transport = context_.make_transport(shard->loop->runtime(), wire);
    if (!transport) return fail(std::move(transport.error()));
    shard->transport = std::move(*transport);
    shards_.push_back(std::move(shard));
  }
  home_ = std::make_unique<Mailbox>(context_.runtime);
  return {};
}

s3::Connection& Connections::common() {
  if (!source_)
    source_ = link(*source_identity_, source_budget_, source_endpoint_,
                   caller_options(*source_identity_, true));
  return source_->connection;
}

Result<Pair> Connections::pair(const Options& options, Location source, Location target) {
  const s3::BucketOptions settings = bucket_options(options);
  common();
  target_ = link(*target_identity_, target_budget_, target_endpoint_,
                 caller_options(*target_identity_, false));
  source_bucket_ = std::make_unique<s3::SourceBucket>(source_->connection, source.bucket, settings);
  target_bucket_ = std::make_unique<s3::TargetBucket>(target_->connection, target.bucket, settings);
  Pair pair(*source_bucket_, *target_bucket_);
  pair.as_target = target_bucket_.get();
  pair.as_source = target_bucket_.get();
  if (source_identity_ != target_identity_) {
    source_at_target_ = link(*source_identity_, target_budget_, target_endpoint_,
                             caller_options(*source_identity_, false));
    as_source_bucket_ =
        std::make_unique<s3::TargetBucket>(source_at_target_->connection, target.bucket, settings);
    pair.as_source = as_source_bucket_.get();
  }
  pair.source_at = std::move(source);
  pair.target_at = std::move(target);
  pair.same_service = is_same_service(source_endpoint_, target_endpoint_);
  pair.conditions_trusted = target_endpoint_.endpoint_url.empty();  // AWS itself
  pair.clock_offset = [at_source = source_->caller.get(),
                       at_target = target_->caller.get()](Side side) {
    const auto offset = (side == Side::kSource ? at_source : at_target)->seen_clock_offset();
    // Date has whole seconds: so little is no difference.
    return std::chrono::abs(offset) < kLeastClockOffset ? std::chrono::milliseconds(0) : offset;
  };
  if (Status apart = check_not_nested(pair); !apart) return fail(std::move(apart.error()));
  return pair;
}

std::string Connections::identity(const Pair& pair) const {
  return task_identity(pair.source_at, source_endpoint_, pair.target_at, target_endpoint_);
}

Task<Status> Connections::check_credentials() {
  for (auto& who : identities_) {
    Result<aws::Credentials> found = co_await who->credentials->get();
    if (!found) co_return fail(std::move(found.error()));
  }
  co_return Status();
}

std::vector<std::pair<std::string, std::uint64_t>> Connections::requests() const {
  std::map<std::string, std::uint64_t> sum;
  for (const Link* link : {source_.get(), target_.get(), source_at_target_.get()})
    if (link != nullptr)
      for (const auto& count : link->caller->counts())
        sum[std::string(count.operation)] += count.requests;
  return {sum.begin(), sum.end()};
}

std::vector<std::pair<std::string, std::string>> Connections::describe() const {
  auto text = [](const Identity& who, const aws::EndpointParams& at) {
    return fmt::format("profile {}, region {}, endpoint {}",
                       who.profile.empty() ? who.settings.profile : who.profile, at.region,
                       at.endpoint_url.empty() ? "AWS" : at.endpoint_url);
  };
  return {{"source access", text(*source_identity_, source_endpoint_)},
          {"target access", text(*target_identity_, target_endpoint_)}};
}

const aws::ProfileSettings& Connections::target_settings() const {
  return target_identity_->settings;
}

}  // namespace s3ferry
