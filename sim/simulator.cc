#include "sim/simulator.h"

#include <fmt/format.h>

#include "sim/counters.h"
#include "sim/state.h"
#include "sim/uploads.h"

namespace s3ferry::sim {

Simulator::Simulator(Runtime& runtime) : state_(std::make_unique<State>(runtime)) {}
Simulator::~Simulator() = default;

Status Simulator::add_account(AccountSpec spec) {
  if (spec.id.size() != 12 || spec.id.find_first_not_of("0123456789") != std::string::npos)
    return fail(ErrorKind::kConfig, fmt::format("an account id has 12 digits, not '{}'", spec.id));
  if (state_->find_account(spec.id) != nullptr)
    return fail(ErrorKind::kConfig, fmt::format("the account {} is there twice", spec.id));
  auto account = std::make_unique<Account>();
  account->id = spec.id;
  account->canonical_id = spec.canonical_id.empty() ? sha256_hex("canonical id of " + spec.id)
                                                    : std::move(spec.canonical_id);
  account->name = std::move(spec.name);
  state_->accounts.emplace(spec.id, std::move(account));
  return Status();
}

namespace {

Result<User*> make_user(State& state, const std::string& account_id, const std::string& name,
                        const std::vector<std::string>& policies) {
  Account* account = state.find_account(account_id);
  if (account == nullptr)
    return fail(ErrorKind::kConfig, fmt::format("no account '{}' for '{}'", account_id, name));
  auto user = std::make_unique<User>();
  user->name = name;
  user->account = account;
  user->unrestricted = policies.empty();
  for (const std::string& text : policies) {
    auto policy = Policy::for_identity(text);
    if (!policy)
      return fail(ErrorKind::kConfig,
                  fmt::format("the policy of '{}': {}", name, policy.error().message()));
    user->policies.push_back(std::move(*policy));
  }
  User* out = user.get();
  if (!account->users.emplace(name, std::move(user)).second)
    return fail(ErrorKind::kConfig, fmt::format("'{}' is there twice", name));
  return out;
}

}  // namespace

Status Simulator::add_user(UserSpec spec) {
  auto user = make_user(*state_, spec.account, spec.name, spec.policies);
  if (!user) return fail(std::move(user.error()));
  (*user)->is_root = spec.name == "root";
  (*user)->arn = (*user)->is_root ? fmt::format("arn:aws:iam::{}:root", spec.account)
                                  : fmt::format("arn:aws:iam::{}:user/{}", spec.account, spec.name);
  (*user)->unique_id = (*user)->is_root ? spec.account : "AIDA" + state_->next_id(16);
  return Status();
}

Status Simulator::add_role(RoleSpec spec) {
  auto role = make_user(*state_, spec.account, spec.name, spec.policies);
  if (!role) return fail(std::move(role.error()));
  (*role)->is_role = true;
  (*role)->arn = fmt::format("arn:aws:iam::{}:role/{}", spec.account, spec.name);
  (*role)->unique_id = "AROA" + state_->next_id(16);
  (*role)->trusted = std::move(spec.trusted);
  return Status();
}

Status Simulator::add_key(KeySpec spec) {
  const Account* account = state_->find_account(spec.account);
  if (account == nullptr)
    return fail(ErrorKind::kConfig, fmt::format("no account '{}' for a key", spec.account));
  const auto user = account->users.find(spec.user);
  if (user == account->users.end())
    return fail(ErrorKind::kConfig, fmt::format("no user '{}' for a key", spec.user));
  auto key = std::make_unique<AccessKey>();
  key->id = spec.access_key_id;
  key->secret = std::move(spec.secret);
  key->session_token = std::move(spec.session_token);
  key->expires = spec.expires;
  key->user = user->second.get();
  key->principal.account = account->id;
  key->principal.arn = key->user->arn;
  key->principal.is_root = key->user->is_root;
  state_->keys[spec.access_key_id] = std::move(key);
  return Status();
}

Status Simulator::add_account_with_key(std::string id, std::string access_key_id, Secret secret) {
  AccountSpec account;
  account.id = id;
  if (Status added = add_account(std::move(account)); !added) return added;
  UserSpec user;
  user.account = id;
  user.name = "admin";
  if (Status added = add_user(std::move(user)); !added) return added;
  KeySpec key;
  key.account = std::move(id);
  key.user = "admin";
  key.access_key_id = std::move(access_key_id);
  key.secret = std::move(secret);
  return add_key(std::move(key));
}

Status Simulator::add_bucket(BucketSpec spec) {
  if (!valid_bucket_name(spec.name))
    return fail(ErrorKind::kConfig, fmt::format("'{}' is not a bucket name", spec.name));
  if (has_bucket(spec.name))
    return fail(ErrorKind::kConfig, fmt::format("the bucket {} is there twice", spec.name));
  auto bucket = std::make_unique<Bucket>();
  bucket->name = spec.name;
  bucket->owner = state_->find_account(spec.owner);
  if (bucket->owner == nullptr)
    return fail(ErrorKind::kConfig,
                fmt::format("no account '{}' for the bucket {}", spec.owner, spec.name));
  bucket->region = std::move(spec.region);
  bucket->ownership = spec.ownership;
  bucket->versioning = spec.versioning;
  bucket->side = spec.side;
  bucket->website = spec.website;
  bucket->object_lock = spec.object_lock;
  bucket->created = state_->runtime.wall_now();
  auto encryption = default_encryption(*state_, *bucket, spec.encryption, spec.kms_key);
  if (!encryption) return fail(std::move(encryption.error()));
  bucket->encryption = std::move(*encryption);
  if (spec.synthetic) {
    Object prototype;
    prototype.owner = bucket->owner;
    prototype.attributes = state_->no_attributes;
    prototype.encryption = state_->sse_s3;
    prototype.storage_class = spec.synthetic->storage_class;
    auto keys = SyntheticKeys::create(std::move(*spec.synthetic));
    if (!keys) return fail(std::move(keys.error()));
    bucket->store.set_formula(std::move(*keys), std::move(prototype));
  }
  state_->buckets.emplace(spec.name, std::move(bucket));
  return spec.policy.empty() ? Status() : set_bucket_policy(spec.name, spec.policy);
}

void Simulator::add_latency(LatencySpec latency) {
  state_->pace.add(latency);
}
void Simulator::add_rate_limit(RateSpec rate) {
  state_->pace.add(std::move(rate));
}
void Simulator::set_rate_limit(RateSpec rate) {
  state_->pace.set(std::move(rate));
}
std::size_t Simulator::add_fault(Fault fault) {
  return state_->faults.add(std::move(fault));
}
int Simulator::fault_fired(std::size_t id) const {
  return state_->faults.fired(id);
}
bool Simulator::all_faults_fired() const {
  return state_->faults.all_fired();
}
void Simulator::clear_faults() {
  state_->faults.clear();
}
bool Simulator::may_wait() const {
  return state_->pace.has_latency() || !state_->faults.empty();
}
void Simulator::check_signatures(bool on) {
  state_->check_signatures = on;
}
void Simulator::set_quirks(const Quirks& quirks) {
  state_->quirks = quirks;
}

void Simulator::redirect_wrong_region(bool on) {
  state_->redirect_wrong_region = on;
}
void Simulator::before_request(Hook hook) {
  state_->before.push_back(std::move(hook));
}
void Simulator::after_request(Hook hook) {
  state_->after.push_back(std::move(hook));
}
const Counters& Simulator::counters() const {
  return state_->counters;
}
std::string Simulator::counters_json() const {
  return state_->counters.to_json();
}

void Simulator::reset_counters() {
  const std::uint64_t in_flight = state_->counters.in_flight;
  state_->counters = Counters();
  state_->counters.in_flight = state_->counters.most_in_flight = in_flight;
}

Result<Bucket*> Simulator::bucket_named(std::string_view name) const {
  Bucket* bucket = state_->find_bucket(name);
  if (bucket == nullptr)
    return fail(ErrorKind::kConfig, fmt::format("no bucket '{}' in the simulation", name));
  return bucket;
}

Status Simulator::set_bucket_policy(std::string_view bucket, std::string_view policy_json) {
  auto found = bucket_named(bucket);
  if (!found) return fail(std::move(found.error()));
  (*found)->policy.reset();
  (*found)->policy_text.clear();
  if (policy_json.empty()) return Status();
  auto policy = parse_bucket_policy(*state_, policy_json, bucket);
  if (!policy)
    return fail(ErrorKind::kConfig,
                fmt::format("the policy of {}: {}", bucket, policy.error().message()));
  (*found)->policy = std::move(*policy);
  (*found)->policy_text = std::string(policy_json);
  return Status();
}

Status Simulator::put_object(std::string_view bucket, ObjectSpec spec) {
  auto found = bucket_named(bucket);
  if (!found) return fail(std::move(found.error()));
  auto object = make_object(*state_, **found, spec);
  if (!object) return fail(std::move(object.error()));
  store_version(*state_, **found, spec.key, **object);
  return Status();
}

Status Simulator::erase_object(std::string_view bucket, std::string_view key) {
  auto found = bucket_named(bucket);
  if (!found) return fail(std::move(found.error()));
  (*found)->store.erase(key);
  return Status();
}

bool Simulator::has_bucket(std::string_view bucket) const {
  return state_->find_bucket(bucket) != nullptr;
}

std::optional<ObjectInfo> Simulator::find_object(std::string_view bucket,
                                                 std::string_view key) const {
  const Bucket* found = state_->find_bucket(bucket);
  const ObjectPtr object = found != nullptr ? found->store.find(key) : nullptr;
  if (!object || object->delete_marker) return std::nullopt;
  ObjectInfo info;
  info.key = std::string(key);
  info.etag = object->etag;
  info.storage_class = object->storage_class;
  info.owner = object->owner->id;
  info.version_id = object->version_id;
  info.encryption = object->encryption->algorithm;
  info.kms_key = object->encryption->kms_key;
  info.acl = object->acl;
  info.size = object->content.size();
  info.mtime = object->mtime;
  info.metadata = object->attributes->metadata;
  info.headers = object->attributes->headers;
  if (!object->website_redirect.empty())
    info.headers["x-amz-website-redirect-location"] = object->website_redirect;
  if (object->tags) info.tags = *object->tags;
  if (object->parts) info.parts = *object->parts;
  return info;
}

Result<std::string> Simulator::read_object(std::string_view bucket, std::string_view key) const {
  auto found = bucket_named(bucket);
  if (!found) return fail(std::move(found.error()));
  const ObjectPtr object = (*found)->store.find(key);
  if (!object || object->delete_marker)
    return fail(ErrorKind::kNoSuchKey, fmt::format("no object '{}'", key));
  return object->content.bytes();
}

std::vector<std::string> Simulator::keys(std::string_view bucket) const {
  std::vector<std::string> out;
  const Bucket* found = state_->find_bucket(bucket);
  if (found == nullptr) return out;
  ObjectStore::Cursor cursor(found->store);
  for (cursor.seek(""); cursor.valid(); cursor.next())
    if (cursor.object() == nullptr || !cursor.object()->delete_marker)
      out.emplace_back(cursor.key());
  return out;
}

std::size_t Simulator::open_uploads(std::string_view bucket) const {
  const Bucket* found = state_->find_bucket(bucket);
  std::size_t count = 0;
  if (found != nullptr)
    for (const auto& [name, upload] : found->uploads)
      if (upload.completed_etag.empty()) ++count;
  return count;
}

std::size_t Simulator::open_uploads(std::string_view bucket, std::string_view key) const {
  const Bucket* found = state_->find_bucket(bucket);
  std::size_t count = 0;
  if (found != nullptr)
    for (const auto& [name, upload] : found->uploads)
      if (upload.completed_etag.empty() && upload.key == key) ++count;
  return count;
}

Status Simulator::open_upload(std::string_view bucket, std::string_view key) {
  auto found = bucket_named(bucket);
  if (!found) return fail(std::move(found.error()));
  Upload upload;
  upload.id = state_->next_id(48);
  upload.key = std::string(key);
  upload.initiated = state_->runtime.wall_now();
  upload.initiator = (*found)->owner;
  upload.object.owner = (*found)->owner;
  upload.object.attributes = state_->no_attributes;
  upload.object.encryption = (*found)->encryption;
  const std::string name = upload_map_key(key, upload.id);
  (*found)->uploads[name] = std::move(upload);
  return Status();
}

void Simulator::erase_uploads(std::string_view bucket) {
  if (Bucket* found = state_->find_bucket(bucket))
    std::erase_if(found->uploads,
                  [](const auto& entry) { return entry.second.completed_etag.empty(); });
}

}  // namespace s3ferry::sim
