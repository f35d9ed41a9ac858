#pragma once

#include <set>
#include <string>

#include "http/transport.h"
#include "sim/simulator.h"

namespace s3ferry::sim {

// The simulated S3 as a Transport: no sockets, so it runs under virtual time. Deadlines hold as
// they do on a wire (first byte and idle), and each request asks its sender for leave. Every origin
// leads to the simulator but those that were refused.
class InProcessTransport final : public http::Transport {
 public:
  InProcessTransport(Runtime& runtime, Simulator& simulator)
      : runtime_(runtime), simulator_(simulator) {}
  // Requests to this host fail with kConnect: "connection refused".
  void refuse_host(std::string host) { refused_.insert(std::move(host)); }
  void refuse_all(TimePoint until = TimePoint::max()) { refused_until_ = until; }
  // The client is gone: nothing that it still sends arrives, and no answer reaches it. Every call
  // returns kCancelled.
  void cut_off(bool gone) { cut_off_ = gone; }
  // Each request's connection takes up to so long to open, drawn at random.
  void slow_connections(Duration most) { connecting_most_ = most; }

  Task<Result<http::Response>> send(http::Request request) override;

 private:
  Runtime& runtime_;
  Simulator& simulator_;
  std::set<std::string> refused_;
  TimePoint refused_until_{};  // … whatever their host
  bool cut_off_ = false;
  Duration connecting_most_ = Duration::zero();
};

}  // namespace s3ferry::sim
