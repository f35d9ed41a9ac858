#pragma once

#include <string>
#include <string_view>

#include "sim/object.h"
#include "sim/reply.h"

namespace s3ferry::sim {

// <Tagging> documents, of objects and of buckets.
Outcome<TextMap> read_tag_document(std::string_view xml);
std::string tag_document(const TextMap& tags);

}  // namespace s3ferry::sim
