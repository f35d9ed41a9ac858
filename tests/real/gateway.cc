#include "real/gateway.h"

#include <map>
#include <sstream>
#include <stdexcept>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace s3ferry::testing {
namespace {

// `export A=1 B=2` lines to a map.
std::map<std::string, std::string> parse_exports(const std::string& text) {
  std::map<std::string, std::string> values;
  std::istringstream words(text);
  for (std::string word; words >> word;)
    if (const auto equal = word.find('='); equal != std::string::npos)
      values[word.substr(0, equal)] = word.substr(equal + 1);
  return values;
}

GatewayUser user(std::map<std::string, std::string>& values, const std::string& prefix) {
  return {values[prefix + "_ACCOUNT_ID"], values[prefix + "_PRINCIPAL_ARN"],
          values[prefix + "_ACCESS_KEY_ID"], values[prefix + "_SECRET_ACCESS_KEY"]};
}

}  // namespace

Gateway::Gateway() : folder_(scratch_.file("rgw")) {
  Environment environment = bare_environment();
  environment["TMPDIR"] = "/tmp";
  const ProcessEnd have =
      run_process({"sh", "-c", "command -v radosgw && command -v ceph-mon && command -v ceph-osd"},
                  environment);
  if (have.exit_code != 0)
    throw std::runtime_error(
        "radosgw is missing: run './dev setup' (a real S3 server belongs to the tests)");
  guard();
  const ProcessEnd started =
      run_process({RGW_CLUSTER_SCRIPT, "start", folder_}, environment, std::chrono::seconds(120));
  if (started.exit_code != 0) throw std::runtime_error("the gateway did not start: " + started.err);
  auto values = parse_exports(started.out);
  endpoint_ = values["S3_ENDPOINT"];
  tls_endpoint_ = values["S3_TLS_ENDPOINT"];
  ca_bundle_ = values["S3_CA_BUNDLE"];
  source_ = user(values, "SRC");
  target_ = user(values, "DST");
}

// A process of its own group that waits for the end of a pipe, which comes when this process closes
// it or ends, and then destroys the cluster.
void Gateway::guard() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  const std::string script = RGW_CLUSTER_SCRIPT;
  const char* command = "cat >/dev/null; \"$0\" destroy \"$1\" >/dev/null 2>&1; rm -rf -- \"$2\"";
  guardian_ = ::fork();
  if (guardian_ < 0) throw std::runtime_error("no fork");
  if (guardian_ == 0) {
    ::setsid();
    ::dup2(ends[0], 0);
    const int null = ::open("/dev/null", O_WRONLY);
    ::dup2(null, 1);
    ::dup2(null, 2);
    ::execl("/bin/sh", "sh", "-c", command, script.c_str(), folder_.c_str(),
            scratch_.path().c_str(), nullptr);
    ::_exit(127);
  }
  ::close(ends[0]);
  guard_fd_ = ends[1];
}

Gateway::~Gateway() {
  ::close(guard_fd_);
  ::waitpid(guardian_, nullptr, 0);
}

Gateway& Gateway::shared() {
  static Gateway gateway;
  return gateway;
}

}  // namespace s3ferry::testing
