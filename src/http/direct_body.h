#pragma once

#include <string>

#include "http/message.h"

namespace s3ferry::http {

// A body that can be read straight to where it is wanted. read_all() looks for it.
class DirectBody : public BodyReader {
 public:
  // What read_all() does, from wherever read() stands.
  virtual Task<Status> read_rest(std::string& out, ByteCount limit_bytes) = 0;
  // The same without waiting, where all of it has come: else false, and nothing is taken.
  virtual bool take_rest(std::string& out, ByteCount limit_bytes) = 0;
};

// The rest of any body, piece by piece.
Task<Status> read_pieces(BodyReader& body, std::string& out, ByteCount limit_bytes);
Error too_large(ByteCount limit_bytes);

}  // namespace s3ferry::http
