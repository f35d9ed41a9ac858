#include "sim/control.h"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace s3ferry::sim {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kPath = "/_s3sim/";
constexpr std::string_view kHelp =
    "GET    /_s3sim/counters   the counters, JSON\n"
    "POST   /_s3sim/reset      counters to zero\n"
    "POST   /_s3sim/config     adds what the JSON body describes\n"
    "DELETE /_s3sim/faults     no more faults\n"
    "GET    /_s3sim/objects/B  the objects of bucket B, JSON\n"
    "POST   /_s3sim/log        from now on every request that was done is noted\n"
    "GET    /_s3sim/log        those since then, JSON\n";

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

void ControlledSimulator::note(const RequestInfo& done) {
  if (log_.size() == kMostLogged) log_.pop_front();
  log_.push_back({done.operation, done.status, done.part, std::string(done.bucket),
                  std::string(done.key), done.after});
}

namespace {

// Keys and values that are no UTF-8 lose their odd bytes.
std::string objects_json(const Simulator& simulator, const std::string& bucket) {
  Json out;
  out["open_uploads"] = simulator.open_uploads(bucket);
  out["objects"] = Json::object();
  for (const std::string& key : simulator.keys(bucket)) {
    const auto object = simulator.find_object(bucket, key);
    if (!object) continue;
    out["objects"][key] = {{"etag", object->etag},
                           {"size", object->size},
                           {"storage_class", object->storage_class},
                           {"metadata", object->metadata},
                           {"headers", object->headers},
                           {"tags", object->tags}};
  }
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string ControlledSimulator::log_json() const {
  Json out = Json::array();
  for (const Noted& one : log_)
    out.push_back({{"operation", to_string(one.operation)},
                   {"status", one.status},
                   {"part", one.part},
                   {"bucket", one.bucket},
                   {"key", one.key},
                   {"after", one.after}});
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
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
  constexpr std::string_view kObjects = "objects/";
  if (what.starts_with(kObjects) && request.method == Method::kGet) {
    const std::string bucket(what.substr(kObjects.size()));
    if (!simulator_.has_bucket(bucket)) co_return text(404, "there is no such bucket\n");
    co_return answer(200, "application/json", objects_json(simulator_, bucket));
  }
  if (what == "log" && request.method == Method::kPost) {
    if (!std::exchange(logging_, true))
      simulator_.after_request([this](const RequestInfo& done) { note(done); });
    log_.clear();
    co_return text(200, "requests are noted\n");
  }
  if (what == "log" && request.method == Method::kGet)
    co_return answer(200, "application/json", log_json());
  if (what == "faults" && request.method == Method::kDelete) {
    simulator_.clear_faults();
    co_return text(200, "no more faults\n");
  }
  co_return text(404, fmt::format("there is no {} /_s3sim/{}; there is:\n{}",
                                  to_string(request.method), what, kHelp));
}

}  // namespace s3ferry::sim
