#pragma once

#include <cstdint>
#include <string>

#include "base/object_view.h"
#include "diff/compare.h"

namespace s3ferry {

struct Chunk;

// How an object gets to the target (copy_route.h).
enum class CopyRoute : std::uint8_t {
  kCopyObject,  // one server-side copy
  kParts,       // a multipart upload whose parts the server copies
  kRelay,       // through this host
};

// One planned copy on its way from the planner to a worker. Owns its texts.
struct CopyItem {
  CopyItem() = default;
  // `target` is null where the key is missing there.
  CopyItem(const ObjectView& source, const ObjectView* target, CopyReason why,
           Chunk* counted_in = nullptr)
      : key(source.key),
        etag(source.etag),
        storage_class(source.storage_class),
        target_etag(target != nullptr ? target->etag : std::string_view()),
        size(source.size),
        reason(why),
        chunk(counted_in) {}

  std::string key;  // relative
  std::string etag, storage_class;
  std::string
      target_etag;  // of the object to be replaced; empty: missing, or the listing says none
  ByteCount size = 0;
  CopyReason reason = CopyReason::kMissing;
  CopyRoute route = CopyRoute::kCopyObject;
  bool known_wrong = false;  // it is written down that the target stored it wrong
  Chunk* chunk = nullptr;    // where its outcome is counted; lives until the item was settled
};

}  // namespace s3ferry
