#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "aws/sigv4.h"
#include "base/secret.h"
#include "runtime/runtime.h"
#include "sim/counters.h"
#include "sim/fault_script.h"
#include "sim/object.h"
#include "sim/pace.h"
#include "sim/policy.h"
#include "sim/simulator.h"
#include "sim/store.h"

namespace s3ferry::sim {

struct User {
  std::string name;
  std::string arn;
  std::string unique_id;
  const Account* account = nullptr;
  bool is_root = false;
  bool is_role = false;
  bool unrestricted = true;  // no policies were given
  std::vector<Policy> policies;
  std::vector<std::string> trusted;  // roles: account ids and ARNs that may assume it
};

struct Account {
  std::string id, canonical_id, name;
  std::map<std::string, std::unique_ptr<User>, std::less<>> users;
};

struct AccessKey {
  std::string id;
  Secret secret;
  Secret session_token;
  std::optional<WallTime> expires;
  const User* user = nullptr;
  std::string session;  // assumed roles: its name
  Principal principal;
};

struct Part {
  Content content;
  std::string etag;
  WallTime mtime{};
  std::string checksum;  // base64, of the upload's algorithm
};

struct Upload {
  std::string id, key;
  WallTime initiated{};
  const Account* initiator = nullptr;
  std::string initiator_arn;
  Object object;  // attributes, owner, class, encryption: all but the content
  bool checksum_asked = false;
  std::map<int, Part> parts;
  std::string completed_etag;  // a repeat of the completion gets it again
};

struct Bucket {
  std::string name;
  const Account* owner = nullptr;
  std::string region;
  std::string policy_text;
  std::optional<Policy> policy;
  Ownership ownership = Ownership::kBucketOwnerEnforced;
  Versioning versioning = Versioning::kOff;
  std::shared_ptr<const Encryption> encryption;
  Side side = Side::kNone;
  bool website = false, object_lock = false;
  TextMap tags;
  WallTime created{};
  ObjectStore store;
  std::map<std::string, Upload, std::less<>> uploads;  // by key, NUL, id
};

// All that a simulated S3 knows. Operations are plain functions over it (operations.h).
struct State {
  explicit State(Runtime& r) : runtime(r) {}

  Runtime& runtime;
  std::map<std::string, std::unique_ptr<Account>, std::less<>> accounts;
  std::unordered_map<std::string, std::unique_ptr<AccessKey>> keys;
  std::map<std::string, std::unique_ptr<Bucket>, std::less<>> buckets;
  bool check_signatures = true;
  bool redirect_wrong_region = false;
  Quirks quirks;
  aws::Signer signer;
  Pace pace;
  FaultScript faults;
  Counters counters;
  std::vector<Simulator::Hook> before, after;
  WallTime date_second{};  // the Date field's text is made once a second
  std::string date_text;
  std::uint64_t sequence = 0;  // request, version and upload ids
  std::uint64_t id_salt = 0x53330000;
  std::shared_ptr<const Attributes> no_attributes = std::make_shared<Attributes>();
  std::shared_ptr<const Encryption> sse_s3 = std::make_shared<Encryption>();

  Account* find_account(std::string_view id);
  Bucket* find_bucket(std::string_view name);
  bool knows_principal(std::string_view account, std::string_view arn);
  // A fresh id of `digits` upper-case hexadecimal digits; unique in this state.
  std::string next_id(int digits);
};

Result<Policy> parse_bucket_policy(State& state, std::string_view json, std::string_view bucket);
// "" and AES256, or aws:kms with the account's own aws/s3 key where none is named.
Result<std::shared_ptr<const Encryption>> default_encryption(const State& state,
                                                             const Bucket& bucket,
                                                             std::string_view algorithm,
                                                             std::string_view kms_key);
// An object as ObjectSpec describes it, owner and encryption resolved.
Result<ObjectPtr> make_object(State& state, const Bucket& bucket, const ObjectSpec& spec);
bool valid_bucket_name(std::string_view name);
// Stores a new current version by the bucket's versioning; its version id ("" without versioning).
std::string store_version(State& state, Bucket& bucket, std::string_view key, Object object);

}  // namespace s3ferry::sim
