#include "transfer/upload_log.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace s3ferry {
namespace {

constexpr std::string_view kVersion = "upload/1";

// The text up to the next line's end, which is taken off too.
std::string_view next_line(std::string_view& rest) {
  const auto end = std::min(rest.find('\n'), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

}  // namespace

std::string upload_facts(const PlannedUpload& record) {
  std::string out = fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n", kVersion,
                                uri_encode(record.source_etag.view()), record.size, record.layout,
                                record.began.time_since_epoch().count(), record.seen_known ? 1 : 0);
  for (const UploadId& seen : record.seen) out += uri_encode(seen.view()) + "\n";
  return out;
}

Result<PlannedUpload> read_upload_facts(std::string_view facts) {
  PlannedUpload out;
  const bool known = next_line(facts) == kVersion;
  const auto etag = uri_decode(next_line(facts));
  const auto size = parse_u64(next_line(facts));
  out.layout = std::string(next_line(facts));
  const auto began = parse_u64(next_line(facts));
  const std::string_view seen_known = next_line(facts);
  bool good = known && etag && size && began && (seen_known == "0" || seen_known == "1");
  while (good && !facts.empty()) {
    const auto seen = uri_decode(next_line(facts));
    good = seen.has_value();
    if (good) out.seen.emplace_back(*seen);
  }
  if (!good) return fail(ErrorKind::kConfig, "what was written of an upload cannot be read");
  out.source_etag = ETag(*etag);
  out.size = *size;
  out.began = WallTime(std::chrono::milliseconds(*began));
  out.seen_known = seen_known == "1";
  return out;
}

}  // namespace s3ferry
