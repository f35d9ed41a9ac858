#include "sim/control.h"

#include <fmt/format.h>

namespace s3ferry::sim {
namespace {

constexpr std::string_view kPath = "/_s3sim/";
constexpr std::string_view kHelp =
    "GET    /_s3sim/counters   the counters, JSON\n"
    "POST   /_s3sim/reset      counters to zero\n"
    "POST   /_s3sim/config     adds what the JSON body describes\n"
    "DELETE /_s3sim/faults     no more faults\n";

http::Response answer(int status, std::string_view type, std::string body) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", std::string(type));
  response.headers.add("Content-Length", std::to_string(body.size()));
  response.body = http::make_memory_body(std::move(body));
  return response;
}

http::Response text(int status, std::string body) {
  return answer(status, "text/plain; charset=utf-8", std::move(body));
}

}  // namespace

Task<Result<http::Response>> ControlledSimulator::send(http::Request request) {
  if (request.target.starts_with(kPath)) return control(std::move(request));
  return simulator_.handle(std::move(request));
}

Task<Result<http::Response>> ControlledSimulator::control(http::Request request) {
  using http::Method;
  const std::string_view what = std::string_view(request.target).substr(kPath.size());
  if (what.empty()) co_return text(200, std::string(kHelp));
  if (what == "counters" && request.method == Method::kGet)
    co_return answer(200, "application/json", simulator_.counters_json());
  if (what == "reset" && request.method == Method::kPost) {
    simulator_.reset_counters();
    co_return text(200, "counters are zero\n");
  }
  if (what == "config" && request.method == Method::kPost) {
    const Status configured = simulator_.configure(request.body);
    if (!configured) co_return text(400, configured.error().message() + "\n");
    co_return text(200, "done\n");
  }
  if (what == "faults" && request.method == Method::kDelete) {
    simulator_.clear_faults();
    co_return text(200, "no more faults\n");
  }
  co_return text(404, fmt::format("there is no {} /_s3sim/{}; there is:\n{}",
                                  to_string(request.method), what, kHelp));
}

}  // namespace s3ferry::sim
