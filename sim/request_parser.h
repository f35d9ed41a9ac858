#pragma once

#include <memory>
#include <string_view>

#include "http/message.h"

namespace s3ferry::sim {

// Reads requests as a server does, one after the other; a malformed one is kProtocol.
class RequestParser {
 public:
  // Bodies of at least `discard_from` bytes are hashed and thrown away (DigestedBody); 0: none.
  explicit RequestParser(ByteCount discard_from = 0);
  ~RequestParser();
  // Begins the next request; `tls` says how it comes.
  void reset(bool tls);
  // Takes a piece from the front of `bytes` (not empty) and returns how much; 0: more is needed.
  Result<std::size_t> feed(std::string_view bytes);
  bool head_done() const;
  bool done() const;
  bool keep_alive() const;
  bool expects_continue() const;
  // Once done. The origin is what Host says.
  http::Request take();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace s3ferry::sim
