#include "http/pool.h"

#include <algorithm>

namespace s3ferry::http {
namespace {
// A connection that was used this recently, and of which the loop has heard nothing since, is lent
// without a look at it.
constexpr Duration kTrusted = std::chrono::milliseconds(100);
constexpr Duration kSweepEvery = std::chrono::seconds(1);
}  // namespace

struct Lease::Slot {
  explicit Slot(Route r) : route(std::move(r)) {}
  Route route;
  std::deque<std::unique_ptr<Connection>> idle;  // longest idle first
  std::size_t open = 0;                          // lent, idle or being made
  std::size_t asking = 0;                        // tasks inside lease()
  WaitList waiters;
};

namespace {
// Keeps a slot while a task waits on it.
struct Asking {
  explicit Asking(std::size_t& n) : count(n) { ++count; }
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;
  ~Asking() { --count; }
  std::size_t& count;
};
}  // namespace

Lease& Lease::operator=(Lease&& other) noexcept {
  if (this != &other) {
    close();
    pool_ = other.pool_;
    slot_ = other.slot_;
    connection_ = std::move(other.connection_);
    reused_ = other.reused_;
  }
  return *this;
}

void Lease::give_back() {
  if (connection_) pool_->keep(*slot_, std::move(connection_));
}

void Lease::close() {
  if (!connection_) return;
  connection_.reset();
  pool_->closed(*slot_);
}

Pool::~Pool() = default;

Result<Pool::Slot*> Pool::slot(const Origin& origin) {
  const auto found = slots_.find(origin);
  if (found != slots_.end()) return found->second.get();
  auto route = connector_.route(origin);
  if (!route) return fail(std::move(route.error()));
  auto made = std::make_shared<Slot>(std::move(*route));
  return slots_.emplace(origin, std::move(made)).first->second.get();
}

std::unique_ptr<Connection> Pool::take_idle(Slot& slot) {
  const TimePoint now = runtime_.now();
  while (!slot.idle.empty()) {
    std::unique_ptr<Connection> connection = std::move(slot.idle.back());
    slot.idle.pop_back();
    const Duration idle = now - connection->idle_since;
    const bool trusted = idle <= kTrusted && connection->stream->seems_quiet();
    if (trusted || (idle <= options_.idle_expiry && connection->stream->is_quiet()))
      return connection;
    --slot.open;
  }
  return nullptr;
}

Lease Pool::lend(Slot& slot, std::unique_ptr<Connection> connection, bool reused) {
  Lease lease;
  lease.pool_ = this;
  lease.slot_ = &slot;
  lease.connection_ = std::move(connection);
  lease.reused_ = reused;
  ++(reused ? reused_ : opened_);
  return lease;
}

Result<Pool::Found> Pool::find(const Origin& origin, bool kept) {
  auto at = slot(origin);
  if (!at) return fail(std::move(at.error()));
  Found found{&(*at)->route, Lease()};
  if (!kept) return found;
  if (auto connection = take_idle(**at)) found.lease = lend(**at, std::move(connection), true);
  return found;
}

Task<Result<Lease>> Pool::lease(const Origin& origin, Duration connect_limit, bool fresh) {
  auto found = slot(origin);
  if (!found) co_return fail(std::move(found.error()));
  Slot& slot = **found;
  const Asking asking(slot.asking);
  ++slot.open;  // the place of the connection that we may open
  const std::size_t limit = options_.max_connections;
  for (;;) {
    if (fresh) {
      slot.open -= slot.idle.size();
      slot.idle.clear();  // what was kept beside a closed one is hardly better
    } else if (auto connection = take_idle(slot)) {
      --slot.open;
      co_return lend(slot, std::move(connection), true);
    }
    if (limit == 0 || slot.open <= limit) break;
    --slot.open;
    Status waited = co_await slot.waiters.wait();
    if (!waited) {
      slot.waiters.wake_one();  // the place may have been promised to us
      co_return fail(std::move(waited.error()));
    }
    ++slot.open;
  }
  auto stream = co_await connector_.open(slot.route, connect_limit);
  if (!stream) {
    closed(slot);
    co_return fail(std::move(stream.error()));
  }
  auto connection = std::make_unique<Connection>();
  connection->stream = std::move(*stream);
  co_return lend(slot, std::move(connection), false);
}

void Pool::keep(Slot& slot, std::unique_ptr<Connection> connection) {
  const TimePoint now = runtime_.now();
  if (slot.idle.size() >= options_.max_idle) {
    connection.reset();
    closed(slot);
    return;
  }
  connection->idle_since = now;
  slot.idle.push_back(std::move(connection));
  slot.waiters.wake_one();
  if (now - last_sweep_ >= kSweepEvery) sweep(now);
}

void Pool::closed(Slot& slot) {
  --slot.open;
  slot.waiters.wake_one();
}

void Pool::sweep(TimePoint now) {
  last_sweep_ = now;
  for (auto& [origin, slot] : slots_) {
    while (!slot->idle.empty() && now - slot->idle.front()->idle_since > options_.idle_expiry) {
      slot->idle.pop_front();
      --slot->open;
    }
  }
  std::erase_if(slots_, [](const auto& entry) {
    return entry.second->open == 0 && entry.second->asking == 0;
  });
}

void Pool::close_idle() {
  for (auto& [origin, slot] : slots_) {
    slot->open -= slot->idle.size();
    slot->idle.clear();
  }
}

}  // namespace s3ferry::http
