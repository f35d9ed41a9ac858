#include "aws/sharded_caller.h"

#include <utility>

namespace s3ferry::aws {
namespace {

class Counted {
 public:
  explicit Counted(std::size_t& n) : n_(n) { ++n_; }
  ~Counted() { --n_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  std::size_t& n_;
};

}  // namespace

// One shard's part. `caller` and `credentials` are its loop's, `in_flight` is ours.
struct ShardedCaller::Lane {
  Lane(Shard& shard, Mailbox& home, CredentialsProvider& provider, RetryBudget& budget,
       const CallerOptions& options)
      : mailbox(shard.loop->mailbox()),
        credentials(mailbox, home, provider),
        caller(mailbox.runtime(), *shard.transport, credentials, budget, options) {}

  Mailbox& mailbox;
  RemoteCredentials credentials;
  Caller caller;
  std::size_t in_flight = 0;
};

ShardedCaller::ShardedCaller(Runtime& runtime, http::Transport& transport,
                             CredentialsProvider& credentials, RetryBudget& budget,
                             CallerOptions options, Mailbox& home,
                             std::span<const std::unique_ptr<Shard>> shards)
    : Caller(runtime, transport, credentials, budget, std::move(options)), home_(home) {
  for (const auto& shard : shards)
    lanes_.push_back(std::make_unique<Lane>(*shard, home, credentials, budget, this->options()));
}
ShardedCaller::~ShardedCaller() = default;

// In turn where they are even.
ShardedCaller::Lane& ShardedCaller::least_busy() {
  std::size_t best = last_;
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    const std::size_t at = (last_ + 1 + i) % lanes_.size();
    if (i == 0 || lanes_[at]->in_flight < lanes_[best]->in_flight) best = at;
  }
  last_ = best;
  return *lanes_[best];
}

Task<Result<Answer>> ShardedCaller::perform(const CallSpec& spec, Judge judge) {
  if (spec.stream) co_return co_await Caller::perform(spec, judge);
  Lane& lane = least_busy();
  const Counted counted(lane.in_flight);
  Task<Result<Answer>> work = lane.caller.perform(spec, judge);
  co_return co_await run_across(lane.mailbox, home_, std::move(work));
}

}  // namespace s3ferry::aws
