#include <algorithm>

#include "sim/fault_config.h"
#include "sim/json_fields.h"
#include "sim/simulator.h"

namespace s3ferry::sim {
namespace {

using Json = nlohmann::json;

std::vector<std::string> texts(JsonFields& fields, const char* name) {
  std::vector<std::string> out;
  fields.each(name, [&](const Json& item, const std::string&) {
    out.push_back(item.is_string() ? item.get<std::string>() : item.dump());
    return Status();
  });
  return out;
}

Status read_key(Simulator& sim, const Json& json, const std::string& where, KeySpec key) {
  JsonFields fields(json, where);
  std::string secret, token;
  fields.text("access_key_id", key.access_key_id);
  fields.text("secret", secret);
  fields.text("session_token", token);
  fields.time("expires", key.expires);
  if (key.access_key_id.empty() || secret.empty())
    fields.complain("a key needs access_key_id and secret");
  key.secret = Secret(std::move(secret));
  key.session_token = Secret(std::move(token));
  if (Status status = fields.finish(); !status) return status;
  return sim.add_key(std::move(key));
}

Status read_user(Simulator& sim, const Json& json, const std::string& where,
                 const std::string& account) {
  JsonFields fields(json, where);
  UserSpec user;
  user.account = account;
  fields.text("name", user.name);
  user.policies = texts(fields, "policies");
  KeySpec key;
  key.account = account;
  key.user = user.name;
  if (Status added = sim.add_user(std::move(user)); !added) return added;
  fields.each("keys", [&](const Json& item, const std::string& at) {
    return read_key(sim, item, at, key);
  });
  return fields.finish();
}

Status read_account(Simulator& sim, const Json& json, const std::string& where) {
  JsonFields fields(json, where);
  AccountSpec account;
  fields.text("id", account.id);
  fields.text("canonical_id", account.canonical_id);
  fields.text("name", account.name);
  const std::string id = account.id;
  if (Status added = sim.add_account(std::move(account)); !added) return added;
  fields.each("users", [&](const Json& item, const std::string& at) {
    return read_user(sim, item, at, id);
  });
  fields.each("roles", [&](const Json& item, const std::string& at) {
    JsonFields role_fields(item, at);
    RoleSpec role;
    role.account = id;
    role_fields.text("name", role.name);
    role.policies = texts(role_fields, "policies");
    role.trusted = texts(role_fields, "trusted");
    if (Status status = role_fields.finish(); !status) return status;
    return sim.add_role(std::move(role));
  });
  return fields.finish();
}

Status read_synthetic(const Json& json, const std::string& where, SyntheticSpec& out) {
  JsonFields fields(json, where);
  static constexpr std::string_view kLayouts[] = {"flat",          "padded", "dates",
                                                  "hash-prefixes", "uuids",  "one-directory",
                                                  "long-prefixes", "korean"};
  fields.choice("layout", kLayouts, out.layout);
  fields.number("count", out.count);
  fields.text("prefix", out.prefix);
  fields.number("seed", out.seed);
  fields.number("min_size", out.min_size);
  out.max_size = std::max(out.max_size, out.min_size);
  fields.number("max_size", out.max_size);
  std::optional<WallTime> first;
  fields.time("first_mtime", first);
  if (first) out.first_mtime = *first;
  double span_s = 0;
  fields.number("mtime_span_s", span_s);
  out.mtime_span = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(span_s));
  fields.text("storage_class", out.storage_class);
  fields.number("missing_every", out.missing_every);
  fields.number("changed_every", out.changed_every);
  return fields.finish();
}

void read_bytes(JsonFields& fields, const char* name, const char* hex_name,
                std::optional<std::string>& out) {
  if (fields.find(name) != nullptr) fields.text(name, out.emplace());
  std::string hex;
  fields.text(hex_name, hex);
  if (hex.empty()) return;
  out = from_hex(hex);
  if (!out) fields.complain(fmt::format("'{}' is not hexadecimal", hex_name));
}

Status read_object(Simulator& sim, const Json& json, const std::string& where,
                   const std::string& bucket) {
  JsonFields fields(json, where);
  ObjectSpec object;
  std::optional<std::string> key;
  read_bytes(fields, "key", "key_hex", key);
  object.key = key.value_or("");
  read_bytes(fields, "content", "content_hex", object.content);
  fields.number("size", object.size);
  fields.number("seed", object.seed);
  fields.time("mtime", object.mtime);
  fields.text("etag", object.etag);
  object.etag = std::string(unquote_etag(object.etag));
  fields.each("parts", [&](const Json& item, const std::string& at) -> Status {
    if (!item.is_number_unsigned()) return fail(ErrorKind::kConfig, at + ": not a size in bytes");
    object.parts.push_back(item.get<ByteCount>());
    return Status();
  });
  fields.number("part_size", object.part_size);
  fields.map("metadata", object.metadata);
  fields.map("headers", object.headers);
  fields.map("tags", object.tags);
  fields.text("storage_class", object.storage_class);
  fields.text("owner", object.owner);
  fields.text("acl", object.acl);
  fields.text("checksum", object.checksum);
  fields.text("encryption", object.encryption);
  fields.text("kms_key", object.kms_key);
  fields.flag("restored", object.restored);
  if (Status status = fields.finish(); !status) return status;
  return sim.put_object(bucket, std::move(object));
}

Status read_bucket(Simulator& sim, const Json& json, const std::string& where) {
  JsonFields fields(json, where);
  BucketSpec bucket;
  fields.text("name", bucket.name);
  fields.text("owner", bucket.owner);
  fields.text("region", bucket.region);
  fields.document("policy", bucket.policy);
  static constexpr std::string_view kOwnership[] = {"BucketOwnerEnforced", "BucketOwnerPreferred",
                                                    "ObjectWriter"};
  fields.choice("ownership", kOwnership, bucket.ownership);
  static constexpr std::string_view kVersioning[] = {"Off", "Enabled", "Suspended"};
  fields.choice("versioning", kVersioning, bucket.versioning);
  fields.text("encryption", bucket.encryption);
  fields.text("kms_key", bucket.kms_key);
  static constexpr std::string_view kSides[] = {"none", "source", "target"};
  fields.choice("side", kSides, bucket.side);
  fields.flag("website", bucket.website);
  fields.flag("object_lock", bucket.object_lock);
  if (const Json* synthetic = fields.find("synthetic")) {
    Status read = read_synthetic(*synthetic, where + ".synthetic", bucket.synthetic.emplace());
    if (!read) return read;
  }
  const std::string name = bucket.name;
  if (Status added = sim.add_bucket(std::move(bucket)); !added) return added;
  fields.each("objects", [&](const Json& item, const std::string& at) {
    return read_object(sim, item, at, name);
  });
  return fields.finish();
}

Status read_quirks(Simulator& sim, const Json& json) {
  JsonFields fields(json, "quirks");
  Quirks quirks;
  fields.flag("ignores_copy_conditions", quirks.ignores_copy_conditions);
  fields.flag("ignores_part_number", quirks.ignores_part_number);
  fields.flag("ignores_write_conditions", quirks.ignores_write_conditions);
  fields.flag("loses_tags_at_create", quirks.loses_tags_at_create);
  fields.flag("empty_completion_etag", quirks.empty_completion_etag);
  fields.flag("no_checksums", quirks.no_checksums);
  if (Status status = fields.finish(); !status) return status;
  sim.set_quirks(quirks);
  return Status();
}

Status read_latency(Simulator& sim, const Json& json, const std::string& where) {
  JsonFields fields(json, where);
  LatencySpec latency;
  std::string operation;
  fields.text("operation", operation);
  if (!operation.empty()) {
    latency.operation = parse_operation(operation);
    if (!latency.operation) fields.complain("no operation '" + operation + "'");
  }
  fields.millis("fixed_ms", latency.fixed);
  fields.millis("jitter_ms", latency.jitter);
  fields.number("copy_bytes_per_second", latency.copy_bytes_per_second);
  if (Status status = fields.finish(); !status) return status;
  sim.add_latency(latency);
  return Status();
}

Status read_rate(Simulator& sim, const Json& json, const std::string& where) {
  JsonFields fields(json, where);
  RateSpec rate;
  fields.text("bucket", rate.bucket);
  fields.number("prefix_bytes", rate.prefix_bytes);
  fields.number("reads_per_second", rate.reads_per_second);
  fields.number("writes_per_second", rate.writes_per_second);
  fields.number("burst_seconds", rate.burst_seconds);
  if (Status status = fields.finish(); !status) return status;
  sim.add_rate_limit(std::move(rate));
  return Status();
}

}  // namespace

Status Simulator::configure(std::string_view text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return fail(ErrorKind::kConfig, "the simulation's file is not JSON");
  JsonFields fields(json, "simulation");
  bool check = true, redirect = false;
  fields.flag("check_signatures", check);
  fields.flag("redirect_wrong_region", redirect);
  if (fields.find("check_signatures") != nullptr) check_signatures(check);
  if (fields.find("redirect_wrong_region") != nullptr) redirect_wrong_region(redirect);
  if (const Json* quirks = fields.find("quirks"))
    if (Status read = read_quirks(*this, *quirks); !read) return read;
  fields.each("accounts", [this](const Json& item, const std::string& at) {
    return read_account(*this, item, at);
  });
  fields.each("buckets", [this](const Json& item, const std::string& at) {
    return read_bucket(*this, item, at);
  });
  fields.each("latency", [this](const Json& item, const std::string& at) {
    return read_latency(*this, item, at);
  });
  fields.each("rates", [this](const Json& item, const std::string& at) {
    return read_rate(*this, item, at);
  });
  fields.each("faults", [this](const Json& item, const std::string& at) -> Status {
    auto fault = parse_fault(item.dump());
    if (!fault) return fail(ErrorKind::kConfig, at + ": " + fault.error().message());
    add_fault(std::move(*fault));
    return Status();
  });
  return fields.finish();
}

}  // namespace s3ferry::sim
