#include "http/resolver.h"

#include <cstring>
#include <mutex>
#include <optional>
#include <thread>

#include <arpa/inet.h>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/text.h"
#include "runtime/event.h"

namespace s3ferry::http {
namespace {

// Keeps the loop alive while a thread is out for it.
using Work = decltype(boost::asio::prefer(std::declval<Executor>(),
                                          boost::asio::execution::outstanding_work.tracked));

struct Answer {
  std::vector<Address> addresses;
  std::string problem;
};

Answer look_up(const std::string& host, std::uint16_t port) {
  Answer answer;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG;
  // AI_ADDRCONFIG ignores loopback, so a machine without a network would not find ::1 by it.
  addrinfo* list = nullptr;
  const std::string service = std::to_string(port);
  int code = ::getaddrinfo(host.c_str(), service.c_str(), &hints, &list);
  if (code != 0) {
    hints.ai_flags = AI_NUMERICSERV;
    code = ::getaddrinfo(host.c_str(), service.c_str(), &hints, &list);
  }
  if (code != 0) {
    answer.problem = ::gai_strerror(code);
    return answer;
  }
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    Address address;
    if (entry->ai_addrlen > address.bytes.size()) continue;
    std::memcpy(address.bytes.data(), entry->ai_addr, entry->ai_addrlen);
    address.size = entry->ai_addrlen;
    answer.addresses.push_back(address);
  }
  ::freeaddrinfo(list);
  return answer;
}

std::optional<Address> literal(const std::string& host, std::uint16_t port) {
  Address address;
  sockaddr_in v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(address.bytes.data(), &v4, sizeof v4);
    address.size = sizeof v4;
    return address;
  }
  sockaddr_in6 v6{};
  if (inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    std::memcpy(address.bytes.data(), &v6, sizeof v6);
    address.size = sizeof v6;
    return address;
  }
  return std::nullopt;
}

// RFC 6761 §6.3: "localhost" and the names under it are this machine's loopback and nobody is
// asked, so a machine without a hosts file knows them too.
bool is_loopback_name(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  const std::string lower = to_lower_ascii(host);
  return lower == "localhost" || lower.ends_with(".localhost");
}

}  // namespace

std::string Address::to_string() const {
  char text[INET6_ADDRSTRLEN] = "?";
  sockaddr_storage storage{};
  std::memcpy(&storage, bytes.data(), size);
  if (storage.ss_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, bytes.data(), sizeof v6);
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    return fmt::format("[{}]:{}", text, ntohs(v6.sin6_port));
  }
  sockaddr_in v4;
  std::memcpy(&v4, bytes.data(), sizeof v4);
  inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
  return fmt::format("{}:{}", text, ntohs(v4.sin_port));
}

// Where the threads of all lookups find the loop again. A thread holds the mutex for the whole of
// its post(), so whoever has closed the gate knows that no thread touches the loop any more.
struct Resolver::Gate {
  std::mutex mutex;
  bool open = true;
};

struct Resolver::Lookup {
  explicit Lookup(Executor executor)
      : work(boost::asio::prefer(executor, boost::asio::execution::outstanding_work.tracked)) {}
  std::optional<Work> work;  // until the answer is there
  Event done;
  Answer answer;
  TimePoint answered;
};

Resolver::Resolver(Runtime& runtime) : runtime_(runtime), gate_(std::make_shared<Gate>()) {}

Resolver::~Resolver() {
  const std::lock_guard lock(gate_->mutex);
  gate_->open = false;
}

void Resolver::forget(const std::string& host, std::uint16_t port) {
  const auto found = lookups_.find({host, port});
  if (found != lookups_.end() && found->second->done.is_set()) lookups_.erase(found);
}

Task<Result<std::vector<Address>>> Resolver::resolve(std::string host, std::uint16_t port) {
  if (const auto address = literal(host, port)) co_return std::vector<Address>{*address};
  if (is_loopback_name(host))
    co_return std::vector<Address>{*literal("::1", port), *literal("127.0.0.1", port)};
  std::shared_ptr<Lookup>& entry = lookups_[{host, port}];
  if (entry && entry->done.is_set() && runtime_.now() - entry->answered > kFreshFor) entry.reset();
  if (!entry) {
    entry = std::make_shared<Lookup>(runtime_.executor());
    // The loop alone touches the lookup; the thread carries a weak hold on it.
    std::thread([gate = gate_, lookup = std::weak_ptr<Lookup>(entry), host, port,
                 &runtime = runtime_] {
      Answer answer = look_up(host, port);
      const std::lock_guard lock(gate->mutex);
      if (!gate->open) return;
      boost::asio::post(runtime.executor(),
                        [lookup, answer = std::move(answer), &runtime]() mutable {
                          const auto waiting = lookup.lock();
                          if (!waiting) return;
                          waiting->answer = std::move(answer);
                          waiting->answered = runtime.now();
                          waiting->work.reset();
                          waiting->done.set();
                        });
    }).detach();
  }
  const std::shared_ptr<Lookup> lookup = entry;
  Status waited = co_await lookup->done.wait();
  if (!waited) co_return fail(std::move(waited.error()));
  if (lookup->answer.addresses.empty())
    co_return fail(ErrorKind::kConnect,
                   fmt::format("the name {} is not known ({}): check the endpoint", host,
                               lookup->answer.problem));
  co_return lookup->answer.addresses;
}

}  // namespace s3ferry::http
