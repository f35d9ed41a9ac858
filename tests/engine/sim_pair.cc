#include "engine/sim_pair.h"

#include <stdexcept>
#include <utility>

#include <fmt/format.h>

namespace s3ferry::testing {
namespace {

constexpr const char* kSourceKey = "AKIASOURCETEST000001";
constexpr const char* kTargetKey = "AKIATARGETTEST000001";
constexpr const char* kFakeSecret = "a-fake-secret-of-the-tests";

std::unique_ptr<aws::CredentialsProvider> fake_credentials(const char* key) {
  aws::Credentials credentials;
  credentials.access_key_id = key;
  credentials.secret_access_key = Secret(kFakeSecret);
  return aws::static_credentials(std::move(credentials));
}

constexpr const char* kTargetHost = "127.0.0.2";

aws::EndpointParams endpoint(bool of_target = false) {
  aws::EndpointParams out;
  out.region = "us-east-1";
  out.endpoint_url = fmt::format("http://{}:9000", of_target ? kTargetHost : "127.0.0.1");
  out.force_path_style = true;
  return out;
}

std::string policy(const char* account, const char* bucket, std::string_view actions) {
  return fmt::format(R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",)"
                     R"("Principal":{{"AWS":"arn:aws:iam::{}:root"}},"Action":[{}],)"
                     R"("Resource":["arn:aws:s3:::{}","arn:aws:s3:::{}/*"]}}]}})",
                     account, actions, bucket, bucket);
}

}  // namespace

SimPair::SimPair(SimPairOptions options)
    : options_(std::move(options)),
      runtime_(options_.seed),
      sim_(runtime_),
      transport_(runtime_, sim_),
      target_sim_(options_.apart ? std::make_unique<sim::Simulator>(runtime_) : nullptr),
      target_transport_(options_.apart
                            ? std::make_unique<sim::InProcessTransport>(runtime_, *target_sim_)
                            : nullptr),
      switchboard_(transport_),
      source_budget_(static_cast<int>(options_.retry_tokens)),
      target_budget_(static_cast<int>(options_.retry_tokens)),
      source_rate_(options_.source_rps),
      target_rate_(options_.target_rps),
      source_credentials_(fake_credentials(kSourceKey)),
      target_credentials_(fake_credentials(kTargetKey)) {
  require(sim_.add_account_with_key(kSourceAccount, kSourceKey, Secret(kFakeSecret)));
  if (target_transport_) switchboard_.target = target_transport_.get();
  require(target_sim().add_account_with_key(kTargetAccount, kTargetKey, Secret(kFakeSecret)));
  sim::BucketSpec source;
  source.name = kSourceBucket;
  source.owner = kSourceAccount;
  source.side = options_.same_bucket ? sim::Side::kNone : sim::Side::kSource;
  source.synthetic = options_.source_synthetic;
  if (options_.pull && !options_.apart)
    source.policy =
        policy(kTargetAccount, kSourceBucket, R"("s3:GetObject","s3:GetObjectTagging")");
  require(sim_.add_bucket(source));
  sim::BucketSpec target;
  target.name = kTargetBucket;
  target.owner = kTargetAccount;
  target.side = sim::Side::kTarget;
  target.synthetic = options_.target_synthetic;
  target.encryption = options_.target_encryption;
  if (options_.push && !options_.apart)
    // s3:GetObject is what If-Match asks for at the target.
    target.policy =
        policy(kSourceAccount, kTargetBucket,
               R"("s3:PutObject","s3:PutObjectTagging","s3:PutObjectAcl","s3:GetObject")");
  require(target_sim().add_bucket(target));

  aws::CallerOptions to_source, to_target;
  to_source.rate = to_source.copied_from_rate = to_target.copied_from_rate = &source_rate_;
  to_target.rate = &target_rate_;
  source_caller_ = std::make_unique<aws::Caller>(runtime_, switchboard_, *source_credentials_,
                                                 source_budget_, to_source);
  target_caller_ = std::make_unique<aws::Caller>(runtime_, switchboard_, *target_credentials_,
                                                 target_budget_, to_target);
  pusher_caller_ = std::make_unique<aws::Caller>(runtime_, switchboard_, *source_credentials_,
                                                 target_budget_, to_target);
  source_ = std::make_unique<s3::Connection>(*source_caller_, endpoint());
  target_ = std::make_unique<s3::Connection>(*target_caller_, endpoint(options_.apart));
  pusher_ = std::make_unique<s3::Connection>(*pusher_caller_, endpoint(options_.apart));
  const BucketName source_name(kSourceBucket);
  const BucketName target_name(options_.same_bucket ? kSourceBucket : kTargetBucket);
  s3::Connection& writer = options_.same_bucket ? *source_ : *target_;
  source_bucket_ = std::make_unique<s3::SourceBucket>(*source_, source_name);
  target_bucket_ = std::make_unique<s3::TargetBucket>(writer, target_name);
  as_source_ = std::make_unique<s3::TargetBucket>(*pusher_, target_name);
  as_target_ = std::make_unique<s3::TargetBucket>(writer, target_name);
  pair_ = std::make_unique<Pair>(*source_bucket_, *target_bucket_);
  pair_->as_source = as_source_.get();
  pair_->as_target = as_target_.get();
  pair_->same_service = !options_.apart;
  pair_->source_at = {source_name, options_.source_prefix};
  pair_->target_at = {target_name, options_.target_prefix};
}

Task<Result<http::Response>> SimPair::Switchboard::send(http::Request request) {
  if (request.origin.host != kTargetHost) co_return co_await source.send(std::move(request));
  if (gate) co_return co_await gate(std::move(request), *target);
  co_return co_await target->send(std::move(request));
}

void SimPair::require(Status status) {
  if (!status) throw std::runtime_error(status.error().describe());
}

WallTime SimPair::ago(int seconds) const {
  return runtime_.wall_now() - std::chrono::seconds(seconds);
}

void SimPair::put(std::string_view bucket, sim::ObjectSpec object) {
  require(sim_of(bucket).put_object(bucket, std::move(object)));
}

void SimPair::put_source(std::string key, ByteCount size, int seconds_ago, std::uint64_t seed) {
  sim::ObjectSpec object;
  object.key = std::move(key);
  object.size = size;
  object.seed = seed;
  object.mtime = ago(seconds_ago);
  put(kSourceBucket, std::move(object));
}

void SimPair::put_target(std::string key, ByteCount size, int seconds_ago, std::uint64_t seed) {
  sim::ObjectSpec object;
  object.key = std::move(key);
  object.size = size;
  object.seed = seed;
  object.mtime = ago(seconds_ago);
  put(kTargetBucket, std::move(object));
}

}  // namespace s3ferry::testing
