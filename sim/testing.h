#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/sigv4.h"
#include "base/text.h"
#include "runtime/virtual_runtime.h"
#include "sim/counters.h"
#include "sim/in_process.h"

namespace s3ferry::sim::testing {

// A small world for tests: two accounts with keys, a bucket of each, and a client that signs.
inline constexpr std::string_view kSourceAccount = "111111111111";
inline constexpr std::string_view kTargetAccount = "222222222222";
inline constexpr std::string_view kSourceKey = "AKIASOURCEFAKE000001";
inline constexpr std::string_view kTargetKey = "AKIATARGETFAKE000002";

struct Got {
  int status = 0;
  http::Headers headers;
  std::string body;
  std::string error;  // the transport's, if there was no answer

  // The text of the first element of that name; empty if there is none.
  std::string element(std::string_view name) const {
    const std::string open = "<" + std::string(name) + ">", close = "</" + std::string(name) + ">";
    const std::size_t from = body.find(open);
    if (from == std::string::npos) return "";
    const std::size_t start = from + open.size();
    return body.substr(start, body.find(close, start) - start);
  }
  std::size_t count(std::string_view text) const {
    std::size_t n = 0;
    for (std::size_t at = body.find(text); at != std::string::npos; at = body.find(text, at + 1))
      ++n;
    return n;
  }
  std::string header(std::string_view name) const { return std::string(headers.get_or(name, "")); }
  std::string code() const { return element("Code"); }
};

using HeaderList = std::vector<std::pair<std::string, std::string>>;

struct Ask {
  std::string key_id = std::string(kSourceKey);  // empty: unsigned
  std::string secret;                            // empty: the right one
  std::string region = "us-east-1";
  std::string service = "s3";
  std::string host = "127.0.0.1";
  std::string token;
  Duration clock_offset{};
  bool unsigned_payload = false;
};

class World {
 public:
  explicit World(std::uint64_t seed = 7);

  // Sends one signed request and reads the answer.
  Got send(http::Method method, std::string target, HeaderList headers = {}, std::string body = "",
           Ask ask = {});
  Got get(std::string target, HeaderList headers = {}, Ask ask = {}) {
    return send(http::Method::kGet, std::move(target), std::move(headers), "", std::move(ask));
  }
  Got head(std::string target, HeaderList headers = {}, Ask ask = {}) {
    return send(http::Method::kHead, std::move(target), std::move(headers), "", std::move(ask));
  }
  Got put(std::string target, std::string body = "", HeaderList headers = {}, Ask ask = {}) {
    return send(http::Method::kPut, std::move(target), std::move(headers), std::move(body),
                std::move(ask));
  }
  Got post(std::string target, std::string body = "", HeaderList headers = {}, Ask ask = {}) {
    return send(http::Method::kPost, std::move(target), std::move(headers), std::move(body),
                std::move(ask));
  }
  Got remove(std::string target, HeaderList headers = {}, Ask ask = {}) {
    return send(http::Method::kDelete, std::move(target), std::move(headers), "", std::move(ask));
  }
  Got copy(std::string from, std::string to, HeaderList headers = {}, Ask ask = {}) {
    headers.emplace_back("x-amz-copy-source", std::move(from));
    return put(std::move(to), "", std::move(headers), std::move(ask));
  }
  void object(std::string_view bucket, std::string key, std::string content = "content");

  VirtualRuntime runtime;
  Simulator sim;
  InProcessTransport transport;
  std::map<std::string, std::string> secrets;

 private:
  Task<Got> exchange(http::Request request);
  aws::Signer signer_;
};

inline World::World(std::uint64_t seed) : runtime(seed), sim(runtime), transport(runtime, sim) {
  secrets[std::string(kSourceKey)] = "source-fake-secret";
  secrets[std::string(kTargetKey)] = "target-fake-secret";
  (void)sim.add_account_with_key(std::string(kSourceAccount), std::string(kSourceKey),
                                 Secret("source-fake-secret"));
  (void)sim.add_account_with_key(std::string(kTargetAccount), std::string(kTargetKey),
                                 Secret("target-fake-secret"));
  BucketSpec source;
  source.name = "source-bucket";
  source.owner = std::string(kSourceAccount);
  source.side = Side::kSource;
  (void)sim.add_bucket(std::move(source));
  BucketSpec target;
  target.name = "target-bucket";
  target.owner = std::string(kTargetAccount);
  target.side = Side::kTarget;
  (void)sim.add_bucket(std::move(target));
}

inline void World::object(std::string_view bucket, std::string key, std::string content) {
  ObjectSpec spec;
  spec.key = std::move(key);
  spec.content = std::move(content);
  (void)sim.put_object(bucket, std::move(spec));
}

inline Task<Got> World::exchange(http::Request request) {
  Got got;
  Result<http::Response> response = co_await transport.send(std::move(request));
  if (!response) {
    got.error = std::string(to_string(response.error().kind()));
    co_return got;
  }
  got.status = response->status;
  got.headers = std::move(response->headers);
  Status read = co_await http::read_all(*response->body, got.body, kGiB);
  if (!read) got.error = std::string(to_string(read.error().kind()));
  co_return got;
}

inline Got World::send(http::Method method, std::string target, HeaderList headers,
                       std::string body, Ask ask) {
  http::Request request;
  request.method = method;
  request.origin = http::Origin{false, ask.host, 80};
  request.target = std::move(target);
  request.body = std::move(body);
  for (auto& [name, value] : headers) request.headers.add(name, value);
  if (!ask.key_id.empty()) {
    const std::string date =
        format_amz_date(runtime.wall_now() +
                        std::chrono::duration_cast<std::chrono::milliseconds>(ask.clock_offset));
    const std::string hash =
        ask.unsigned_payload ? std::string(aws::kUnsignedPayload) : aws::sha256_hex(request.body);
    if (!request.headers.get("x-amz-content-sha256"))
      request.headers.add("x-amz-content-sha256", hash);
    request.headers.add("x-amz-date", date);
    if (!ask.token.empty()) request.headers.add("x-amz-security-token", ask.token);
    aws::SigningRequest signing;
    signing.method = http::to_string(method);
    signing.host = ask.host;
    signing.target = request.target;
    const std::vector<aws::HeaderField> fields(request.headers.begin(), request.headers.end());
    signing.headers = fields;
    signing.payload_hash = *request.headers.get("x-amz-content-sha256");
    if (ask.service != "s3") signing.rules = aws::UriRules::kNormalized;
    const Secret secret(ask.secret.empty() ? secrets[ask.key_id] : ask.secret);
    const aws::SigningKey key{ask.key_id, secret};
    const aws::SigningScope scope{date, ask.region, ask.service};
    request.headers.add("Authorization", signer_.authorization(signing, scope, key));
  }
  return runtime.run(exchange(std::move(request)));
}

inline Ask as_target() {
  Ask ask;
  ask.key_id = std::string(kTargetKey);
  return ask;
}

}  // namespace s3ferry::sim::testing
