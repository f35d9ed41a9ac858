// What is written down of an upload's plan.

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "aws/sigv4.h"
#include "transfer/upload.h"

namespace s3ferry {
namespace {

// Texts one after another, so that no two lists of them are alike.
class Listed {
 public:
  void add(std::string_view text) { out_ += fmt::format("{}:{};", text.size(), text); }
  void add(const std::optional<WallTime>& time) {
    add(time ? fmt::to_string(time->time_since_epoch().count()) : std::string());
  }
  // In any order: servers give them in one of their own.
  void add(s3::NameValues pairs) {
    std::sort(pairs.begin(), pairs.end());
    out_ += fmt::format("{}[", pairs.size());
    for (const auto& [name, value] : pairs) {
      add(name);
      add(value);
    }
  }
  const std::string& text() const { return out_; }

 private:
  std::string out_;
};

}  // namespace

// The cuts, and a digest of all that the upload is told at its creation. The source's time stamp is
// in it because a service may ignore the condition on its parts: bytes of another generation must
// not be gone on with, though the ETag be the old one again.
std::string UploadPlan::text() const {
  const s3::WriteAttributes& a = attributes;
  Listed all;
  for (const std::string* one :
       {&a.content.content_type, &a.content.cache_control, &a.content.content_disposition,
        &a.content.content_encoding, &a.content.content_language, &a.content.expires,
        &a.storage_class, &a.sse, &a.sse_kms_key_id, &a.acl, &a.grant_full_control, &a.grant_read,
        &a.grant_read_acp, &a.grant_write_acp, &a.website_redirect, &a.lock_mode, &a.legal_hold,
        &a.checksum_algorithm, &a.checksum_type})
    all.add(*one);
  all.add(a.bucket_key_enabled ? (*a.bucket_key_enabled ? "yes" : "no") : "");
  all.add(a.lock_retain_until);
  all.add(a.metadata);
  all.add(a.tags);
  all.add(source_modified);
  return fmt::format("{} {}", layout.text(), aws::sha256_hex(all.text()).substr(0, 32));
}

}  // namespace s3ferry
