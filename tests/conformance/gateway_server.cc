#include "conformance/server.h"
#include "http/client.h"
#include "real/gateway.h"
#include "runtime/real_runtime.h"

namespace s3ferry::testing {
namespace {

class GatewayServer final : public Server {
 public:
  GatewayServer() : Server(true) {}
  Runtime& runtime() override { return runtime_; }
  Identity& a() override { return a_; }
  Identity& b() override { return b_; }
  Identity& wrong_secret() override { return wrong_; }
  Identity& unknown_key() override { return unknown_; }
  std::string principal_of_a() const override { return gateway_.source().principal_arn; }
  std::string principal_of_b() const override { return gateway_.target().principal_arn; }

 private:
  Identity identity(const std::string& id, const std::string& secret) {
    return Identity(runtime_, client_, id, secret, gateway_.endpoint());
  }
  Gateway& gateway_ = Gateway::shared();
  RealRuntime runtime_;
  http::Client client_{runtime_, http::ClientOptions()};
  Identity a_ = identity(gateway_.source().access_key_id, gateway_.source().secret);
  Identity b_ = identity(gateway_.target().access_key_id, gateway_.target().secret);
  Identity wrong_ = identity(gateway_.source().access_key_id, "not-the-secret");
  Identity unknown_ = identity("AKIAFAKENOBODY000000", gateway_.source().secret);
};

}  // namespace

Server& gateway_server() {
  static GatewayServer server;
  return server;
}

}  // namespace s3ferry::testing
