#include "sim/state.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace s3ferry::sim {

Account* State::find_account(std::string_view id) {
  const auto at = accounts.find(id);
  return at == accounts.end() ? nullptr : at->second.get();
}

Bucket* State::find_bucket(std::string_view name) {
  const auto at = buckets.find(name);
  return at == buckets.end() ? nullptr : at->second.get();
}

bool State::knows_principal(std::string_view account, std::string_view arn) {
  const Account* found = find_account(account);
  if (found == nullptr) return false;
  if (arn.empty() || arn.starts_with("arn:aws:sts::")) return true;
  return std::any_of(found->users.begin(), found->users.end(),
                     [&](const auto& user) { return user.second->arn == arn; });
}

std::string State::next_id(int digits) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(static_cast<std::size_t>(digits));
  std::uint64_t word = mix64(id_salt ^ ++sequence);
  for (int i = 0; i < digits; ++i) {
    if (i % 16 == 0 && i > 0) word = mix64(word);
    out.push_back(kHex[(word >> (4 * (i % 16))) & 15]);
  }
  return out;
}

Result<Policy> parse_bucket_policy(State& state, std::string_view json, std::string_view bucket) {
  return Policy::for_bucket(json, bucket, [&state](std::string_view account, std::string_view arn) {
    return state.knows_principal(account, arn);
  });
}

Result<std::shared_ptr<const Encryption>> default_encryption(const State& state,
                                                             const Bucket& bucket,
                                                             std::string_view algorithm,
                                                             std::string_view kms_key) {
  if (algorithm.empty() || algorithm == "AES256") return state.sse_s3;
  if (algorithm != "aws:kms")
    return fail(ErrorKind::kConfig,
                fmt::format("encryption must be AES256 or aws:kms, not '{}'", algorithm));
  auto out = std::make_shared<Encryption>();
  out->algorithm = "aws:kms";
  out->kms_key = kms_key.empty() ? fmt::format("arn:aws:kms:{}:{}:alias/aws/s3", bucket.region,
                                               bucket.owner->id)
                                 : std::string(kms_key);
  return out;
}

bool valid_bucket_name(std::string_view name) {
  if (name.size() < 3 || name.size() > 63) return false;
  const auto edge = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (!edge(name.front()) || !edge(name.back())) return false;
  if (name.find("..") != std::string_view::npos) return false;
  return std::all_of(name.begin(), name.end(),
                     [&](char c) { return edge(c) || c == '-' || c == '.'; });
}

std::string store_version(State& state, Bucket& bucket, std::string_view key, Object object) {
  if (bucket.versioning == Versioning::kOff) {
    bucket.store.put(key, std::make_shared<Object>(std::move(object)));
    return "";
  }
  ObjectPtr before = bucket.store.find(key);
  if (bucket.versioning == Versioning::kEnabled) {
    object.version_id = state.next_id(32);
  } else {
    // Suspended: the null version is replaced.
    object.version_id.clear();
    while (before && before->version_id.empty()) before = before->previous;
  }
  object.previous = std::move(before);
  const std::string version = object.version_id.empty() ? "null" : object.version_id;
  bucket.store.put(key, std::make_shared<Object>(std::move(object)));
  return version;
}

namespace {

constexpr std::size_t kMostParts = 10'000;

std::string multipart_etag(const Content& content, const std::vector<ByteCount>& parts) {
  std::string digests;
  ByteCount at = 0;
  for (const ByteCount size : parts) {
    digests += content.slice(at, size).md5();
    at += size;
  }
  return fmt::format("{}-{}", to_hex(md5_of(digests)), parts.size());
}

}  // namespace

Result<ObjectPtr> make_object(State& state, const Bucket& bucket, const ObjectSpec& spec) {
  if (spec.key.empty() || spec.key.size() > kMaxKeyBytes)
    return fail(ErrorKind::kConfig, "an object's key has 1 to 1,024 bytes");
  Object object;
  const std::uint64_t seed = spec.seed != 0 ? spec.seed : std::hash<std::string>{}(spec.key);
  object.content =
      spec.content ? Content::of_bytes(*spec.content) : Content::formula(seed, spec.size);
  object.mtime =
      spec.mtime.value_or(std::chrono::floor<std::chrono::seconds>(state.runtime.wall_now()));
  object.owner = spec.owner.empty() ? bucket.owner : state.find_account(spec.owner);
  if (object.owner == nullptr)
    return fail(ErrorKind::kConfig, fmt::format("no account '{}' for an object", spec.owner));
  object.storage_class = spec.storage_class;
  object.acl = spec.acl;
  object.restored = spec.restored;
  auto attributes = std::make_shared<Attributes>();
  for (const auto& [name, value] : spec.metadata)
    attributes->metadata[to_lower_ascii(name)] = value;
  for (const auto& [name, value] : spec.headers) {
    const std::string lower = to_lower_ascii(name);
    if (lower == "x-amz-website-redirect-location") {
      object.website_redirect = value;
    } else {
      attributes->headers[lower] = value;
    }
  }
  object.attributes = std::move(attributes);
  if (!spec.tags.empty()) object.tags = std::make_shared<TextMap>(spec.tags);
  object.encryption = bucket.encryption;
  if (!spec.encryption.empty()) {
    auto encryption = default_encryption(state, bucket, spec.encryption, spec.kms_key);
    if (!encryption) return fail(std::move(encryption.error()));
    object.encryption = std::move(*encryption);
  }
  if (spec.checksum != "none") {
    const auto checksum =
        spec.checksum.empty() ? Checksum::kCrc64Nvme : parse_checksum(spec.checksum);
    if (!checksum)
      return fail(ErrorKind::kConfig, fmt::format("no checksum algorithm '{}'", spec.checksum));
    object.checksum = *checksum;
  }
  std::vector<ByteCount> parts = spec.parts;
  if (parts.empty() && spec.part_size > 0) {
    if (object.content.size() > spec.part_size * kMostParts)
      return fail(ErrorKind::kConfig, fmt::format("'{}' has more than 10,000 parts", spec.key));
    for (ByteCount at = 0; at == 0 || at < object.content.size(); at += spec.part_size)
      parts.push_back(std::min(spec.part_size, object.content.size() - at));
  }
  if (!parts.empty()) {
    ByteCount total = 0;
    for (const ByteCount part : parts) total += part;
    if (total != object.content.size())
      return fail(ErrorKind::kConfig,
                  fmt::format("the parts of '{}' do not add up to its size", spec.key));
    object.parts = std::make_shared<const std::vector<ByteCount>>(parts);
  }
  if (!spec.etag.empty()) {
    object.etag = spec.etag;
  } else {
    object.etag =
        object.parts ? multipart_etag(object.content, parts) : to_hex(object.content.md5());
    if (object.encryption->is_kms())
      object.etag = to_hex(md5_of("encrypted " + object.etag)) +
                    (object.parts ? fmt::format("-{}", parts.size()) : "");
  }
  return std::make_shared<const Object>(std::move(object));
}

}  // namespace s3ferry::sim
