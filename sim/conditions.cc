#include "sim/conditions.h"

#include <algorithm>
#include <string>

#include "base/text.h"

namespace s3ferry::sim {

bool etag_matches(std::string_view header, std::string_view etag) {
  if (trim_ascii(header) == "*") return true;
  while (!header.empty()) {
    const std::size_t comma = std::min(header.find(','), header.size());
    std::string_view one = trim_ascii(header.substr(0, comma));
    header.remove_prefix(std::min(comma + 1, header.size()));
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (unquote_etag(one) == etag) return true;
  }
  return false;
}

Outcome<void> check_read_conditions(const Call& call, const Object& object,
                                    std::string_view prefix) {
  const bool copy = !prefix.empty();
  std::string named(prefix);
  const auto header = [&](std::string_view name) {
    named.replace(prefix.size(), std::string::npos, name);
    return call.header(named);
  };
  const auto date = [&](std::string_view name) -> std::optional<WallTime> {
    const auto text = header(name);
    return text ? parse_http_date(*text) : std::nullopt;
  };
  const auto failed = [&](std::string_view condition) {
    return refuse(service_error("PreconditionFailed")
                      .with("Condition", std::string(prefix) + std::string(condition)));
  };
  const WallTime modified = std::chrono::floor<std::chrono::seconds>(object.mtime);
  if (const auto value = header("if-match")) {
    if (!etag_matches(*value, object.etag)) return failed("if-match");
  } else if (const auto since = date("if-unmodified-since"); since && modified > *since) {
    return failed("if-unmodified-since");
  }
  if (const auto value = header("if-none-match")) {
    if (!etag_matches(*value, object.etag)) return {};
    if (copy) return failed("if-none-match");
    return refuse(service_error("NotModified").with_header("ETag", '"' + object.etag + '"'));
  }
  if (const auto since = date("if-modified-since"); since && modified <= *since) {
    if (copy) return failed("if-modified-since");
    return refuse(service_error("NotModified").with_header("ETag", '"' + object.etag + '"'));
  }
  return {};
}

Outcome<std::optional<ByteRange>> parse_range(std::string_view text, ByteCount size) {
  if (!text.starts_with("bytes=")) return std::nullopt;
  const std::string_view asked = text;
  text.remove_prefix(6);
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos || text.find(',') != std::string_view::npos)
    return std::nullopt;
  const auto first = parse_u64(text.substr(0, dash));
  const auto last = parse_u64(text.substr(dash + 1));
  const auto outside = [&] {
    return refuse(service_error("InvalidRange")
                      .with("RangeRequested", std::string(asked))
                      .with("ActualObjectSize", std::to_string(size)));
  };
  if (!first) {
    if (dash != 0 || !last) return std::nullopt;
    if (*last == 0 || size == 0) return outside();
    const ByteCount length = std::min<ByteCount>(*last, size);
    return ByteRange{size - length, length};
  }
  if (dash + 1 < text.size() && (!last || *last < *first)) return std::nullopt;
  if (*first >= size) return outside();
  const ByteCount end = last ? std::min<ByteCount>(*last, size - 1) : size - 1;
  return ByteRange{*first, end - *first + 1};
}

}  // namespace s3ferry::sim
