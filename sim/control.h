#pragma once

#include <deque>
#include <string>

#include "http/transport.h"
#include "sim/simulator.h"

namespace s3ferry::sim {

// The simulator as a server's service, with a control interface for scripts and benches that needs
// no signature:
//   GET    /_s3sim/           what there is
//   GET    /_s3sim/counters   the counters, JSON
//   POST   /_s3sim/reset      counters to zero
//   POST   /_s3sim/config     adds what the JSON body describes (README.md): buckets, faults, …
//   DELETE /_s3sim/faults     no more faults
//   POST   /_s3sim/log        from now on every request that was done is noted
//   GET    /_s3sim/objects/BUCKET   its objects with all that is known of them, and how many
//                                   uploads are open, JSON
//   GET    /_s3sim/log        those since then, JSON; the newest kMostLogged
class ControlledSimulator final : public http::Transport {
 public:
  explicit ControlledSimulator(Simulator& simulator) : simulator_(simulator) {}
  Task<Result<http::Response>> send(http::Request request) override;

 private:
  Task<Result<http::Response>> control(http::Request request);
  void note(const RequestInfo& done);
  std::string log_json() const;

  static constexpr std::size_t kMostLogged = 200'000;
  struct Noted {
    Operation operation;
    int status, part;
    std::string bucket, key, after;
  };
  Simulator& simulator_;
  bool logging_ = false;
  std::deque<Noted> log_;
};

}  // namespace s3ferry::sim
