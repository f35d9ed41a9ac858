#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/message.h"

namespace s3ferry::http {

inline constexpr std::size_t kMaxHeadBytes = 64 * 1024;

// Reads answers (RFC 9112), strictly: a head over kMaxHeadBytes, contradicting lengths, a transfer
// coding other than chunked and malformed chunks are kProtocol. Makes no copy of the body. Used for
// one answer after the other; reset() begins one.
class AnswerParser {
 public:
  // `no_body`: the answer to a HEAD (or to CONNECT), whatever its length field says.
  void reset(bool no_body);
  // Takes a piece from the front of `bytes` (not empty) and returns how much it was; 0: more is
  // needed, in one piece with these. Stops at the end of the head, and after each piece of body.
  Result<std::size_t> feed(std::string_view bytes);
  // The body's piece within what was fed last; empty if there was none.
  std::string_view piece() const { return piece_; }
  bool head_done() const { return part_ != Part::kHead; }
  bool done() const { return part_ == Part::kDone; }

  // Once the head is done.
  int status() const { return status_; }
  Headers take_headers() { return std::move(headers_); }
  bool keep_alive() const;
  bool ends_with_connection() const { return part_ == Part::kToEnd; }  // no length, no chunks
  ByteCount length_hint() const { return length_.value_or(0); }        // of the body; 0: not known
  // Of a body whose length was said: what is still to come. Who reads that past the parser must not
  // feed it any more.
  std::optional<ByteCount> length_left() const;

 private:
  enum class Part : std::uint8_t { kHead, kBody, kToEnd, kChunks, kChunk, kTrailers, kDone };
  using Fed = Result<std::size_t>;

  Fed feed_head(std::string_view bytes);
  Fed feed_chunks(std::string_view bytes);
  Fed feed_trailers(std::string_view bytes);
  const char* read_status_line(std::string_view head);
  const char* read_fields(std::string_view text, bool keep);
  const char* take_field(std::string_view name, std::string_view value);
  const char* take_length(std::string_view value);
  const char* take_connection(std::string_view value);
  void end_head();

  Headers headers_;
  std::string_view piece_;
  std::optional<ByteCount> length_;
  ByteCount left_ = 0;        // of the body, or of the chunk
  std::size_t searched_ = 0;  // of a head that is not there yet
  int status_ = 0;
  Part part_ = Part::kHead;
  bool no_body_ = false, chunked_ = false, in_chunk_ = false;
  bool minor_1_ = false, says_close_ = false, says_keep_alive_ = false;
};

}  // namespace s3ferry::http
