// Any bytes as an answer, fed in pieces: ends, and hands out no more than it was given.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "http/answer_parser.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace s3ferry::http;
  if (size < 2) return 0;
  const bool no_body = (data[0] & 1) != 0;
  const std::size_t step = 1 + data[1];
  const std::string_view bytes(reinterpret_cast<const char*>(data + 2), size - 2);
  AnswerParser parser;
  parser.reset(no_body);
  std::size_t taken = 0, given = 0, body = 0;
  while (!parser.done() && given < bytes.size()) {
    given = std::min(bytes.size(), given + step);
    while (taken < given && !parser.done()) {
      const auto used = parser.feed(bytes.substr(taken, given - taken));
      if (!used) return 0;
      if (*used > given - taken) std::abort();
      taken += *used;
      body += parser.piece().size();
      if (*used == 0) break;
    }
  }
  if (body > bytes.size()) std::abort();
  if (parser.head_done()) {
    (void)parser.keep_alive();
    (void)parser.length_hint();
    (void)parser.take_headers();
  }
  return 0;
}
