#pragma once

#include <deque>
#include <map>
#include <memory>

#include "http/answer_parser.h"
#include "http/connector.h"
#include "http/watchdog.h"
#include "runtime/event.h"

namespace s3ferry::http {

// One connection and what stays with it while it is idle: no buffers.
struct Connection {
  std::unique_ptr<Stream> stream;
  AnswerParser parser;
  Watchdog::Entry watch;
  TimePoint idle_since{};
};

class Pool;

// A connection lent to one request. Closed when the lease dies, unless given back.
class Lease {
 public:
  Lease() = default;
  Lease(Lease&&) noexcept = default;
  Lease& operator=(Lease&& other) noexcept;
  ~Lease() { close(); }
  Connection* operator->() const { return connection_.get(); }
  Connection& operator*() const { return *connection_; }
  explicit operator bool() const { return connection_ != nullptr; }
  bool reused() const { return reused_; }
  void give_back();  // the last answer was read to its end, and the peer keeps the connection
  void close();

 private:
  friend class Pool;
  struct Slot;
  Pool* pool_ = nullptr;
  Slot* slot_ = nullptr;
  std::unique_ptr<Connection> connection_;
  bool reused_ = false;
};

// Kept-alive connections by origin: the one used last is lent first, what was idle too long or was
// closed by the peer is dropped. Bounded by ClientOptions; who finds no free place waits.
class Pool {
 public:
  Pool(Runtime& runtime, const ClientOptions& options)
      : runtime_(runtime), options_(options), connector_(runtime, options) {}
  ~Pool();

  // How an origin is reached, and, if `kept`, a kept connection to it where there is one at once.
  // `route` stays good until the next lease of that origin was closed.
  struct Found {
    const Route* route;
    Lease lease;
  };
  Result<Found> find(const Origin& origin, bool kept);
  // `fresh`: a new connection, because a kept one turned out to be closed.
  Task<Result<Lease>> lease(const Origin& origin, Duration connect_limit, bool fresh);
  void close_idle();
  std::uint64_t opened() const { return opened_; }
  std::uint64_t reused() const { return reused_; }

 private:
  friend class Lease;
  using Slot = Lease::Slot;
  Result<Slot*> slot(const Origin& origin);
  std::unique_ptr<Connection> take_idle(Slot& slot);
  Lease lend(Slot& slot, std::unique_ptr<Connection> connection, bool reused);
  void keep(Slot& slot, std::unique_ptr<Connection> connection);
  void closed(Slot& slot);
  void sweep(TimePoint now);

  Runtime& runtime_;
  const ClientOptions& options_;
  Connector connector_;
  std::map<Origin, std::shared_ptr<Slot>> slots_;
  TimePoint last_sweep_{};
  std::uint64_t opened_ = 0, reused_ = 0;
};

}  // namespace s3ferry::http
