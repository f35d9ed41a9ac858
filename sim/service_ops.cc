#include <algorithm>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "base/text.h"
#include "sim/access.h"
#include "sim/operations.h"

namespace s3ferry::sim {
namespace {

constexpr std::string_view kStsNamespace = " xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">";

std::string form_value(const Call& call, std::string_view name) {
  for (const auto& [key, value] : call.form)
    if (key == name) return value;
  return "";
}

bool trusts(const User& role, const Principal& principal) {
  if (role.trusted.empty()) return role.account->id == principal.account;
  return std::any_of(role.trusted.begin(), role.trusted.end(), [&](const std::string& trusted) {
    return trusted == "*" || trusted == principal.account || trusted == principal.arn ||
           trusted == fmt::format("arn:aws:iam::{}:root", principal.account);
  });
}

const User* find_role(State& state, std::string_view arn) {
  for (const auto& [id, account] : state.accounts)
    for (const auto& [name, user] : account->users)
      if (user->is_role && user->arn == arn) return user.get();
  return nullptr;
}

}  // namespace

Outcome<Reply> list_buckets(State& state, const Call& call) {
  if (call.principal.anonymous()) return refuse("AccessDenied");
  if (auto may = require_identity(call, "s3:ListAllMyBuckets"); !may)
    return refuse(std::move(may.error()));
  const std::string prefix = call.query_or("prefix", "");
  const std::string region = call.query_or("bucket-region", "");
  std::string after;
  if (const std::string* text = call.find_query("continuation-token")) {
    const auto token = read_token(*text);
    if (!token) return refuse("InvalidArgument", "The continuation token provided is incorrect");
    after = token->after;
  }
  const std::uint64_t most = parse_u64(call.query_or("max-buckets", "10000")).value_or(0);
  if (most < 1 || most > 10'000)
    return refuse("InvalidArgument", "Argument max-buckets must be an integer between 1 and 10000");
  const Account& account = *state.find_account(call.principal.account);
  XmlWriter xml;
  xml.open_root("ListAllMyBucketsResult");
  xml.open("Owner");
  xml.element("ID", account.canonical_id);
  xml.close("Owner");
  xml.open("Buckets");
  std::uint64_t count = 0;
  std::string last, token;
  for (const auto& [name, bucket] : state.buckets) {
    if (bucket->owner != &account || name <= after || !name.starts_with(prefix)) continue;
    if (!region.empty() && bucket->region != region) continue;
    if (count == most) {
      token = make_token(1, last, false);
      break;
    }
    ++count;
    last = name;
    xml.open("Bucket");
    xml.element("Name", name);
    xml.element("CreationDate", format_iso8601_millis(bucket->created));
    xml.element("BucketRegion", bucket->region);
    xml.close("Bucket");
  }
  xml.close("Buckets");
  if (!token.empty()) xml.element("ContinuationToken", token);
  if (!prefix.empty()) xml.element("Prefix", prefix);
  xml.close("ListAllMyBucketsResult");
  return xml_reply(xml.take());
}

Outcome<Reply> create_bucket(State& state, const Call& call) {
  if (call.principal.anonymous()) return refuse("AccessDenied");
  if (auto may = require_identity(call, "s3:CreateBucket"); !may)
    return refuse(std::move(may.error()));
  if (!valid_bucket_name(call.bucket_name))
    return refuse(service_error("InvalidBucketName").with("BucketName", call.bucket_name));
  if (call.bucket != nullptr)
    return refuse(service_error(call.bucket->owner->id == call.principal.account
                                    ? "BucketAlreadyOwnedByYou"
                                    : "BucketAlreadyExists")
                      .with("BucketName", call.bucket_name));
  auto bucket = std::make_unique<Bucket>();
  bucket->name = call.bucket_name;
  bucket->owner = state.find_account(call.principal.account);
  bucket->region = call.endpoint_region.empty() ? "us-east-1" : call.endpoint_region;
  bucket->created = call.now;
  bucket->encryption = state.sse_s3;
  if (!call.body.empty()) {
    pugi::xml_document document;
    if (!document.load_buffer(call.body.data(), call.body.size())) return refuse("MalformedXML");
    const std::string_view region =
        document.child("CreateBucketConfiguration").child_value("LocationConstraint");
    if (!call.endpoint_region.empty() && !region.empty() && region != call.endpoint_region)
      return refuse("IllegalLocationConstraintException");
    if (!region.empty()) bucket->region = region == "EU" ? "eu-west-1" : std::string(region);
  }
  const auto ownership = call.header("x-amz-object-ownership").value_or("BucketOwnerEnforced");
  if (ownership == "BucketOwnerPreferred") bucket->ownership = Ownership::kBucketOwnerPreferred;
  if (ownership == "ObjectWriter") bucket->ownership = Ownership::kObjectWriter;
  state.buckets.emplace(call.bucket_name, std::move(bucket));
  Reply reply;
  reply.headers.add("Location", "/" + call.bucket_name);
  return reply;
}

Outcome<Reply> assume_role(State& state, const Call& call) {
  if (call.principal.anonymous()) return refuse("AccessDenied");
  const std::string arn = form_value(call, "RoleArn");
  const std::string session = form_value(call, "RoleSessionName");
  const User* role = find_role(state, arn);
  if (session.empty()) return refuse("ValidationError", "RoleSessionName is missing");
  if (role == nullptr || !trusts(*role, call.principal))
    return refuse(
        "AccessDenied",
        fmt::format("User: {} is not authorized to perform: sts:AssumeRole on resource: {}",
                    call.principal.arn, arn));
  const std::string duration_text = form_value(call, "DurationSeconds");
  const std::uint64_t seconds =
      parse_u64(duration_text.empty() ? "3600" : duration_text).value_or(0);
  if (seconds < 900 || seconds > 43'200)
    return refuse("ValidationError", "DurationSeconds must be between 900 and 43200");
  auto key = std::make_unique<AccessKey>();
  key->id = "ASIA" + state.next_id(16);
  key->secret = Secret("session-secret-" + state.next_id(24));
  key->session_token = Secret("session-token-" + state.next_id(40));
  key->expires = call.now + std::chrono::seconds(seconds);
  key->user = role;
  key->principal.account = role->account->id;
  key->principal.role_arn = role->arn;
  key->principal.arn =
      fmt::format("arn:aws:sts::{}:assumed-role/{}/{}", role->account->id, role->name, session);
  XmlWriter xml;
  xml.out() += "<AssumeRoleResponse";
  xml.out() += kStsNamespace;
  xml.open("AssumeRoleResult");
  xml.open("Credentials");
  xml.element("AccessKeyId", key->id);
  xml.element("SecretAccessKey", key->secret.reveal());
  xml.element("SessionToken", key->session_token.reveal());
  xml.element("Expiration", format_iso8601(*key->expires));
  xml.close("Credentials");
  xml.open("AssumedRoleUser");
  xml.element("AssumedRoleId", role->unique_id + ":" + session);
  xml.element("Arn", key->principal.arn);
  xml.close("AssumedRoleUser");
  xml.close("AssumeRoleResult");
  xml.out() += "</AssumeRoleResponse>";
  state.keys[key->id] = std::move(key);
  return xml_reply(xml.take());
}

Outcome<Reply> get_caller_identity(State&, const Call& call) {
  if (call.principal.anonymous()) return refuse("AccessDenied");
  XmlWriter xml;
  xml.out() += "<GetCallerIdentityResponse";
  xml.out() += kStsNamespace;
  xml.open("GetCallerIdentityResult");
  xml.element("Arn", call.principal.arn);
  xml.element("UserId", call.access_key->user->unique_id);
  xml.element("Account", call.principal.account);
  xml.close("GetCallerIdentityResult");
  xml.out() += "</GetCallerIdentityResponse>";
  return xml_reply(xml.take());
}

}  // namespace s3ferry::sim
