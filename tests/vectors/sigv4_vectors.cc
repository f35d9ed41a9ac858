// Runs signature vectors of four shapes: `files` by upstream name (context.json and request.txt, or
// req/creq/sts/authz), worked examples with `expected`, and whole requests with `signing`.

#include <optional>

#include <fmt/format.h>

#include "aws/endpoint.h"
#include "aws/sigv4.h"
#include "base/text.h"
#include "vectors/runner.h"

namespace s3ferry::vectors {
namespace {

using aws::HeaderField;
using aws::SigningRequest;
using aws::SigningScope;
using aws::UriRules;

constexpr const char* kExampleKeyId = "AKIDEXAMPLE";
constexpr const char* kExampleSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

struct Context {
  std::string key_id = kExampleKeyId;
  Secret secret{kExampleSecret};
  Secret token;
  std::string region = "us-east-1", service = "service", amz_date;
  std::int64_t expires_seconds = 3600;
  bool normalize = true, sign_body = false, omit_token = false;
};

struct Parsed {
  std::string method, target, host, body;
  std::vector<std::pair<std::string, std::string>> headers;
};

// What differs, or empty.
std::string difference(std::string_view what, std::string_view got, std::string_view wanted) {
  if (got == wanted) return {};
  return fmt::format("{}: got [{}], wanted [{}]", what, escape_for_display(got),
                     escape_for_display(wanted));
}

std::string first_of(std::initializer_list<std::string> problems) {
  for (const auto& problem : problems)
    if (!problem.empty()) return problem;
  return {};
}

std::string without_line_ends(std::string text) {
  std::erase(text, '\r');
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

// "METHOD target HTTP/1.1", headers (folded lines continue the one before), a blank line, the body.
std::optional<Parsed> parse_request(std::string text) {
  std::erase(text, '\r');
  Parsed out;
  const auto line_end = std::min(text.find('\n'), text.size());
  const std::string line = text.substr(0, line_end);
  const auto space = line.find(' '), version = line.rfind(" HTTP/");
  if (space == std::string::npos || version == std::string::npos || version <= space)
    return std::nullopt;
  out.method = line.substr(0, space);
  out.target = line.substr(space + 1, version - space - 1);
  std::size_t at = line_end + 1;
  while (at < text.size()) {
    const auto end = std::min(text.find('\n', at), text.size());
    const std::string field = text.substr(at, end - at);
    at = end + 1;
    if (field.empty()) break;
    if ((field[0] == ' ' || field[0] == '\t') && !out.headers.empty()) {
      out.headers.back().second += " " + std::string(trim_ascii(field));
      continue;
    }
    const auto colon = field.find(':');
    if (colon == std::string::npos) return std::nullopt;
    out.headers.emplace_back(field.substr(0, colon), field.substr(colon + 1));
  }
  if (at < text.size()) out.body = text.substr(at);
  for (const auto& [name, value] : out.headers)
    if (iequals_ascii(name, "host")) out.host = trim_ascii(value);
  return out;
}

std::optional<std::string> header_of(const Parsed& request, std::string_view name) {
  for (const auto& [field, value] : request.headers)
    if (iequals_ascii(field, name)) return std::string(trim_ascii(value));
  return std::nullopt;
}

// `fields` keeps what the request refers to.
SigningRequest view_of(const Parsed& p, std::string_view payload_hash, const Context& context,
                       std::vector<HeaderField>& fields) {
  fields.assign(p.headers.begin(), p.headers.end());
  SigningRequest request;
  request.method = p.method;
  request.host = p.host;
  request.target = p.target;
  request.headers = fields;
  request.payload_hash = payload_hash;
  request.rules = context.service == "s3" ? UriRules::kS3
                  : context.normalize     ? UriRules::kNormalized
                                          : UriRules::kUnnormalized;
  return request;
}

void read_context(const Json& json, Context& context) {
  const auto text = [&](const Json& from, const char* name, std::string& to) {
    if (from.is_object() && from.contains(name) && from[name].is_string())
      to = from[name].get<std::string>();
  };
  const Json& credentials =
      json.is_object() && json.contains("credentials") ? json["credentials"] : json;
  std::string secret = context.secret.reveal(), token, timestamp;
  text(credentials, "access_key_id", context.key_id);
  text(credentials, "secret_access_key", secret);
  for (const char* name : {"token", "session_token"}) text(credentials, name, token);
  text(json, "region", context.region);
  text(json, "service", context.service);
  text(json, "timestamp", timestamp);
  context.secret = Secret(secret);
  context.token = Secret(token);
  if (const auto time = parse_iso8601(timestamp)) context.amz_date = format_amz_date(*time);
  if (!json.is_object()) return;
  context.expires_seconds = json.value("expiration_in_seconds", context.expires_seconds);
  context.normalize = json.value("normalize", context.normalize);
  context.sign_body = json.value("sign_body", context.sign_body);
  context.omit_token = json.value("omit_session_token", context.omit_token);
}

std::string check_header_signing(Parsed request, const Context& context, const Json& files) {
  const std::string hash = aws::sha256_hex(request.body);
  if (!context.token.empty() && !context.omit_token)
    request.headers.emplace_back("X-Amz-Security-Token", context.token.reveal());
  request.headers.emplace_back("X-Amz-Date", context.amz_date);
  if (context.sign_body) request.headers.emplace_back("x-amz-content-sha256", hash);
  std::vector<HeaderField> fields;
  const SigningRequest view = view_of(request, hash, context, fields);
  const SigningScope scope{context.amz_date, context.region, context.service};
  const std::string canonical = canonical_request(view, signed_header_names(view));
  aws::Signer signer;
  const std::string authorization =
      signer.authorization(view, scope, {context.key_id, context.secret});
  const auto said = aws::parse_authorization(authorization);
  if (!said) return "its own Authorization does not parse";
  const auto signed_request = parse_request(files["header-signed-request.txt"]);
  if (!signed_request) return "header-signed-request.txt does not parse";
  return first_of(
      {difference("canonical request", canonical,
                  files["header-canonical-request.txt"].get<std::string>()),
       difference("string to sign", string_to_sign(scope, canonical),
                  files["header-string-to-sign.txt"].get<std::string>()),
       difference("signature", said->signature, files["header-signature.txt"].get<std::string>()),
       difference("Authorization", authorization,
                  header_of(*signed_request, "authorization").value_or(""))});
}

std::string check_query_signing(const Parsed& request, const Context& context, const Json& files) {
  if (!files.contains("query-signature.txt")) return {};
  const std::string hash = aws::sha256_hex(request.body);
  std::vector<HeaderField> fields;
  const SigningRequest view = view_of(request, hash, context, fields);
  const SigningScope scope{context.amz_date, context.region, context.service};
  aws::Signer signer;
  const std::string target =
      signer.presign(view, scope, {context.key_id, context.secret}, context.token,
                     context.expires_seconds, !context.omit_token);
  const auto said = aws::parse_presigned(target);
  if (!said) return "its own presigned target does not parse: " + said.error().message();
  SigningRequest sent = view;
  sent.target = target;
  if (!context.omit_token && !verify(signer, sent, *said, context.secret))
    return "its own presigned target does not verify";
  const auto signed_request = parse_request(files["query-signed-request.txt"]);
  if (!signed_request) return "query-signed-request.txt does not parse";
  std::string canonical;
  if (!context.omit_token) {
    canonical = canonical_request(sent, said->signed_headers);
    const std::string problem =
        first_of({difference("query canonical request", canonical,
                             files["query-canonical-request.txt"].get<std::string>()),
                  difference("query string to sign", string_to_sign(scope, canonical),
                             files["query-string-to-sign.txt"].get<std::string>())});
    if (!problem.empty()) return problem;
  }
  return first_of({difference("query signature", said->signature,
                              files["query-signature.txt"].get<std::string>()),
                   difference("presigned target", target, signed_request->target)});
}

// `files` named get-vanilla.req or just req: the context stands in the document's `format`, and is
// that of the published suite where it does not say.
std::string check_short_files(const Json& files, Context context) {
  const auto file = [&](std::string_view ending) -> std::optional<std::string> {
    for (const auto& [name, text] : files.items())
      if (name == ending || name.ends_with("." + std::string(ending)))
        return text.get<std::string>();
    return std::nullopt;
  };
  const auto text = file("req");
  auto request = text ? parse_request(*text) : std::nullopt;
  if (!request) return "req is missing or does not parse";
  const std::string hash = aws::sha256_hex(request->body);
  if (const auto date = header_of(*request, "x-amz-date"))
    context.amz_date = *date;
  else
    request->headers.emplace_back("X-Amz-Date", context.amz_date);
  std::vector<HeaderField> fields;
  const SigningRequest view = view_of(*request, hash, context, fields);
  const SigningScope scope{context.amz_date, context.region, context.service};
  const std::string canonical = canonical_request(view, signed_header_names(view));
  aws::Signer signer;
  const std::string authorization =
      signer.authorization(view, scope, {context.key_id, context.secret});
  const auto differs = [&](const char* ending, const std::string& got) {
    const auto wanted = file(ending);
    return wanted ? difference(ending, got, without_line_ends(*wanted)) : std::string();
  };
  std::string problem =
      first_of({differs("creq", canonical), differs("sts", string_to_sign(scope, canonical)),
                differs("authz", authorization)});
  const auto signed_request = file("sreq");
  if (problem.empty() && signed_request && signed_request->find(authorization) == std::string::npos)
    problem = "sreq does not hold the same Authorization";
  if (problem.empty() && !file("creq") && !file("sts") && !file("authz") && !signed_request)
    problem = "no file to compare with";
  return problem;
}

void run_files(const Json& document, const Json& test, const std::string& name, Report& report) {
  const Json& files = test["files"];
  if (files.contains("public-key.json") ||
      document.dump().find("AWS4-ECDSA-P256") != std::string::npos) {
    report.skip(name, "SigV4a signs for multi-region access points only, which are not supported");
    return;
  }
  Context context;
  context.amz_date = "20150830T123600Z";
  for (const Json* holder : {&document, &test})
    if (holder->contains("format")) read_context((*holder)["format"], context);
  std::string problem;
  if (files.contains("context.json")) {
    const Json& stored = files["context.json"];
    read_context(stored.is_string() ? Json::parse(stored.get<std::string>()) : stored, context);
    const auto request = parse_request(files["request.txt"]);
    problem =
        request ? check_header_signing(*request, context, files) : "request.txt does not parse";
    if (problem.empty()) problem = check_query_signing(*request, context, files);
  } else {
    problem = check_short_files(files, context);
  }
  problem.empty() ? report.pass(name) : report.fail(name, problem);
}

// Worked examples: `expected`, and `chunks` where the body is aws-chunked.
std::string check_example(const Json& test, const Json& source) {
  Parsed request;
  request.method = test["method"];
  request.target = test["path"].get<std::string>();
  if (!test["query"].get<std::string>().empty())
    request.target += "?" + test["query"].get<std::string>();
  for (const auto& [name, value] : test["headers"].items())
    request.headers.emplace_back(name, value.get<std::string>());
  request.host = header_of(request, "host").value_or("");
  Context context;
  context.service = "s3";
  read_context(source, context);
  if (test.contains("credentials")) read_context(test, context);
  const auto presigned =
      aws::parse_presigned(request.target + "&X-Amz-Signature=" + std::string(64, '0'));
  context.amz_date =
      header_of(request, "x-amz-date").value_or(presigned ? presigned->amz_date : "");
  const std::string hash = test.contains("payload_sha256")
                               ? test["payload_sha256"].get<std::string>()
                               : header_of(request, "x-amz-content-sha256").value_or("");
  std::vector<HeaderField> fields;
  const SigningRequest view = view_of(request, hash, context, fields);
  const SigningScope scope{context.amz_date, context.region, context.service};
  const Json& expected = test["expected"];
  const std::string canonical = canonical_request(view, signed_header_names(view));
  aws::Signer signer;
  const aws::SigningKey key{context.key_id, context.secret};
  const std::string to_sign = string_to_sign(scope, canonical);
  const std::string seed = signer.signature(scope, key, to_sign);
  const char* member = expected.contains("seed_signature") ? "seed_signature" : "signature";
  std::string problem = first_of(
      {difference("canonical request", canonical, expected["canonical_request"].get<std::string>()),
       difference("string to sign", to_sign, expected["string_to_sign"].get<std::string>()),
       difference("signature", seed, expected[member].get<std::string>())});
  if (!problem.empty() || !test.contains("chunks")) return problem;
  std::string previous = seed;
  for (const Json& chunk : test["chunks"]) {
    std::string bytes;
    for (std::int64_t i = 0; i < chunk["count"].get<std::int64_t>(); ++i)
      bytes += chunk["byte"].get<std::string>();
    previous = signer.chunk_signature(scope, key, previous, bytes);
    problem = difference("chunk signature", previous, chunk["signature"].get<std::string>());
    if (!problem.empty()) return problem;
  }
  if (!expected.contains("trailer_signature") || expected["trailer_signature"].is_null()) return {};
  std::string trailer;
  const Json& given = test["trailer"];
  if (given.is_string()) trailer = given.get<std::string>();
  if (given.is_object())
    for (const auto& [name, value] : given.items())
      trailer += name + ":" + value.get<std::string>() + "\n";
  if (!trailer.ends_with('\n')) trailer += '\n';
  return difference("trailer signature", signer.trailer_signature(scope, key, previous, trailer),
                    expected["trailer_signature"].get<std::string>());
}

// A whole S3 request: sign it as it was sent, verify it as a server would, and find its host and
// path from the configuration, the bucket and the key.
std::string check_operation(const Json& test) {
  const Json &config = test["config"], &sent = test["request"], &signing = test["signing"];
  Parsed request;
  request.method = sent["method"];
  request.host = sent["host"];
  request.target = sent["path"].get<std::string>();
  if (const std::string query = sent["query"]; !query.empty()) request.target += "?" + query;
  for (const auto& [name, value] : signing["signed_headers_as_sent"].items())
    request.headers.emplace_back(name, value.get<std::string>());
  const std::string wanted = signing["authorization"];
  const auto said = aws::parse_authorization(wanted);
  if (!said) return "the expected Authorization does not parse: " + said.error().message();
  Context context;
  context.service = "s3";
  context.key_id = said->access_key_id;
  context.secret = Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
  const std::string hash = header_of(request, "x-amz-content-sha256").value_or("");
  const std::string date = header_of(request, "x-amz-date").value_or("");
  std::vector<HeaderField> fields;
  const SigningRequest view = view_of(request, hash, context, fields);
  const SigningScope scope{date, said->region, said->service};
  aws::Signer signer;
  const std::string canonical = canonical_request(view, signed_header_names(view));
  const std::string got = signer.authorization(view, scope, {context.key_id, context.secret});
  std::string problem = first_of(
      {difference("canonical request", canonical, signing["canonical_request"].get<std::string>()),
       difference("string to sign", string_to_sign(scope, canonical),
                  signing["string_to_sign"].get<std::string>()),
       difference("Authorization", got, wanted)});
  if (!problem.empty()) return problem;
  aws::ReceivedSignature received = *said;
  received.amz_date = date;
  if (!verify(signer, view, received, context.secret)) return "a server would not accept it";
  received.signature[0] = received.signature[0] == '0' ? '1' : '0';
  if (verify(signer, view, received, context.secret)) return "a changed signature is accepted";

  aws::EndpointParams params;
  const Json& operation = test["params"];
  params.region = config["region"];
  params.bucket = operation.value("Bucket", "");
  params.force_path_style = config.value("addressing_style", "") == "path";
  if (config.contains("endpoint") && config["endpoint"].is_string())
    params.endpoint_url = config["endpoint"];
  const auto endpoint = resolve_s3_endpoint(params);
  if (!endpoint) return "no endpoint: " + endpoint.error().message();
  std::string path = endpoint->base_path;
  if (operation.contains("Key"))
    path += "/" + uri_encode(operation["Key"].get<std::string>(), true);
  if (path.empty()) path = "/";
  return first_of({difference("host", endpoint->origin.authority(), request.host),
                   difference("path", path, sent["path"].get<std::string>())});
}

void run_sigv4(const Json& document, Report& report) {
  const Json source = document.contains("source") ? document["source"] : Json::object();
  for (const char* list : {"cases", "streaming"}) {
    if (!document.contains(list)) continue;
    for (const Json& test : document[list]) {
      const std::string name = test.value("name", "(no name)");
      if (test.contains("files")) {
        run_files(document, test, name, report);
        continue;
      }
      std::string problem = "a shape that is not known";
      if (test.contains("expected")) problem = check_example(test, source);
      if (test.contains("signing")) problem = check_operation(test);
      problem.empty() ? report.pass(name) : report.fail(name, problem);
    }
  }
}

}  // namespace

Runner sigv4_runner() {
  return {"sigv4",
          [](std::string_view folder, const Json& document) {
            return folder == "sigv4" &&
                   (document.contains("cases") || document.contains("streaming"));
          },
          run_sigv4};
}

}  // namespace s3ferry::vectors
