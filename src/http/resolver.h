#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/runtime.h"

namespace s3ferry::http {

// An internet address with its port: a sockaddr as the system gives it.
struct Address {
  std::array<unsigned char, 28> bytes{};
  std::uint32_t size = 0;
  std::string to_string() const;  // "192.0.2.1:443", "[::1]:80"
};

// Names to addresses. Lookups run on threads of their own, because getaddrinfo cannot be
// interrupted; the tasks that wait can. Many tasks that ask for one name at once share one lookup,
// and an answer serves for kFreshFor: new connections see what DNS says by then. "localhost" and
// names under it are ::1 and 127.0.0.1, without a lookup.
class Resolver {
 public:
  static constexpr Duration kFreshFor = std::chrono::seconds(2);

  explicit Resolver(Runtime& runtime);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // At least one address. kConnect when there is none; kCancelled.
  Task<Result<std::vector<Address>>> resolve(std::string host, std::uint16_t port);
  // Forgets an answer whose addresses did not work.
  void forget(const std::string& host, std::uint16_t port);

 private:
  struct Gate;
  struct Lookup;
  Runtime& runtime_;
  std::shared_ptr<Gate> gate_;
  std::map<std::pair<std::string, std::uint16_t>, std::shared_ptr<Lookup>> lookups_;
};

}  // namespace s3ferry::http
