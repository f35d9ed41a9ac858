#include "sim/call.h"

#include <algorithm>

#include "base/text.h"

namespace s3ferry::sim {
namespace {

using http::Method;

struct SubResource {
  std::string_view name;
  Operation get, put, remove;
};
constexpr Operation kNo = Operation::kUnknown;

constexpr SubResource kBucketSubResources[] = {
    {"location", Operation::kGetBucketLocation, kNo, kNo},
    {"policy", Operation::kGetBucketPolicy, Operation::kPutBucketPolicy,
     Operation::kDeleteBucketPolicy},
    {"versioning", Operation::kGetBucketVersioning, Operation::kPutBucketVersioning, kNo},
    {"tagging", Operation::kGetBucketTagging, Operation::kPutBucketTagging,
     Operation::kDeleteBucketTagging},
    {"ownershipControls", Operation::kGetBucketOwnershipControls,
     Operation::kPutBucketOwnershipControls, kNo},
    {"encryption", Operation::kGetBucketEncryption, Operation::kPutBucketEncryption, kNo},
    {"acl", Operation::kGetBucketAcl, kNo, kNo},
    {"uploads", Operation::kListMultipartUploads, kNo, kNo},
    {"versions", Operation::kListObjectVersions, kNo, kNo},
};
constexpr std::string_view kNeverConfigured[] = {
    "lifecycle", "cors",         "website",    "replication",         "object-lock",
    "logging",   "notification", "accelerate", "requestPayment",      "publicAccessBlock",
    "inventory", "metrics",      "analytics",  "intelligent-tiering", "policyStatus"};
constexpr SubResource kObjectSubResources[] = {
    {"tagging", Operation::kGetObjectTagging, Operation::kPutObjectTagging,
     Operation::kDeleteObjectTagging},
    {"acl", Operation::kGetObjectAcl, Operation::kPutObjectAcl, kNo},
};

Operation by_method(const SubResource& sub, Method method) {
  switch (method) {
    case Method::kGet:
      return sub.get;
    case Method::kPut:
      return sub.put;
    case Method::kDelete:
      return sub.remove;
    default:
      return kNo;
  }
}

Operation bucket_operation(const Call& call) {
  const Method method = call.request.method;
  for (const SubResource& sub : kBucketSubResources)
    if (call.has_query(sub.name)) return by_method(sub, method);
  for (const std::string_view name : kNeverConfigured)
    if (call.has_query(name))
      return method == Method::kGet ? Operation::kGetBucketConfiguration : kNo;
  switch (method) {
    case Method::kGet:
      return call.query_or("list-type", "") == "2" ? Operation::kListObjectsV2
                                                   : Operation::kListObjects;
    case Method::kHead:
      return Operation::kHeadBucket;
    case Method::kPut:
      return Operation::kCreateBucket;
    case Method::kDelete:
      return Operation::kDeleteBucket;
    case Method::kPost:
      return call.has_query("delete") ? Operation::kDeleteObjects : kNo;
  }
  return kNo;
}

Operation object_operation(const Call& call) {
  const Method method = call.request.method;
  const bool upload = call.has_query("uploadId");
  for (const SubResource& sub : kObjectSubResources)
    if (call.has_query(sub.name)) return by_method(sub, method);
  switch (method) {
    case Method::kGet:
      return upload ? Operation::kListParts : Operation::kGetObject;
    case Method::kHead:
      return Operation::kHeadObject;
    case Method::kPut:
      if (upload) return call.has_source ? Operation::kUploadPartCopy : Operation::kUploadPart;
      return call.has_source ? Operation::kCopyObject : Operation::kPutObject;
    case Method::kPost:
      if (call.has_query("uploads")) return Operation::kCreateMultipartUpload;
      return upload ? Operation::kCompleteMultipartUpload : kNo;
    case Method::kDelete:
      return upload ? Operation::kAbortMultipartUpload : Operation::kDeleteObject;
  }
  return kNo;
}

bool parse_pairs(std::string_view text, bool plus_is_space,
                 std::vector<std::pair<std::string, std::string>>& out) {
  while (!text.empty()) {
    const std::size_t end = text.find('&');
    const std::string_view item = text.substr(0, end);
    text = end == std::string_view::npos ? "" : text.substr(end + 1);
    if (item.empty()) continue;
    const std::size_t equals = item.find('=');
    auto name = uri_decode(item.substr(0, equals), plus_is_space);
    auto value = equals == std::string_view::npos
                     ? std::optional<std::string>("")
                     : uri_decode(item.substr(equals + 1), plus_is_space);
    if (!name || !value) return false;
    out.emplace_back(std::move(*name), std::move(*value));
  }
  return true;
}

bool is_ip(std::string_view host) {
  return host.find(':') != std::string_view::npos ||
         host.find_first_not_of("0123456789.") == std::string_view::npos;
}

bool is_region(std::string_view label) {
  return std::count(label.begin(), label.end(), '-') >= 2 &&
         label.find_first_of("0123456789") != std::string_view::npos;
}

// The bucket in front of the endpoint's name, if the host has that form. Known endpoints are
// localhost, s3.<anything> and AWS's own; every other name is an endpoint with path style.
std::string_view bucket_of_host(Call& call) {
  const std::string_view host = call.host;
  if (is_ip(host) || host == "localhost") return "";
  if (host.ends_with(".localhost")) return host.substr(0, host.size() - 10);
  // The last label that begins with "s3" starts the endpoint's name.
  std::size_t start = std::string_view::npos, at = 0;
  while (at < host.size()) {
    const std::size_t dot = std::min(host.find('.', at), host.size());
    const std::string_view label = host.substr(at, dot - at);
    if ((label == "s3" || label.starts_with("s3-")) && dot < host.size()) start = at;
    if (is_region(label) && start != std::string_view::npos && at > start)
      call.endpoint_region = std::string(label);
    at = dot + 1;
  }
  if (start == std::string_view::npos || start == 0) return "";
  return host.substr(0, start - 1);
}

Outcome<void> parse_copy_source(Call& call) {
  const auto header = call.header("x-amz-copy-source");
  if (!header) return {};
  call.has_source = true;
  std::string_view text = *header;
  const std::size_t question = text.find("?versionId=");
  if (question != std::string_view::npos) {
    const auto version = uri_decode(text.substr(question + 11));
    if (version) call.source_version = *version;
    text = text.substr(0, question);
  }
  auto decoded = uri_decode(text);
  if (!decoded) return refuse("InvalidArgument", "Invalid copy source encoding");
  std::string_view path = *decoded;
  if (path.starts_with('/')) path.remove_prefix(1);
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == path.size())
    return refuse("InvalidArgument",
                  "Copy Source must mention the source bucket and key: sourcebucket/sourcekey");
  call.source_bucket_name = std::string(path.substr(0, slash));
  call.source_key = std::string(path.substr(slash + 1));
  return {};
}

Outcome<void> parse_numbers(Call& call) {
  if (const std::string* number = call.find_query("partNumber")) {
    const auto value = parse_u64(*number);
    if (!value || *value < 1 || *value > 10'000)
      return refuse(service_error("InvalidArgument")
                        .saying("Part number must be an integer between 1 and 10000, inclusive")
                        .with("ArgumentName", "partNumber")
                        .with("ArgumentValue", *number));
    call.part = static_cast<int>(*value);
  }
  if (call.operation == Operation::kListObjectsV2) {
    call.page = 1;
    if (const std::string* text = call.find_query("continuation-token"))
      if (const auto token = read_token(*text)) call.page = token->page;
  }
  return {};
}

}  // namespace

Content Call::content() const {
  if (!digested) return Content::of_bytes(body);
  return Content::digested(digested->length(), digested->md5(), digested->crc64nvme());
}

const std::string* Call::find_query(std::string_view name) const {
  for (const auto& [key_text, value] : query)
    if (key_text == name) return &value;
  return nullptr;
}

std::string Call::query_or(std::string_view name, std::string_view otherwise) const {
  const std::string* found = find_query(name);
  return found != nullptr ? *found : std::string(otherwise);
}

Outcome<void> parse_call(Call& call) {
  const std::string_view target = call.request.target;
  const std::size_t question = target.find('?');
  call.raw_path = target.substr(0, question);
  call.raw_query = question == std::string_view::npos ? "" : target.substr(question + 1);

  std::string_view host = call.header("host").value_or(call.request.origin.host);
  if (host.starts_with('[')) {
    host = host.substr(1, host.find(']') - 1);
  } else if (host.find(':') == host.rfind(':')) {
    host = host.substr(0, host.find(':'));
  }
  call.host = to_lower_ascii(host);

  // S3's own clients escape '+' in queries; in a path it is itself.
  if (!parse_pairs(call.raw_query, true, call.query)) return refuse("InvalidURI");
  const auto path = uri_decode(call.raw_path);
  if (!path || !path->starts_with('/')) return refuse("InvalidURI");
  std::string_view rest = std::string_view(*path).substr(1);

  const bool sts =
      call.host.starts_with("sts.") ||
      (call.request.method == Method::kPost && rest.empty() &&
       call.header("content-type").value_or("").starts_with("application/x-www-form-urlencoded"));
  const std::string_view host_bucket = bucket_of_host(call);
  if (sts) {
    call.form = call.query;
    if (!parse_pairs(call.body, true, call.form)) return refuse("InvalidURI");
    for (const auto& [name, value] : call.form)
      if (name == "Action") call.operation = parse_operation(value).value_or(kNo);
    if (call.operation != Operation::kAssumeRole) {
      if (call.operation != Operation::kGetCallerIdentity) call.operation = kNo;
    }
    return {};
  }
  if (!host_bucket.empty()) {
    call.virtual_host = true;
    call.bucket_name = std::string(host_bucket);
    call.key = std::string(rest);
  } else {
    const std::size_t slash = rest.find('/');
    call.bucket_name = std::string(rest.substr(0, slash));
    if (slash != std::string_view::npos) call.key = std::string(rest.substr(slash + 1));
  }
  call.has_key = !call.key.empty();
  call.resource = "/" + call.bucket_name + (call.has_key ? "/" + call.key : "");
  if (auto source = parse_copy_source(call); !source) return source;
  if (call.bucket_name.empty()) {
    call.operation = call.request.method == Method::kGet ? Operation::kListBuckets : kNo;
  } else {
    call.operation = call.has_key ? object_operation(call) : bucket_operation(call);
  }
  return parse_numbers(call);
}

std::string make_token(int page, std::string_view after, bool is_prefix) {
  std::string raw = "1" + std::string(is_prefix ? "p" : "k") + std::to_string(page) + ":";
  raw += after;
  return to_base64(raw);
}

std::optional<Token> read_token(std::string_view text) {
  const auto raw = from_base64(text);
  if (!raw || raw->size() < 4 || (*raw)[0] != '1') return std::nullopt;
  const std::size_t colon = raw->find(':');
  if (colon == std::string::npos) return std::nullopt;
  const auto page = parse_u64(std::string_view(*raw).substr(2, colon - 2));
  if (!page || *page > 1'000'000'000) return std::nullopt;
  return Token{static_cast<int>(*page), raw->substr(colon + 1), (*raw)[1] == 'p'};
}

}  // namespace s3ferry::sim
