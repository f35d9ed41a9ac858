#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "sim/content.h"
#include "sim/digest.h"
#include "sim/spec.h"

namespace s3ferry::sim {

struct Account;

using TextMap = std::map<std::string, std::string>;

// What CopyObject's COPY directive carries along. Shared between copies, never changed.
struct Attributes {
  TextMap headers;   // content headers; names in lower case
  TextMap metadata;  // names in lower case, without x-amz-meta-
};

struct Encryption {
  std::string algorithm = "AES256";  // or aws:kms
  std::string kms_key;               // ARN, for aws:kms
  bool is_kms() const { return algorithm == "aws:kms"; }
};

// One version of one key: immutable once stored, so a reader can keep it while the bucket goes on.
struct Object {
  Content content;
  std::string etag;  // without quotes
  WallTime mtime{};
  const Account* owner = nullptr;
  std::string storage_class = "STANDARD";
  std::shared_ptr<const Attributes> attributes;  // never null
  std::shared_ptr<const TextMap> tags;           // null: none
  std::shared_ptr<const Encryption> encryption;  // never null
  std::string website_redirect;
  std::string acl = "private";
  Checksum checksum = Checksum::kNone;
  bool checksum_composite = false;
  // Base64; a whole object's is computed when it is first asked for.
  mutable std::string checksum_value;
  std::shared_ptr<const std::vector<ByteCount>> parts;  // null: not a multipart object
  std::string version_id;                               // empty: the null version
  bool delete_marker = false;
  bool restored = false;
  std::shared_ptr<const Object> previous;  // the version before this one

  bool archived() const {
    return !restored && (storage_class == "GLACIER" || storage_class == "DEEP_ARCHIVE");
  }
  const std::string& checksum_base64() const;
};
using ObjectPtr = std::shared_ptr<const Object>;

}  // namespace s3ferry::sim
