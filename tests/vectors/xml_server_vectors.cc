// Requests as S3's model wants them built, and a mock server's answers played to the whole client.

#include <fmt/format.h>

#include "base/text.h"
#include "s3/scripted_bucket.h"
#include "vectors/xml_vectors.h"

namespace s3ferry::vectors {
namespace {

using s3::testing::always;
using s3::testing::Reply;
using s3::testing::ScriptedBucket;
using s3::testing::ScriptedTransport;

// A bucket of the name that a case asks for.
struct NamedBucket {
  NamedBucket(ScriptedBucket& s3, std::string name)
      : source(s3.connection, BucketName(name)), target(s3.connection, BucketName(name)) {}
  s3::SourceBucket source;
  s3::TargetBucket target;
};

aws::EndpointParams endpoint_of(const Json& config) {
  aws::EndpointParams params;
  params.region = config.value("region", "us-east-1");
  params.force_path_style = config.value("addressing_style", "") == "path";
  params.use_accelerate = config.value("use_accelerate_endpoint", false);
  params.use_dualstack = config.value("use_dualstack_endpoint", false);
  return params;
}

bool send(ScriptedBucket& s3, NamedBucket& bucket, const std::string& operation,
          const ObjectKey& key) {
  if (operation == "ListObjectsV2")
    (void)s3.run(bucket.source.list_page(s3::ListRequest()));
  else if (operation == "GetObject")
    (void)s3.run(bucket.source.get_object(s3::GetRequest(key)));
  else if (operation == "HeadObject")
    (void)s3.run(bucket.source.head_object(s3::HeadRequest(key)));
  else if (operation == "DeleteObject")
    (void)s3.run(bucket.target.delete_object(s3::DeleteTarget(key)));
  else
    return false;
  return true;
}

// Our listings always ask for URL encoding (s3-facts.md §3), which the model leaves open.
std::string without_encoding_type(std::string query) {
  constexpr std::string_view kOurs = "&encoding-type=url";
  if (const auto at = query.find(kOurs); at != std::string::npos) query.erase(at, kOurs.size());
  return query;
}

std::string check_request(const Json& test) {
  const Json config = test.value("client_config", Json::object());
  ScriptedBucket s3(always(Reply(404)), endpoint_of(config));
  NamedBucket bucket(s3, test["params"].value("Bucket", ""));
  const std::string operation = test.value("operation", "");
  if (!send(s3, bucket, operation, ObjectKey(test["params"].value("Key", ""))))
    return "skip: " + operation + " is not an operation of ours";
  if (s3.transport.requests.empty()) return "nothing was sent";
  const http::Request& sent = s3.request();
  const auto question = sent.target.find('?');
  const std::string path = sent.target.substr(0, question);
  const std::string query =
      question == std::string::npos ? "" : without_encoding_type(sent.target.substr(question + 1));
  const Json& expect = test["expect"];
  const std::string got = fmt::format("{} {} {} ?{} '{}'", to_string(sent.method),
                                      sent.origin.authority(), path, query, sent.body);
  const std::string wanted =
      fmt::format("{} {} {} ?{} '{}'", expect.value("method", ""), expect.value("host", ""),
                  expect.value("path", ""), expect.value("query", ""), expect.value("body", ""));
  return got == wanted ? std::string() : fmt::format("got {}, wanted {}", got, wanted);
}

}  // namespace

void run_s3_request_case(const Json& test, Report& report) {
  const std::string name = test.value("id", "(no id)");
  const std::string problem =
      test.value("kind", "") == "request"
          ? check_request(test)
          : compare_s3_document(test.value("body", ""), test.value("headers", Json::object()),
                                test["expect"]);
  if (problem.empty())
    report.pass(name);
  else if (problem.starts_with("skip: "))
    report.skip(name, problem.substr(6));
  else
    report.fail(name, problem);
}

namespace {

// The mock's answer with the range asked for filled in, and as many bytes as it says.
Reply mock_reply(const Json& response, const http::Request& request) {
  std::string range(request.headers.get_or("range", "bytes=0-65535"));
  range = range.substr(range.find('=') + 1);
  Reply reply(response.value("status", 200));
  std::uint64_t size = 65536;
  for (const auto& [name, value] : object_in(response, "headers").items()) {
    std::string text = value.get<std::string>();
    if (const auto at = text.find("<request-range>"); at != std::string::npos)
      text.replace(at, 15, "bytes " + range);
    reply.headers.add(name, text);
  }
  std::string body;
  for (const Json& line : response.value("body", Json::array())) {
    if (!body.empty()) body += '\n';
    body += line.get<std::string>() == "<data-to-send>" ? std::string(size, 'x')
                                                        : line.get<std::string>();
  }
  reply.body = std::move(body);
  return reply;
}

struct Outcome {
  Status status;
  std::size_t requests = 0;
};

Outcome play(const Json& response, const std::string& operation) {
  ScriptedBucket s3(
      [&](const http::Request& request, std::size_t) { return mock_reply(response, request); });
  if (response.contains("delay"))
    s3.transport.latency = std::chrono::seconds(response["delay"].get<int>());
  const ObjectKey key("k");
  const UploadId upload("u");
  auto status = [](auto result) { return result ? Status() : Status(fail(result.error())); };
  Outcome out;
  if (operation == "AbortMultipartUpload") {
    out.status = s3.run(s3.target.abort_upload(key, upload));
  } else if (operation == "CompleteMultipartUpload") {
    std::vector<s3::CompletedPart> parts(1, s3::CompletedPart(1, ETag("e")));
    out.status = status(s3.run(s3.target.complete_upload(s3::CompleteRequest(key, upload, parts))));
  } else if (operation == "ListParts") {
    out.status = status(s3.run(s3.target.list_parts(key, upload)));
  } else if (operation == "UploadPart") {
    s3::UploadPartRequest part(key, upload, 1);
    part.body = "part";
    out.status = status(s3.run(s3.target.upload_part(part)));
  } else {
    s3::GetRequest get(key);
    get.range = {0, 65535};
    if (response.contains("headers"))
      get.if_match = ETag(response["headers"].value("ETag", std::string("pinned")));
    out.status = status(s3.run(s3.source.get_object(get)));
  }
  out.requests = s3.transport.requests.size();
  return out;
}

// What the name says: the kind of error, or none; and whether it is asked again.
struct Expectation {
  const char* suffix;
  std::optional<ErrorKind> error;
  bool again = false;
};
constexpr Expectation kExpectations[] = {
    {"async_access_denied_error", ErrorKind::kAccessDenied},
    {"async_internal_error", ErrorKind::kServer, true},
    {"GetObject/default", ErrorKind::kNoSuchKey},
    {"missing_content_range", ErrorKind::kUnsupported},
    {"missing_etags", ErrorKind::kProtocol},
    {"get_object_long_error", ErrorKind::kNoSuchKey},
    {"UploadPart/missing_etag", ErrorKind::kProtocol, true},
    {"throttle", ErrorKind::kThrottled, true},
};

}  // namespace

void run_mock_server_case(const Json& test, Report& report) {
  const std::string name = test.value("name", "");
  const std::string operation = name.substr(0, name.find('/'));
  if (operation == "CreateSession")
    return report.skip(name, "sessions belong to directory buckets (S3 Express), not supported");
  if (name.find("unmatch_checksum") != std::string::npos)
    return report.skip(name,
                       "a streamed body's checksum is computed where it is consumed, and "
                       "no command reads bodies yet");
  for (const char* known : {"AbortMultipartUpload", "CompleteMultipartUpload", "ListParts",
                            "UploadPart", "GetObject"}) {
    if (operation != known) continue;
    std::optional<ErrorKind> wanted;
    bool again = false;
    for (const Expectation& expectation : kExpectations)
      if (name.ends_with(expectation.suffix)) {
        wanted = expectation.error;
        again = expectation.again;
      }
    const Outcome outcome = play(test["response"], operation);
    const std::string got = outcome.status ? "success" : outcome.status.error().describe();
    if (outcome.status.has_value() != !wanted.has_value() ||
        (wanted && !outcome.status.error().is(*wanted)))
      return report.fail(name, "ended with " + got);
    if ((outcome.requests > 1) != again)
      return report.fail(name, fmt::format("{} requests; ended with {}", outcome.requests, got));
    return report.pass(name);
  }
  report.skip(name, operation + " is not an operation of ours");
}

}  // namespace s3ferry::vectors
