// Runs credential chains on recorded traffic: an environment, virtual files, the requests that must
// be made in this order, and the credentials (or the error) that come of it. Nothing is sent.

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "aws/credentials_chain.h"
#include "base/text.h"
#include "runtime/fake_host.h"
#include "runtime/virtual_runtime.h"
#include "vectors/runner.h"

namespace s3ferry::vectors {

Runner credential_chain_runner();

namespace {

struct Exchange {
  std::int64_t connection = 0;
  std::string method, url, body;
  http::Headers headers;
  int status = 0;  // 0: the connection failed
  http::Headers answer_headers;
  std::string answer;
};

std::string data_of(const Json& data) {
  if (data.contains("Utf8")) return data["Utf8"];
  if (data.contains("Base64")) return from_base64(data["Base64"].get<std::string>()).value_or("");
  return {};
}

http::Headers headers_of(const Json& message) {
  http::Headers headers;
  if (!message.contains("headers")) return headers;
  for (const auto& [name, values] : message["headers"].items()) {
    if (values.is_string()) headers.add(name, values.get<std::string>());
    if (values.is_array())
      for (const auto& value : values) headers.add(name, value.get<std::string>());
  }
  return headers;
}

void take_event(const Json& event, std::vector<Exchange>& exchanges) {
  const std::int64_t connection = event.value("connection_id", 0);
  const Json& action = event["action"];
  if (action.contains("Request")) {
    const Json& request = action["Request"]["request"];
    Exchange& fresh = exchanges.emplace_back();
    fresh.connection = connection;
    fresh.method = request["method"];
    fresh.url = request["uri"];
    fresh.headers = headers_of(request);
    return;
  }
  const auto last = std::find_if(exchanges.rbegin(), exchanges.rend(),
                                 [&](const Exchange& e) { return e.connection == connection; });
  if (last == exchanges.rend()) return;
  if (action.contains("Response")) {
    const Json& response = action["Response"]["response"];
    if (!response.contains("Ok")) return;
    last->status = response["Ok"]["status"];
    last->answer_headers = headers_of(response["Ok"]);
  }
  if (action.contains("Data")) {
    const bool request = action["Data"].value("direction", "") == "Request";
    (request ? last->body : last->answer) += data_of(action["Data"]["data"]);
  }
}

std::vector<Exchange> exchanges_of(const Json& test) {
  std::vector<Exchange> exchanges;
  if (test.contains("http_traffic") && test["http_traffic"].contains("events"))
    for (const auto& event : test["http_traffic"]["events"]) take_event(event, exchanges);
  return exchanges;
}

// scheme, authority, path and the query's fields in order of their names.
std::string normal_url(std::string_view text) {
  const auto url = http::parse_url(text);
  if (!url) return std::string(text);
  std::vector<std::string> fields;
  std::string_view query = url->query;
  while (!query.empty()) {
    fields.emplace_back(query.substr(0, query.find('&')));
    query.remove_prefix(std::min(fields.back().size() + 1, query.size()));
  }
  std::sort(fields.begin(), fields.end());
  return fmt::format("{}{}?{}", url->origin.to_string(), url->path, fmt::join(fields, "&"));
}

std::string action_of(std::string_view form) {
  const std::size_t at = form.find("Action=");
  return at == std::string_view::npos ? "" : std::string(form.substr(at, form.find('&', at) - at));
}

// Answers from the record; keeps the first request that is not as recorded.
class Replay final : public http::Transport {
 public:
  explicit Replay(std::vector<Exchange> exchanges) : exchanges_(std::move(exchanges)) {}

  Task<Result<http::Response>> send(http::Request request) override {
    const std::string url = request.origin.to_string() + request.target;
    if (next_ == exchanges_.size()) {
      // A refused connection, as where no such service is: only an error may come of it.
      co_return fail(ErrorKind::kConnect, "nothing more is recorded");
    }
    Exchange& wanted = exchanges_[next_++];
    compare("method", to_string(request.method), wanted.method);
    compare("url", normal_url(url), normal_url(wanted.url));
    compare("action", action_of(request.body), action_of(wanted.body));
    for (const auto& [name, value] : wanted.headers) {
      const std::string lower = to_lower_ascii(name);
      const bool telling = lower.starts_with("x-aws-ec2-metadata-token") ||
                           lower == "x-amz-sso_bearer_token" || lower == "x-amz-security-token" ||
                           (lower == "authorization" && !value.starts_with("AWS4-"));
      // The records of role chains hold the tokens of other runs than their answers.
      if (telling && lower != "x-amz-security-token")
        compare(name, request.headers.get_or(name, "(none)"), value);
    }
    if (wanted.status == 0) co_return fail(ErrorKind::kTimeout, "recorded so");
    http::Response response;
    response.status = wanted.status;
    response.headers = wanted.answer_headers;
    // The records' bodies were shortened after their lengths were noted.
    response.headers.set("content-length", std::to_string(wanted.answer.size()));
    response.body = http::make_memory_body(wanted.answer);
    co_return response;
  }

  const std::string& difference() const { return difference_; }
  std::size_t left() const { return exchanges_.size() - next_; }

 private:
  void compare(std::string_view what, std::string_view got, std::string_view wanted) {
    if (got != wanted && difference_.empty())
      difference_ = fmt::format("request {}: {} is {}, recorded was {}", next_, what, got, wanted);
  }

  std::vector<Exchange> exchanges_;
  std::size_t next_ = 0;
  std::string difference_;
};

// The cases' processes are lines for a shell; there is none in s3ferry, so its words arrive as they
// are written. This stands in for what the line would print.
Result<ProcessOutput> run_recorded_process(const std::vector<std::string>& words) {
  if (words.size() == 2 && words[0] == "exit")
    return ProcessOutput(static_cast<int>(parse_u64(words[1]).value_or(1)), "", "");
  if (!words.empty() && words[0] == "echo") {
    const bool decodes = words.size() == 5 && words[2] == "|" && words[3] == "base64";
    if (decodes) return ProcessOutput(0, from_base64(words[1]).value_or(""), "");
    return ProcessOutput(0, fmt::format("{}\n", fmt::join(words.begin() + 1, words.end(), " ")),
                         "");
  }
  return fail(ErrorKind::kIo, "cannot start the program");
}

std::string compare_credentials(const aws::Credentials& got, const Json& wanted) {
  const Json have = {{"access_key_id", got.access_key_id},
                     {"secret_access_key", got.secret_access_key.reveal()},
                     {"session_token", got.session_token.reveal()},
                     {"account_id", got.account_id},
                     {"expiry", got.expires ? std::chrono::duration_cast<std::chrono::seconds>(
                                                  got.expires->time_since_epoch())
                                                  .count()
                                            : 0}};
  for (const auto& [member, value] : wanted.items())
    if (!have.contains(member) || have[member] != value)
      return fmt::format("{} differs from {}", member, value.dump());
  const bool unexpected = !wanted.contains("session_token") && !got.session_token.empty();
  return unexpected ? "a session token was not expected" : "";
}

WallTime start_of(const Json& result) {
  constexpr std::int64_t kOtherwise = 1'200'000'000;
  std::int64_t at = kOtherwise;
  if (result.contains("Ok")) at = result["Ok"].value("expiry", kOtherwise) - 3600;
  return WallTime(std::chrono::seconds(at));
}

// Cases of the profile provider alone: the environment's keys are there to be passed over, as when
// the profile is named by option.
bool of_profile_alone(const Json& document, const Json& test) {
  const Json source = document.value("source", Json::object());
  const std::string path = source.is_object() ? source.value("path", "") : "";
  if (path.find("profile-provider") != std::string::npos) return true;
  return test["env"].contains("AWS_ACCESS_KEY_ID") && !exchanges_of(test).empty();
}

std::string check_chain(const Json& document, const Json& test) {
  const Json& result = test["test_case"]["result"];
  VirtualRuntime runtime(1, start_of(result));
  FakeHost host;
  host.environment = test["env"];
  if (test.contains("fs")) host.files = test["fs"].get<std::map<std::string, std::string>>();
  host.process = run_recorded_process;
  Replay transport(exchanges_of(test));
  aws::ChainOptions options;
  if (of_profile_alone(document, test))
    options.profile = host.env("AWS_PROFILE").value_or("default");
  auto chain = aws::make_credentials_chain(runtime, transport, host, options);
  Result<aws::Credentials> got =
      chain ? runtime.run((*chain)->get()) : Result<aws::Credentials>(fail(chain.error()));
  if (!transport.difference().empty()) return transport.difference();
  if (transport.left() > 0) return "a recorded request was not made";
  if (!result.contains("Ok")) return got ? "credentials were got, an error was expected" : "";
  if (!got) return got.error().describe();
  return compare_credentials(*got, result["Ok"]);
}

}  // namespace

Runner credential_chain_runner() {
  const auto takes = [](std::string_view, const Json& d) {
    return d.contains("cases") && d["cases"].is_array() && !d["cases"].empty() &&
           d["cases"][0].is_object() && d["cases"][0].contains("env") &&
           d["cases"][0].contains("test_case");
  };
  const auto run = [](const Json& document, Report& report) {
    for (const auto& test : document["cases"]) {
      const std::string name = test.value("name", "(unnamed)");
      const std::string problem = check_chain(document, test);
      if (problem.empty())
        report.pass(name);
      else
        report.fail(name, problem);
    }
  };
  return {"credential-chain", takes, run};
}

}  // namespace s3ferry::vectors
