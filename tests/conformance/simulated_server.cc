#include "conformance/server.h"
#include "runtime/virtual_runtime.h"
#include "sim/in_process.h"
#include "sim/simulator.h"

namespace s3ferry::testing {
namespace {

constexpr const char* kUrl = "http://127.0.0.1:9000";

class SimulatedServer final : public Server {
 public:
  SimulatedServer() : Server(false) {
    for (const auto& [id, key, secret] :
         {std::tuple(kA, "AKIAFAKEACCOUNTA0000", "fake-secret-a"),
          std::tuple(kB, "AKIAFAKEACCOUNTB0000", "fake-secret-b")}) {
      Status added = simulator_.add_account_with_key(id, key, Secret(secret));
      if (!added) throw std::runtime_error(added.error().describe());
    }
  }
  Runtime& runtime() override { return runtime_; }
  Identity& a() override { return a_; }
  Identity& b() override { return b_; }
  Identity& wrong_secret() override { return wrong_; }
  Identity& unknown_key() override { return unknown_; }
  std::string principal_of_a() const override {
    return std::string("arn:aws:iam::") + kA + ":root";
  }
  std::string principal_of_b() const override {
    return std::string("arn:aws:iam::") + kB + ":root";
  }

 private:
  static constexpr const char* kA = "111111111111";
  static constexpr const char* kB = "222222222222";
  VirtualRuntime runtime_{7};
  sim::Simulator simulator_{runtime_};
  sim::InProcessTransport transport_{runtime_, simulator_};
  Identity a_{runtime_, transport_, "AKIAFAKEACCOUNTA0000", "fake-secret-a", kUrl};
  Identity b_{runtime_, transport_, "AKIAFAKEACCOUNTB0000", "fake-secret-b", kUrl};
  Identity wrong_{runtime_, transport_, "AKIAFAKEACCOUNTA0000", "not-the-secret", kUrl};
  Identity unknown_{runtime_, transport_, "AKIAFAKENOBODY000000", "fake-secret-a", kUrl};
};

}  // namespace

Server& simulated_server() {
  static SimulatedServer server;
  return server;
}

}  // namespace s3ferry::testing
