#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/scope.h"

namespace s3ferry::http {

// What a scripted server does next on one connection.
struct Step {
  enum class Kind {
    kReadRequest,  // a head and a body of its Content-Length; recorded
    kReadHead,     // a head only; recorded
    kReadRest,     // all bytes until the peer closes; recorded
    kSend,
    kStartTls,  // as a server
    kClose,     // properly (close_notify under TLS)
    kReset,     // RST
    kCut,       // TCP close without a TLS close
    kHold,      // until the server is stopped
  };
  Step(Kind k, std::string t = {}) : kind(k), text(std::move(t)) {}
  Kind kind;
  std::string text;
};
using Script = std::vector<Step>;

inline Step read_request() {
  return {Step::Kind::kReadRequest};
}
inline Step read_head() {
  return {Step::Kind::kReadHead};
}
inline Step read_rest() {
  return {Step::Kind::kReadRest};
}
inline Step send(std::string text) {
  return {Step::Kind::kSend, std::move(text)};
}
inline Step close() {
  return {Step::Kind::kClose};
}
inline Step reset() {
  return {Step::Kind::kReset};
}
inline Step cut() {
  return {Step::Kind::kCut};
}
inline Step hold() {
  return {Step::Kind::kHold};
}
inline Step start_tls() {
  return {Step::Kind::kStartTls};
}

// A server on loopback in the test's own loop: the n-th connection gets the n-th script (the last
// one repeats).
class ScriptedServer {
 public:
  struct Options {
    std::string certificate, key;  // PEM, for kStartTls
    int max_tls = 0;               // OpenSSL's version number; 0: any
  };
  ScriptedServer(Runtime& runtime, std::vector<Script> scripts, Options options);
  ScriptedServer(Runtime& runtime, std::vector<Script> scripts);
  ~ScriptedServer();

  std::uint16_t port() const;
  // In the order in which they were read.
  const std::vector<std::string>& received() const;
  std::size_t connections() const;
  Task<void> serve();  // until stop()
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace s3ferry::http
