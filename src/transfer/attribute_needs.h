#pragma once

#include "runtime/task.h"
#include "transfer/pair.h"

namespace s3ferry {

// What the buckets' configuration says of attributes that only a look at each object finds (rule
// 11). False where a server does not know the question, or may not answer it.
struct AttributeNeeds {
  bool redirects = false;           // the source is a website
  bool locks = false;               // objects of the source can be locked
  bool target_cannot_lock = false;  // … and those of the target cannot
  bool any() const { return redirects || locks; }
};

// Three GETs at most, two where the source has no locks.
Task<AttributeNeeds> read_attribute_needs(const Pair& pair);

}  // namespace s3ferry
