#include "transfer/source_facts.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "s3/source_bucket.h"
#include "transfer/copy_strategy.h"

namespace s3ferry {
namespace {

// One "=?charset?B?text?=" off the front of `rest`. False: there is none, or it cannot be read.
bool decode_word(std::string_view& rest, std::string& out) {
  if (!rest.starts_with("=?")) return false;
  const auto charset_end = rest.find('?', 2);
  if (charset_end == std::string_view::npos || charset_end + 2 >= rest.size() ||
      rest[charset_end + 2] != '?')
    return false;
  const auto end = rest.find("?=", charset_end + 3);
  if (end == std::string_view::npos) return false;
  const std::string_view charset = rest.substr(2, charset_end - 2);
  const char encoding = rest[charset_end + 1];
  const std::string_view text = rest.substr(charset_end + 3, end - charset_end - 3);
  if (!iequals_ascii(charset, "utf-8") && !iequals_ascii(charset, "us-ascii")) return false;
  std::optional<std::string> bytes;
  if (encoding == 'B' || encoding == 'b') {
    bytes = from_base64(text);
  } else if (encoding == 'Q' || encoding == 'q') {
    std::string percent;
    for (const char c : text) {
      if (c == '%')
        percent += "%25";
      else
        percent += c == '=' ? '%' : c == '_' ? ' ' : c;
    }
    bytes = uri_decode(percent);
  }
  if (!bytes || !is_valid_utf8(*bytes)) return false;
  out += *bytes;
  rest.remove_prefix(end + 2);
  return true;
}

// A value that would break its line, or be trimmed on the way.
bool cannot_be_sent(std::string_view value) {
  const bool control = std::any_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && byte != '\t') || byte == 0x7f;
  });
  return control || trim_ascii(value).size() != value.size();
}

// Where the source stands alone and is no longer as listed, the caller looks for itself.
Task<Result<s3::ObjectInfo>> look(const RouteTry& attempt, bool checksums) {
  s3::HeadRequest request{ObjectKey(attempt.source_key())};
  request.if_match = ETag(attempt.item.etag);
  request.checksum_mode = checksums;
  co_return co_await attempt.state().pair.source.head_object(std::move(request));
}

class Gatherer {
 public:
  explicit Gatherer(SourceFacts& facts) : facts_(facts) {}

  void lose(std::string what) {
    if (!facts_.lost.empty()) facts_.lost += "; ";
    facts_.lost += std::move(what);
  }

  // The value to send; empty where it cannot be.
  std::string decoded(std::string_view name, const std::string& value) {
    DecodedText text = decode_rfc2047(value);
    if (!text.lossless) {
      lose(fmt::format("the encoding of its {} cannot be read, it is sent as it came", name));
    } else if (cannot_be_sent(text.bytes)) {
      lose(fmt::format("its {} is no text that a header can carry", name));
      return {};
    }
    return std::move(text.bytes);
  }

  void take_headers() {
    const s3::ContentHeaders& from = facts_.info.content;
    s3::ContentHeaders& to = facts_.attributes.content;
    to.content_type = decoded("Content-Type", from.content_type);
    to.cache_control = decoded("Cache-Control", from.cache_control);
    to.content_disposition = decoded("Content-Disposition", from.content_disposition);
    to.content_encoding = decoded("Content-Encoding", from.content_encoding);
    to.content_language = decoded("Content-Language", from.content_language);
    to.expires = decoded("Expires", from.expires);
    for (const auto& [name, value] : facts_.info.metadata) {
      std::string text = decoded("metadata " + name, value);
      if (!text.empty() || value.empty())
        facts_.attributes.metadata.emplace_back(name, std::move(text));
    }
  }

  // The redirect costs nothing here; the rest only where it was asked for (copy_strategy).
  void take_redirect() {
    if (facts_.attributes.website_redirect.empty())
      facts_.attributes.website_redirect =
          decoded("website redirect", facts_.info.website_redirect);
  }

  void take_checksum() {
    const std::string& type = facts_.info.checksum_type;
    for (const s3::Checksum& checksum : facts_.info.checksums)
      if (checksum.algorithm == "CRC64NVME" && (type.empty() || type == "FULL_OBJECT"))
        facts_.crc64nvme = checksum;
  }

 private:
  SourceFacts& facts_;
};

// An error: the tags cannot be known, and the object is not copied without them unless the server
// has none to give.
Task<Status> take_tags(const RouteTry& attempt, SourceFacts& facts, Gatherer& gather) {
  auto tags =
      co_await attempt.state().pair.source.get_object_tagging(ObjectKey(attempt.source_key()));
  if (tags) {
    facts.attributes.tags = std::move(*tags);
    co_return Status();
  }
  const Error& error = tags.error();
  // A count in the HEAD proves that there are tags; without one the object most likely has none.
  const bool surely = facts.info.tag_count.value_or(0) > 0;
  if (error.is(ErrorKind::kAccessDenied) && !surely) {
    gather.lose("its tags may not be read (s3:GetObjectTagging), if it has any");
    co_return Status();
  }
  const bool unknown = error.http_status() == 501 || error.http_status() == 405 ||
                       error.code() == "NotImplemented" || error.code() == "MethodNotAllowed";
  if (unknown && !surely) co_return Status();
  co_return fail(std::move(tags.error()));
}

}  // namespace

DecodedText decode_rfc2047(std::string_view value) {
  DecodedText out;
  out.bytes = std::string(value);
  if (!value.starts_with("=?") || !value.ends_with("?=")) return out;
  std::string decoded;
  std::string_view rest = value;
  while (!rest.empty()) {
    if (!decode_word(rest, decoded)) {
      out.lossless = false;
      return out;
    }
    // Blanks between two words belong to the encoding (RFC 2047 §6.2).
    const std::string_view next = trim_ascii(rest);
    if (next.size() != rest.size() && !next.starts_with("=?") && !next.empty()) {
      out.lossless = false;
      return out;
    }
    rest = next;
  }
  out.bytes = std::move(decoded);
  return out;
}

Task<Result<SourceFacts>> read_source_facts(const RouteTry& attempt) {
  Result<s3::ObjectInfo> info = co_await look(attempt, /*checksums=*/true);
  // Checksums want the right to decrypt, which who lists and looks may lack.
  if (!info && info.error().is(ErrorKind::kAccessDenied))
    info = co_await look(attempt, /*checksums=*/false);
  if (!info) co_return fail(explain_unreadable(std::move(info.error())));
  co_return co_await gather_source_facts(attempt, std::move(*info));
}

Error explain_unreadable(Error error) {
  if (error.http_status() != 400) return error;
  return std::move(error).with_message(
      "the source refuses to be looked at without a key: the object is encrypted by its owner's "
      "own key (SSE-C), which cannot be sent here, so it is not reproducible");
}

Task<Result<SourceFacts>> gather_source_facts(const RouteTry& attempt, s3::ObjectInfo info) {
  RunState& state = attempt.state();
  const AttributeOptions& asked = state.options.attributes;
  if (info.delete_marker)
    co_return fail(Error(ErrorKind::kNoSuchKey, "the object was deleted").with_status(404));
  SourceFacts facts;
  facts.info = std::move(info);
  const WallTime now = state.runtime.wall_now();
  const s3::ObjectInfo* full = asked.full ? &facts.info : nullptr;
  facts.attributes = asked_attributes(asked, attempt.item, full, now);
  Gatherer gather(facts);
  facts.lost = asked.full ? "" : missing_metadata(facts.info);
  if (!replaces_metadata(asked)) gather.take_headers();
  gather.take_redirect();
  gather.take_checksum();
  if (!replaces_tags(asked)) {
    Status tagged = co_await take_tags(attempt, facts, gather);
    if (!tagged) co_return fail(std::move(tagged.error()));
  }
  co_return facts;
}

}  // namespace s3ferry
