#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "http/message.h"

namespace s3ferry::http {

inline constexpr std::size_t kMaxHeadBytes = 64 * 1024;

// Reads answers, strictly: a head over kMaxHeadBytes, contradicting lengths, a transfer coding
// other than chunked and malformed chunks are kProtocol. Makes no copy of the body. Used for one
// answer after the other; reset() begins one.
class AnswerParser {
 public:
  AnswerParser();
  ~AnswerParser();

  // `no_body`: the answer to a HEAD (or to CONNECT), whatever its length field says.
  void reset(bool no_body);
  // Takes a piece from the front of `bytes` (not empty) and returns how much it was; 0: more is
  // needed, in one piece with these. Stops at the end of the head, and after each piece of body.
  Result<std::size_t> feed(std::string_view bytes);
  // The body's piece within what was fed last; empty if there was none.
  std::string_view piece() const;
  bool head_done() const;
  bool done() const;

  // Once the head is done.
  int status() const;
  Headers take_headers();
  bool keep_alive() const;
  bool ends_with_connection() const;  // neither a length nor chunks
  ByteCount length_hint() const;      // of the body; 0: not known
  // Of a body whose length was said: what is still to come. Who reads that past the parser must not
  // feed it any more.
  std::optional<ByteCount> length_left() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace s3ferry::http
