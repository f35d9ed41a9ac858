#pragma once

#include <memory>
#include <optional>

#include "http/message.h"
#include "runtime/runtime.h"
#include "sim/content.h"
#include "sim/page_text.h"

namespace s3ferry::sim {

// How an answer's body travels; the default is at once and whole.
struct BodyManner {
  std::optional<ByteCount> break_after_bytes;
  ByteCount chunk_bytes = 0;
  Duration chunk_pause{};
  bool plain() const { return !break_after_bytes && chunk_bytes == 0; }
};

// The bytes of `content`, a step at a time, so that gigabytes by formula need no memory.
std::unique_ptr<http::BodyReader> make_content_body(Runtime& runtime, Content content,
                                                    BodyManner manner);

// All of it at once.
std::unique_ptr<http::BodyReader> make_page_body(PageText page);

}  // namespace s3ferry::sim
