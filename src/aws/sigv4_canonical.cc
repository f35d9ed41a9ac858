#include "aws/sigv4_canonical.h"

#include <algorithm>

#include "base/text.h"

namespace s3ferry::aws::detail {
namespace {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

constexpr std::array<bool, 256> make_plain(bool slash) {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (const char c : {'-', '.', '_', '~'}) table[static_cast<unsigned char>(c)] = true;
  table['/'] = slash;
  return table;
}
constexpr auto kPlain = make_plain(false);
constexpr auto kPlainOrSlash = make_plain(true);

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

// Escapes are taken for their byte, all bytes are encoded anew: what is on the wire in any spelling
// becomes the one canonical spelling. A '%' that starts no escape stands for itself.
void append_reencoded(std::string& out, std::string_view text, bool keep_slash) {
  const auto& plain = keep_slash ? kPlainOrSlash : kPlain;
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t end = at;
    while (end < text.size() && plain[static_cast<unsigned char>(text[end])]) ++end;
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
  // Without a table, so that it is vectorised.
  const auto digit = [](int value) {
    return static_cast<char>(value + (value < 10 ? '0' : 'a' - 10));
  };
  char text[64];
  for (std::size_t i = 0; i < digest.size(); ++i) {
    text[2 * i] = digit(digest[i] >> 4);
    text[2 * i + 1] = digit(digest[i] & 15);
  }
  out.append(text, sizeof text);
}

bool Canonicalizer::is_arranged_for(const SigningRequest& request) const {
  return !fields_.empty() &&
         std::equal(
             given_.begin(), given_.end(), request.headers.begin(), request.headers.end(),
             [](const std::string& name, const HeaderField& field) { return name == field.first; });
}

void Canonicalizer::arrange(const SigningRequest& request) {
  given_.resize(request.headers.size());
  fields_.clear();
  fields_.push_back({"host", kHost, {}});
  for (std::size_t i = 0; i < request.headers.size(); ++i) {
    given_[i] = request.headers[i].first;
    if (is_signable(given_[i])) fields_.push_back({to_lower_ascii(given_[i]), i, {}});
  }
  // Those of one name stay as they came.
  std::stable_sort(fields_.begin(), fields_.end(),
                   [](const Field& a, const Field& b) { return a.name < b.name; });
  names_.clear();
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    Field& field = fields_[i];
    field.before = ",";
    if (i > 0 && field.name == fields_[i - 1].name) continue;
    field.before = (i > 0 ? "\n" : "") + field.name + ":";
    if (i > 0) names_ += ';';
    names_ += field.name;
  }
}

void Canonicalizer::begin(const SigningRequest& request) {
  text_.clear();
  text_ += request.method;
  text_ += '\n';
  const std::size_t question = std::min(request.target.find('?'), request.target.size());
  append_canonical_path(text_, request.target.substr(0, question), request.rules);
  text_ += '\n';
  if (question < request.target.size())
    append_canonical_query(text_, request.target.substr(question + 1), "X-Amz-Signature");
  text_ += '\n';
}

void Canonicalizer::end(const SigningRequest& request, std::string_view names) {
  text_ += '\n';
  text_ += names;
  text_ += '\n';
  text_ += request.payload_hash;
}

void Canonicalizer::build(const SigningRequest& request) {
  if (!is_arranged_for(request)) arrange(request);
  begin(request);
  for (const Field& field : fields_) {
    text_ += field.before;
    append_header_value(text_,
                        field.place == kHost ? request.host : request.headers[field.place].second);
  }
  text_ += '\n';
  end(request, names_);
}

bool Canonicalizer::build(const SigningRequest& request, std::string_view names) {
  begin(request);
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
  end(request, names);
  return true;
}

}  // namespace s3ferry::aws::detail
