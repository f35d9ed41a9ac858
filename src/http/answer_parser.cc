#include "http/answer_parser.h"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

#include "base/text.h"

namespace s3ferry::http {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::size_t kMaxChunkLine = 4096;
constexpr std::size_t kUsualHead = 768;

constexpr auto kIsToken = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0x21; c < 0x7F; ++c)
    table[c] = std::string_view("()<>@,;:\\\"/[]?={}").find(static_cast<char>(c)) ==
               std::string_view::npos;
  return table;
}();

bool is_token(std::string_view text) {
  bool all = !text.empty();
  for (const char c : text) all &= kIsToken[static_cast<unsigned char>(c)];
  return all;
}

// What is neither a visible character nor a blank or tab. Without branches and in pieces that a
// byte can count, so that it is vectorised.
std::size_t count_controls(std::string_view text) {
  constexpr std::size_t kPiece = 128;
  std::size_t sum = 0;
  for (; !text.empty(); text.remove_prefix(std::min(kPiece, text.size()))) {
    unsigned char found = 0;
    for (const char c : text.substr(0, kPiece)) {
      const auto byte = static_cast<unsigned char>(c);
      found =
          static_cast<unsigned char>(found + (((byte < 0x20) & (byte != '\t')) | (byte == 0x7F)));
    }
    sum += found;
  }
  return sum;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

tl::unexpected<Error> not_http(std::string_view why) {
  return fail(ErrorKind::kProtocol, fmt::format("the answer is not HTTP: {}", why));
}

tl::unexpected<Error> head_too_large() {
  return fail(ErrorKind::kProtocol,
              fmt::format("the answer's head is larger than {} bytes", kMaxHeadBytes));
}

// The elements of a list, trimmed; empty ones too.
template <class Take>
bool for_each_element(std::string_view list, Take take) {
  for (;;) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (!take(trim_blanks(list.substr(0, comma)))) return false;
    if (comma == list.size()) return true;
    list.remove_prefix(comma + 1);
  }
}

// A chunk's size, which begins its line; nullopt where there is none, or one beyond counting.
std::optional<ByteCount> read_hex(std::string_view& line) {
  ByteCount value = 0;
  std::size_t digits = 0;
  for (; digits < line.size(); ++digits) {
    const char c = line[digits];
    const char lower = static_cast<char>(c | 0x20);
    unsigned digit;
    if (is_digit(c))
      digit = static_cast<unsigned>(c - '0');
    else if (lower >= 'a' && lower <= 'f')
      digit = static_cast<unsigned>(lower - 'a') + 10;
    else
      break;
    if (value > (std::numeric_limits<ByteCount>::max() >> 4)) return std::nullopt;
    value = value << 4 | digit;
  }
  if (digits == 0) return std::nullopt;
  line.remove_prefix(digits);
  return value;
}

// ";name" or ";name=value", any number of them. Quoted values, which nobody sends, are refused.
bool are_extensions(std::string_view text) {
  const auto skip_blanks = [&] {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  };
  const auto skip_token = [&] {
    std::size_t size = 0;
    while (size < text.size() && kIsToken[static_cast<unsigned char>(text[size])]) ++size;
    text.remove_prefix(size);
    return size > 0;
  };
  while (!text.empty()) {
    skip_blanks();
    if (!text.starts_with(';')) return false;
    text.remove_prefix(1);
    skip_blanks();
    if (!skip_token()) return false;
    if (!text.starts_with('=')) continue;
    text.remove_prefix(1);
    if (!skip_token()) return false;
  }
  return true;
}

// What says where a message ends comes too late in a trailer.
const char* refuse_late(std::string_view name) {
  for (const std::string_view frames :
       {"transfer-encoding", "content-length", "connection", "proxy-connection"})
    if (iequals_ascii(name, frames)) return "bad trailer";
  return nullptr;
}

}  // namespace

void AnswerParser::reset(bool no_body) {
  *this = AnswerParser();
  no_body_ = no_body;
}

bool AnswerParser::keep_alive() const {
  if (part_ == Part::kToEnd) return false;
  return minor_1_ ? !says_close_ : says_keep_alive_;
}

std::optional<ByteCount> AnswerParser::length_left() const {
  if (part_ != Part::kBody) return std::nullopt;
  return left_;
}

Result<std::size_t> AnswerParser::feed(std::string_view bytes) {
  piece_ = {};
  switch (part_) {
    case Part::kHead:
      return feed_head(bytes);
    case Part::kBody:
      piece_ = bytes.substr(0, left_);
      left_ -= piece_.size();
      if (left_ == 0) part_ = Part::kDone;
      return piece_.size();
    case Part::kToEnd:
      piece_ = bytes;
      return piece_.size();
    case Part::kChunks:
    case Part::kChunk:
      return feed_chunks(bytes);
    case Part::kTrailers:
      return feed_trailers(bytes);
    case Part::kDone:
      break;
  }
  return 0;
}

AnswerParser::Fed AnswerParser::feed_head(std::string_view bytes) {
  const std::size_t end = bytes.find(kHeadEnd, searched_ < 3 ? 0 : searched_ - 3);
  if (end == std::string_view::npos || end + kHeadEnd.size() > kMaxHeadBytes) {
    if (bytes.size() >= kMaxHeadBytes) return head_too_large();
    // Who speaks another protocol may wait for us now.
    const char* wrong =
        bytes.find(kLineEnd) == std::string_view::npos ? nullptr : read_status_line(bytes);
    if (wrong != nullptr) return not_http(wrong);
    searched_ = bytes.size();
    return 0;
  }
  const std::string_view head = bytes.substr(0, end + kLineEnd.size());
  if (const char* wrong = read_status_line(head)) return not_http(wrong);
  headers_.reserve(kUsualHead);
  const std::string_view fields = head.substr(head.find(kLineEnd) + kLineEnd.size());
  if (const char* wrong = read_fields(fields, true)) return not_http(wrong);
  end_head();
  return end + kHeadEnd.size();
}

// "HTTP/1.1 200 OK": a blank stands behind the status even where no reason does.
const char* AnswerParser::read_status_line(std::string_view head) {
  constexpr std::string_view kVersion = "HTTP/1.";
  constexpr std::size_t kLeast = 13;
  const std::string_view line = head.substr(0, head.find(kLineEnd));
  if (!line.starts_with(kVersion) || line.size() < kLeast) return "bad status line";
  if ((line[7] != '0' && line[7] != '1') || line[8] != ' ') return "bad version";
  for (std::size_t i = 9; i < 12; ++i)
    if (!is_digit(line[i])) return "bad status";
  if (line[12] != ' ' || count_controls(line.substr(kLeast)) > 0) return "bad reason";
  minor_1_ = line[7] == '1';
  status_ = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  return nullptr;
}

// Whole lines. A value may go on in lines that begin with a blank: each break is then one blank.
// Control characters are looked for in all lines at once: there are those that end them, no others.
const char* AnswerParser::read_fields(std::string_view text, bool keep) {
  const std::size_t controls = count_controls(text);
  std::size_t lines = 0;
  std::string unfolded;
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || !is_token(text.substr(0, colon))) return "bad field";
    const std::string_view name = text.substr(0, colon);
    text.remove_prefix(colon + 1);
    std::size_t end = text.find(kLineEnd);
    if (end == std::string_view::npos) return "bad value";
    ++lines;
    std::string_view value = trim_blanks(text.substr(0, end));
    text.remove_prefix(end + kLineEnd.size());
    if (!text.empty() && is_blank(text.front())) {
      unfolded = value;
      while (!text.empty() && is_blank(text.front())) {
        end = text.find(kLineEnd);
        if (end == std::string_view::npos) return "bad value";
        ++lines;
        const std::string_view more = trim_blanks(text.substr(0, end));
        if (!more.empty() && !unfolded.empty()) unfolded += ' ';
        unfolded += more;
        text.remove_prefix(end + kLineEnd.size());
      }
      value = unfolded;
    }
    const char* const wrong = keep ? take_field(name, value) : refuse_late(name);
    if (wrong != nullptr) return wrong;
  }
  return controls == kLineEnd.size() * lines ? nullptr : "bad value";
}

const char* AnswerParser::take_field(std::string_view name, std::string_view value) {
  headers_.add(name, value);
  switch (name.size()) {
    case 10:
      return iequals_ascii(name, "connection") ? take_connection(value) : nullptr;
    case 14:
      return iequals_ascii(name, "content-length") ? take_length(value) : nullptr;
    case 16:
      return iequals_ascii(name, "proxy-connection") ? take_connection(value) : nullptr;
    case 17:
      break;
    default:
      return nullptr;
  }
  if (!iequals_ascii(name, "transfer-encoding")) return nullptr;
  if (!iequals_ascii(value, "chunked") || chunked_ || length_) return "bad Transfer-Encoding";
  chunked_ = true;
  return nullptr;
}

// Said more than once it has to be the same.
const char* AnswerParser::take_length(std::string_view value) {
  const bool good = !chunked_ && for_each_element(value, [&](std::string_view element) {
    if (element.empty() || !std::all_of(element.begin(), element.end(), is_digit)) return false;
    const auto number = parse_u64(element);
    if (!number || (length_ && *length_ != *number)) return false;
    length_ = *number;
    return true;
  });
  return good ? nullptr : "bad Content-Length";
}

const char* AnswerParser::take_connection(std::string_view value) {
  const bool good = for_each_element(value, [&](std::string_view element) {
    if (element.empty()) return true;
    says_close_ |= iequals_ascii(element, "close");
    says_keep_alive_ |= iequals_ascii(element, "keep-alive");
    return is_token(element);
  });
  return good ? nullptr : "bad Connection";
}

void AnswerParser::end_head() {
  const bool bodiless = no_body_ || status_ / 100 == 1 || status_ == 204 || status_ == 304;
  if (bodiless || (length_ && *length_ == 0)) {
    part_ = Part::kDone;
  } else if (length_) {
    part_ = Part::kBody;
    left_ = *length_;
  } else {
    part_ = chunked_ ? Part::kChunks : Part::kToEnd;
  }
}

// A chunk's line (with the line's end behind the chunk before it), or a piece of the chunk.
AnswerParser::Fed AnswerParser::feed_chunks(std::string_view bytes) {
  std::size_t used = 0;
  if (part_ == Part::kChunks) {
    if (in_chunk_) {
      if (bytes.size() < kLineEnd.size()) return 0;
      if (!bytes.starts_with(kLineEnd)) return not_http("bad chunk");
      used = kLineEnd.size();
    }
    const std::string_view rest = bytes.substr(used);
    const std::size_t end = rest.find(kLineEnd);
    if (std::min(end, rest.size()) > kMaxChunkLine) return not_http("an endless chunk header");
    std::string_view line = rest.substr(0, end);
    const auto size = read_hex(line);
    // Wrong is said as soon as it is seen, not when the line has ended.
    if (!size && !(end == std::string_view::npos && line.empty())) return not_http("bad chunk");
    if (end == std::string_view::npos) return 0;
    if (!are_extensions(line)) return not_http("bad chunk extension");
    used += end + kLineEnd.size();
    left_ = *size;
    in_chunk_ = true;
    part_ = left_ == 0 ? Part::kTrailers : Part::kChunk;
    if (part_ == Part::kTrailers || used == bytes.size()) return used;
  }
  piece_ = bytes.substr(used, left_);
  left_ -= piece_.size();
  if (left_ == 0) part_ = Part::kChunks;
  return used + piece_.size();
}

// Read, and not kept.
AnswerParser::Fed AnswerParser::feed_trailers(std::string_view bytes) {
  std::size_t end = 0;
  if (bytes.size() < kLineEnd.size()) return 0;
  if (!bytes.starts_with(kLineEnd)) {
    end = bytes.find(kHeadEnd);
    if (std::min(end, bytes.size()) > kMaxHeadBytes) return head_too_large();
    if (end == std::string_view::npos) return 0;
    end += kLineEnd.size();
    if (const char* wrong = read_fields(bytes.substr(0, end), false)) return not_http(wrong);
  }
  part_ = Part::kDone;
  return end + kLineEnd.size();
}

}  // namespace s3ferry::http
