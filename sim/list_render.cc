#include "sim/list_render.h"

#include <array>
#include <bit>
#include <chrono>

#include "sim/write.h"

namespace s3ferry::sim {
namespace {

constexpr auto kPairs = [] {
  std::array<std::array<char, 2>, 100> pairs{};
  for (unsigned i = 0; i < pairs.size(); ++i)
    pairs[i] = {static_cast<char>('0' + i / 10), static_cast<char>('0' + i % 10)};
  return pairs;
}();
char* put_two(char* to, unsigned value) {
  std::memcpy(to, kPairs[value].data(), 2);
  return to + 2;
}

// Copies a fixed number of bytes, which there is room for, instead of asking how many there are.
constexpr std::size_t kMostDigits = 20;
char* put_number(char* to, std::uint64_t value) {
  char digits[2 * kMostDigits];
  char* at = digits + kMostDigits;
  for (; value >= 100; value /= 100) put_two(at -= 2, static_cast<unsigned>(value % 100));
  if (value >= 10) {
    put_two(at -= 2, static_cast<unsigned>(value));
  } else {
    *--at = static_cast<char>('0' + value);
  }
  std::memcpy(to, at, kMostDigits);
  return to + (digits + kMostDigits - at);
}

// "2026-11-22T"
void put_day(char* to, std::chrono::sys_days day) {
  const std::chrono::year_month_day date(day);
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  to = put_two(put_two(to, year / 100 % 100), year % 100);
  *to++ = '-';
  to = put_two(to, static_cast<unsigned>(date.month()));
  *to++ = '-';
  to = put_two(to, static_cast<unsigned>(date.day()));
  *to = 'T';
}

// The texts of the days of one page, which are few or near each other.
class DayTexts {
 public:
  const char* of(std::chrono::sys_days day) {
    const auto number = static_cast<std::uint32_t>(day.time_since_epoch().count());
    Text& text = texts_[number % texts_.size()];
    if (text.day != number) put_day(text.bytes, day);
    text.day = number;
    return text.bytes;
  }

 private:
  struct Text {
    std::uint32_t day = ~0U;
    char bytes[12];
  };
  std::array<Text, 128> texts_;
};

// "2026-11-22T01:02:03.000Z"; years 1970 to 9999.
char* put_time(char* to, WallTime time, DayTexts* texts) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  if (texts != nullptr) {
    std::memcpy(to, texts->of(day), 11);
  } else {
    put_day(to, day);
  }
  const auto millis = static_cast<unsigned>((time - day).count());
  const unsigned seconds = millis / 1000, rest = millis % 1000, minutes = seconds / 60;
  std::memcpy(to + 11, "00:00:00.000Z", 13);
  put_two(to + 11, minutes / 60);
  put_two(to + 14, minutes % 60);
  put_two(to + 17, seconds % 60);
  if (rest != 0) {
    to[20] = static_cast<char>('0' + rest / 100);
    put_two(to + 21, rest % 100);
  }
  return to + 24;
}

// Sixteen digits at once: the nibbles are spread over eight bytes each, then turned into letters.
char* put_hex(char* to, std::uint64_t value) {
  const auto eight_digits = [](std::uint64_t half) {
    half = ((half & 0xffff0000) << 16) | (half & 0xffff);
    half = ((half & 0xff000000ff00) << 8) | (half & 0xff000000ff);
    half = ((half & 0xf000f000f000f0) << 4) | (half & 0xf000f000f000f);
    const std::uint64_t letters = ((half + 0x0606060606060606) >> 4) & 0x0101010101010101;
    half += 0x3030303030303030 + letters * ('a' - '0' - 10);
    return std::endian::native == std::endian::little ? __builtin_bswap64(half) : half;
  };
  const std::uint64_t text[2] = {eight_digits(value >> 32), eight_digits(value & 0xffffffff)};
  std::memcpy(to, text, sizeof text);
  return to + sizeof text;
}

void append_text(std::string& out, std::string_view value, bool url) {
  if (url) {
    append_form_encoded(out, value);
  } else {
    append_xml_escaped(out, value);
  }
}

// More than an entry's tags, numbers and time take together.
constexpr std::size_t kMostFixed = 512;

char* open_entry(char* to, std::string_view key, WallTime mtime, bool url,
                 DayTexts* texts = nullptr) {
  to = put(to, "<Contents><Key>");
  to = url ? put_form_encoded(to, key) : put_xml_escaped(to, key);
  to = put(to, "</Key><LastModified>");
  to = put_time(to, mtime, texts);
  return put(to, "</LastModified><ETag>&quot;");
}

char* close_entry(char* to, ByteCount size, std::string_view owner_id,
                  std::string_view storage_class) {
  to = put(to, "<Size>");
  to = put_number(to, size);
  to = put(to, "</Size>");
  if (!owner_id.empty()) {
    to = put(to, "<Owner><ID>");
    to = put(to, owner_id);
    to = put(to, "</ID></Owner>");
  }
  to = put(to, "<StorageClass>");
  to = put(to, storage_class);
  return put(to, "</StorageClass></Contents>");
}

void render_formula_entry(PageText& out, std::string_view key, const SyntheticKeys& formula,
                          std::uint64_t index, std::string_view owner_id, bool url,
                          DayTexts& texts) {
  const SyntheticKeys::Attributes attributes = formula.attributes(index);
  const std::string& storage_class = formula.storage_class();
  char* to =
      out.room(kMostFixed + kMostEscaped * key.size() + owner_id.size() + storage_class.size());
  to = open_entry(to, key, attributes.mtime, url, &texts);
  to = put_hex(put_hex(to, attributes.etag_high), attributes.etag_low);
  to = put(to, "&quot;</ETag>");
  out.ends_at(close_entry(to, attributes.size, owner_id, storage_class));
}

// The common prefix of `key`, or nothing.
std::string_view common_prefix(std::string_view key, const ListRequest& request) {
  if (request.delimiter.empty()) return {};
  const std::size_t at = key.find(request.delimiter, request.prefix.size());
  if (at == std::string_view::npos) return {};
  return key.substr(0, at + request.delimiter.size());
}

void start(ObjectStore::Cursor& cursor, const ListRequest& request) {
  if (!request.has_after || request.after < request.prefix) {
    cursor.seek(request.prefix);
    return;
  }
  if (request.after_is_prefix) {
    const std::string behind = behind_prefix(request.after);
    if (!behind.empty()) cursor.seek(behind);
    return;
  }
  cursor.seek(request.after + std::string(1, '\0'));
}

}  // namespace

std::string behind_prefix(std::string_view prefix) {
  std::string out(prefix);
  while (!out.empty() && static_cast<unsigned char>(out.back()) == 0xff) out.pop_back();
  if (!out.empty()) out.back() = static_cast<char>(static_cast<unsigned char>(out.back()) + 1);
  return out;
}

void render_text(XmlWriter& xml, std::string_view name, std::string_view value, bool url) {
  xml.open(name);
  append_text(xml.out(), value, url);
  xml.close(name);
}

void render_entry(PageText& out, std::string_view key, const Object& object,
                  const ListRequest& request) {
  std::string_view owner_id;
  if (request.fetch_owner && object.owner != nullptr) owner_id = object.owner->canonical_id;
  char* to = out.room(kMostFixed + kMostEscaped * (key.size() + object.etag.size()) +
                      owner_id.size() + object.storage_class.size());
  to = open_entry(to, key, object.mtime, request.url);
  to = put_xml_escaped(to, object.etag);
  to = put(to, "&quot;</ETag>");
  if (object.checksum != Checksum::kNone) {
    to = put(to, "<ChecksumAlgorithm>");
    to = put(to, to_string(object.checksum));
    to = put(to, "</ChecksumAlgorithm><ChecksumType>");
    to = put(to, std::string_view(object.checksum_composite ? "COMPOSITE" : "FULL_OBJECT"));
    to = put(to, "</ChecksumType>");
  }
  out.ends_at(close_entry(to, object.content.size(), owner_id, object.storage_class));
}

ListedPage list_page(const Bucket& bucket, const ListRequest& request) {
  ListedPage page;
  if (request.max_keys == 0) return page;
  ObjectStore::Cursor cursor(bucket.store);
  start(cursor, request);
  std::string_view owner_id;
  if (request.fetch_owner) owner_id = bucket.owner->canonical_id;
  (void)page.contents.room(std::min<std::size_t>(request.max_keys, kMostListed) * 300);
  DayTexts texts;
  std::string_view last;  // a view into the cursor, good until that has moved twice
  while (cursor.valid()) {
    const std::string_view key = cursor.key();
    if (!key.starts_with(request.prefix)) break;
    const Object* object = cursor.object();
    if (object != nullptr && object->delete_marker) {
      cursor.next();
      continue;
    }
    if (page.count == request.max_keys) {
      page.truncated = true;
      break;
    }
    ++page.count;
    if (const std::string_view common = common_prefix(key, request); !common.empty()) {
      page.last = std::string(common);
      page.last_is_prefix = true;
      page.prefixes += "<CommonPrefixes><Prefix>";
      append_text(page.prefixes, common, request.url);
      page.prefixes += "</Prefix></CommonPrefixes>";
      const std::string behind = behind_prefix(common);
      if (behind.empty()) break;
      cursor.seek(behind);
      continue;
    }
    if (object != nullptr) {
      render_entry(page.contents, key, *object, request);
    } else {
      render_formula_entry(page.contents, key, *bucket.store.formula(), cursor.index(), owner_id,
                           request.url, texts);
    }
    last = key;
    page.last_is_prefix = false;
    cursor.next();
  }
  if (!page.last_is_prefix) page.last = std::string(last);
  return page;
}

}  // namespace s3ferry::sim
