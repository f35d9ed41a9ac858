// s3sim: the simulated S3 as a program. Its --help says how to use it.
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>

#include <CLI/CLI.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "base/text.h"
#include "http/certificate.h"
#include "runtime/real_runtime.h"
#include "sim/command_line.h"
#include "sim/control.h"
#include "sim/server.h"

namespace s3ferry::sim {
namespace {

int complain(std::string_view text) {
  std::fprintf(stderr, "s3sim: %.*s\n", static_cast<int>(text.size()), text.data());
  return 1;
}

Task<void> stop_at_signal(Runtime& runtime, Server& server) {
  boost::asio::basic_signal_set<Executor> signals(runtime.executor(), SIGTERM, SIGINT);
  boost::system::error_code ec;
  co_await signals.async_wait(
      boost::asio::redirect_error(boost::asio::use_awaitable_t<Executor>{}, ec));
  server.stop();
}

Task<void> serve(Runtime& runtime, Server& server) {
  Scope scope(runtime);
  scope.spawn(stop_at_signal(runtime, server));
  co_await server.serve();
  scope.cancel();
  co_await scope.join();
}

Result<ServerOptions> server_options(const CommandLine& line) {
  ServerOptions options;
  options.address = line.address;
  options.port = line.port;
  options.tls_port = line.tls_port;
  options.discard_from = line.discard_from;
  if (!line.tls_port) return options;
  auto certificate = http::make_throwaway_certificate(
      {"localhost", "*.localhost", "127.0.0.1", "::1", line.address});
  if (!certificate) return fail(std::move(certificate.error()));
  options.certificate = certificate->certificate;
  options.key = certificate->key;
  if (!line.ca_file.empty()) {
    std::ofstream file(line.ca_file, std::ios::trunc);
    file << certificate->authority;
    file.close();
    if (!file) return fail(ErrorKind::kIo, "cannot write " + line.ca_file);
  }
  return options;
}

int run(const CommandLine& line) {
  RealRuntime runtime;
  Simulator simulator(runtime);
  const Status described = describe(simulator, line);
  if (!described) return complain(described.error().message());
  auto options = server_options(line);
  if (!options) return complain(options.error().message());
  ControlledSimulator service(simulator);
  Server server(runtime, service, std::move(*options));
  const Status opened = server.open();
  if (!opened) return complain(opened.error().message());
  std::string urls = "s3sim: http://" + line.address + ":" + std::to_string(server.port());
  if (server.tls_port() != 0)
    urls += " https://" + line.address + ":" + std::to_string(server.tls_port());
  std::printf("%s\n", urls.c_str());
  std::fflush(stdout);
  runtime.run(serve(runtime, server));
  if (line.counters_at_end) std::printf("%s\n", simulator.counters_json().c_str());
  return 0;
}

}  // namespace
}  // namespace s3ferry::sim

int main(int argc, char** argv) {
  CLI::App app;
  s3ferry::sim::CommandLine line;
  s3ferry::sim::declare(app, line);
  CLI11_PARSE(app, argc, argv);
  return s3ferry::sim::run(line);
}
