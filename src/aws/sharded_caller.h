#pragma once

#include <memory>
#include <span>
#include <vector>

#include "aws/call.h"
#include "aws/remote_credentials.h"
#include "runtime/loop_thread.h"

namespace s3ferry::aws {

// A loop that carries requests, with its own connections.
struct Shard {
  explicit Shard(std::unique_ptr<LoopThread> thread) : loop(std::move(thread)) {}
  ~Shard() { loop->stop(); }  // before its connections go
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  std::unique_ptr<LoopThread> loop;
  std::unique_ptr<http::Transport> transport;
};

// A Caller whose calls are carried by other loops: there they are signed, sent, read, parsed (the
// sink, the judge) and tried again, with this one's retry budget, notes and credentials. The
// caller's task waits on its own loop, so spec.sink and spec.for_judge are the carrying loop's
// until then. What streams is not carried: open(), bodies of spec.stream. `home` is the mailbox of
// the runtime's loop; it and the shards outlive this.
class ShardedCaller final : public Caller {
 public:
  ShardedCaller(Runtime& runtime, http::Transport& transport, CredentialsProvider& credentials,
                RetryBudget& budget, CallerOptions options, Mailbox& home,
                std::span<const std::unique_ptr<Shard>> shards);
  ~ShardedCaller() override;

  Task<Result<Answer>> perform(const CallSpec& spec, Judge judge) override;

 private:
  struct Lane;
  Lane& least_busy();

  Mailbox& home_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::size_t last_ = 0;
};

}  // namespace s3ferry::aws
