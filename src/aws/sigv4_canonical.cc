#include "aws/sigv4_canonical.h"

#include <algorithm>

#include "base/text.h"

namespace s3ferry::aws::detail {
namespace {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

constexpr std::array<bool, 256> make_plain() {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (const char c : {'-', '.', '_', '~'}) table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr auto kPlain = make_plain();

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

// Escapes are taken for their byte, all bytes are encoded anew: what is on the wire in any spelling
// becomes the one canonical spelling. A '%' that starts no escape stands for itself.
void append_reencoded(std::string& out, std::string_view text, bool keep_slash) {
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t end = at;
    while (end < text.size() &&
           (kPlain[static_cast<unsigned char>(text[end])] || (keep_slash && text[end] == '/')))
      ++end;
    out.append(text, at, end - at);
    if (end == text.size()) return;
    char byte = text[end];
    at = end + 1;
    if (byte == '%' && end + 2 < text.size()) {
      const int hi = hex_value(text[end + 1]), lo = hex_value(text[end + 2]);
      if (hi >= 0 && lo >= 0) {
        byte = static_cast<char>(hi << 4 | lo);
        at = end + 3;
      }
    }
    append_uri_encoded(out, std::string_view(&byte, 1), keep_slash);
  }
}

// RFC 3986 §5.2.4, and empty segments vanish too.
std::string normalized(std::string_view path) {
  std::vector<std::string_view> kept;
  bool slash_at_end = false;
  std::size_t at = 0;
  while (at <= path.size()) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view segment = path.substr(at, end - at);
    slash_at_end = segment.empty() || segment == "." || segment == "..";
    if (segment == ".." && !kept.empty()) kept.pop_back();
    if (!slash_at_end) kept.push_back(segment);
    at = end + 1;
  }
  std::string out;
  for (const auto segment : kept) (out += '/') += segment;
  if (slash_at_end || out.empty()) out += '/';
  return out;
}

// Blanks at the ends go, runs of blanks inside become one.
void append_header_value(std::string& out, std::string_view value) {
  value = trim_ascii(value);
  if (value.find("  ") == std::string_view::npos) {
    out += value;
    return;
  }
  for (std::size_t i = 0; i < value.size(); ++i)
    if (value[i] != ' ' || value[i - 1] != ' ') out += value[i];
}

}  // namespace

bool is_signable(std::string_view name) {
  switch (name.size()) {  // most names have another length
    case 4:
      return !iequals_ascii(name, "host");
    case 6:
      return !iequals_ascii(name, "expect");
    case 10:
      return !iequals_ascii(name, "connection") && !iequals_ascii(name, "user-agent");
    case 13:
      return !iequals_ascii(name, "authorization");
    case 15:
      return !iequals_ascii(name, "x-amzn-trace-id");
    case 17:
      return !iequals_ascii(name, "transfer-encoding");
    default:
      return true;
  }
}

void append_canonical_path(std::string& out, std::string_view path, UriRules rules) {
  if (path.empty()) {
    out += '/';
  } else if (rules == UriRules::kS3) {
    append_reencoded(out, path, true);
  } else if (rules == UriRules::kNormalized) {
    append_uri_encoded(out, normalized(path), true);
  } else {
    append_uri_encoded(out, path, true);
  }
}

void append_canonical_query(std::string& out, std::string_view query, std::string_view without) {
  if (query.empty()) return;
  std::vector<std::pair<std::string, std::string>> parameters;
  for (std::size_t at = 0; at <= query.size();) {
    const std::size_t end = std::min(query.find('&', at), query.size());
    const std::string_view piece = query.substr(at, end - at);
    at = end + 1;
    if (piece.empty()) continue;
    const std::size_t equals = std::min(piece.find('='), piece.size());
    std::string name, value;
    append_reencoded(name, piece.substr(0, equals), false);
    if (!without.empty() && name == without) continue;
    if (equals < piece.size()) append_reencoded(value, piece.substr(equals + 1), false);
    parameters.emplace_back(std::move(name), std::move(value));
  }
  std::sort(parameters.begin(), parameters.end());
  bool first = true;
  for (const auto& [name, value] : parameters) {
    if (!first) out += '&';
    first = false;
    ((out += name) += '=') += value;
  }
}

void append_scope(std::string& out, const SigningScope& scope) {
  out += scope.amz_date.substr(0, 8);
  (out += '/') += scope.region;
  (out += '/') += scope.service;
  out += "/aws4_request";
}

void append_hex(std::string& out, const Digest& digest) {
  constexpr char kHex[] = "0123456789abcdef";
  char text[64];
  char* to = text;
  for (const unsigned char byte : digest) {
    *to++ = kHex[byte >> 4];
    *to++ = kHex[byte & 15];
  }
  out.append(text, sizeof text);
}

void Canonicalizer::add_field(std::string_view name, std::string_view value) {
  bool upper = false;
  for (const char c : name) upper |= c >= 'A' && c <= 'Z';
  if (upper) name = lowered_.emplace_back(to_lower_ascii(name));
  // Few fields, mostly in order: insertion keeps equal names in the order they came in.
  std::size_t place = fields_.size();
  while (place > 0 && fields_[place - 1].name > name) --place;
  fields_.insert(fields_.begin() + static_cast<std::ptrdiff_t>(place), Field{name, value});
}

void Canonicalizer::collect(const SigningRequest& request) {
  lowered_.clear();
  fields_.clear();
  add_field("host", request.host);
  for (const auto& [name, value] : request.headers)
    if (is_signable(name)) add_field(name, value);
}

void Canonicalizer::begin(const SigningRequest& request) {
  text_.clear();
  names_.clear();
  text_ += request.method;
  text_ += '\n';
  const std::size_t question = std::min(request.target.find('?'), request.target.size());
  append_canonical_path(text_, request.target.substr(0, question), request.rules);
  text_ += '\n';
  if (question < request.target.size())
    append_canonical_query(text_, request.target.substr(question + 1), "X-Amz-Signature");
  text_ += '\n';
}

void Canonicalizer::end(const SigningRequest& request) {
  text_ += '\n';
  text_ += names_;
  text_ += '\n';
  text_ += request.payload_hash;
}

void Canonicalizer::build(const SigningRequest& request) {
  collect(request);
  begin(request);
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const std::string_view name = fields_[i].name;
    if (i > 0 && name == fields_[i - 1].name) {
      text_.back() = ',';
    } else {
      if (!names_.empty()) names_ += ';';
      names_ += name;
      (text_ += name) += ':';
    }
    append_header_value(text_, fields_[i].value);
    text_ += '\n';
  }
  end(request);
}

bool Canonicalizer::build(const SigningRequest& request, std::string_view names) {
  begin(request);
  names_ = names;
  for (std::size_t at = 0; at <= names.size();) {
    const std::size_t stop = std::min(names.find(';', at), names.size());
    const std::string_view name = names.substr(at, stop - at);
    at = stop + 1;
    (text_ += name) += ':';
    bool found = name == "host";
    if (found) append_header_value(text_, request.host);
    for (const auto& [field, value] : request.headers) {
      if (field.size() != name.size() || name == "host" || !iequals_ascii(field, name)) continue;
      if (found) text_ += ',';
      found = true;
      append_header_value(text_, value);
    }
    if (!found) return false;
    text_ += '\n';
  }
  end(request);
  return true;
}

}  // namespace s3ferry::aws::detail
