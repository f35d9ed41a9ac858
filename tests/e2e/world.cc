#include "e2e/world.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include <fmt/format.h>

#include "http/client.h"
#include "runtime/real_runtime.h"

namespace s3ferry::testing {
namespace {

using Json = nlohmann::json;

constexpr const char* kSourceAccount = "111111111111";
constexpr const char* kTargetAccount = "222222222222";

Json account(const char* id, const char* key_id, const char* secret) {
  Json key = {{"access_key_id", key_id}, {"secret", secret}};
  Json user = {{"name", "admin"}, {"keys", Json::array({key})}};
  return {{"id", id}, {"users", Json::array({user})}};
}

Json reader_policy() {
  Json statement = {{"Effect", "Allow"},
                    {"Principal", {{"AWS", fmt::format("arn:aws:iam::{}:root", kTargetAccount)}}},
                    {"Action", {"s3:ListBucket", "s3:GetObject", "s3:GetObjectTagging"}},
                    {"Resource", {"arn:aws:s3:::source", "arn:aws:s3:::source/*"}}};
  return {{"Version", "2012-10-17"}, {"Statement", Json::array({statement})}};
}

Task<Result<std::string>> ask(http::Client& client, http::Request request) {
  auto response = co_await client.send(std::move(request));
  if (!response) co_return fail(std::move(response.error()));
  std::string body;
  Status read = co_await http::read_all(*response->body, body, 64 * kMiB);
  if (!read) co_return fail(std::move(read.error()));
  if (response->status != 200) co_return fail(ErrorKind::kServer, body);
  co_return body;
}

}  // namespace

SimulatedService::SimulatedService(const ScratchFolder& scratch, const Json& config, bool tls)
    : ca_file_(scratch.file("ca.pem")) {
  std::vector<std::string> argv = {S3SIM_PROGRAM, "--config",
                                   scratch.write("sim.json", config.dump())};
  if (tls) argv.insert(argv.end(), {"--tls-port", "0", "--ca-file", ca_file_});
  process_ = std::make_unique<Child>(std::move(argv), bare_environment());
  if (!process_->wait_for("s3sim: http://", std::chrono::seconds(20)) ||
      !process_->wait_for("\n", std::chrono::seconds(20)))
    throw std::runtime_error("s3sim did not start: " + process_->err());
  std::istringstream words(process_->out());
  std::string name;
  words >> name >> url_ >> tls_url_;
}

std::string SimulatedService::control(const std::string& method, const std::string& what,
                                      const std::string& body) {
  RealRuntime runtime;
  http::Client client(runtime, http::ClientOptions());
  http::Request request;
  request.method = method == "POST" ? http::Method::kPost : http::Method::kGet;
  request.origin = http::parse_url(url_)->origin;
  request.target = "/_s3sim/" + what;
  request.body = body;
  auto answer = runtime.run(ask(client, std::move(request)));
  if (!answer) throw std::runtime_error("s3sim: " + answer.error().describe());
  return *answer;
}

Json SimulatedService::counters() {
  return Json::parse(control("GET", "counters", ""));
}
Json SimulatedService::take_log() {
  Json noted = Json::parse(control("GET", "log", ""));
  control("POST", "log", "");
  return noted;
}
Json SimulatedService::objects(const std::string& bucket) {
  return Json::parse(control("GET", "objects/" + bucket, ""));
}
void SimulatedService::configure(const Json& more) {
  control("POST", "config", more.dump());
}
void SimulatedService::kill() {
  process_.reset();
}

EndToEnd::EndToEnd() {
  config = {{"accounts",
             {account(kSourceAccount, "AKIAFAKESOURCE000000", kSourceSecret),
              account(kTargetAccount, "AKIAFAKETARGET000000", kTargetSecret)}},
            {"buckets",
             {{{"name", "source"},
               {"owner", kSourceAccount},
               {"side", "source"},
               {"policy", reader_policy()},
               {"objects", Json::array()}},
              {{"name", "target"},
               {"owner", kTargetAccount},
               {"side", "target"},
               {"objects", Json::array()}}}}};
  program.add_profile("asis", "AKIAFAKESOURCE000000", kSourceSecret);
  program.add_profile("tobe", "AKIAFAKETARGET000000", kTargetSecret);
}

void EndToEnd::start(bool tls) {
  service = std::make_unique<SimulatedService>(scratch, config, tls);
}

std::vector<std::string> EndToEnd::sync(std::vector<std::string> more) const {
  std::vector<std::string> all = {"sync", "s3://source",      "s3://target", "--source-profile",
                                  "asis", "--target-profile", "tobe"};
  if (service) all.insert(all.end(), {"--endpoint-url", service->url()});
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

void EndToEnd::add_object(const std::string& bucket, Json object) {
  for (Json& each : config["buckets"])
    if (each["name"] == bucket) each["objects"].push_back(std::move(object));
}

void EndToEnd::add_objects(std::size_t count, const std::string& prefix) {
  for (std::size_t i = 0; i < count; ++i)
    add_object("source", {{"key", fmt::format("{}{:05}", prefix, i)}, {"size", 100 + i % 50}});
}

std::size_t lines_in(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace s3ferry::testing
