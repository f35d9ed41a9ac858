#include "sim/list_render.h"

#include <chrono>

#include "sim/write.h"

namespace s3ferry::sim {
namespace {

void append_two(char* out, unsigned value) {
  out[0] = static_cast<char>('0' + value / 10);
  out[1] = static_cast<char>('0' + value % 10);
}

void append_number(std::string& out, std::uint64_t value) {
  char digits[20];
  int at = 20;
  do {
    digits[--at] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value > 0);
  out.append(digits + at, static_cast<std::size_t>(20 - at));
}

// "2026-11-22T01:02:03.000Z"; years 1970 to 9999.
void append_time(std::string& out, WallTime time) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const auto millis = static_cast<unsigned>((time - day).count());
  char text[] = "0000-00-00T00:00:00.000Z";
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  append_two(text, year / 100 % 100);
  append_two(text + 2, year % 100);
  append_two(text + 5, static_cast<unsigned>(date.month()));
  append_two(text + 8, static_cast<unsigned>(date.day()));
  append_two(text + 11, millis / 3'600'000);
  append_two(text + 14, millis / 60'000 % 60);
  append_two(text + 17, millis / 1000 % 60);
  text[20] = static_cast<char>('0' + millis / 100 % 10);
  append_two(text + 21, millis % 100);
  out.append(text, 24);
}

// Sixteen digits at once: the nibbles are spread over eight bytes each, then turned into letters.
void append_hex(std::string& out, std::uint64_t value) {
  const auto eight_digits = [](std::uint64_t half) {
    half = ((half & 0xffff0000) << 16) | (half & 0xffff);
    half = ((half & 0xff000000ff00) << 8) | (half & 0xff000000ff);
    half = ((half & 0xf000f000f000f0) << 4) | (half & 0xf000f000f000f);
    const std::uint64_t letters = ((half + 0x0606060606060606) >> 4) & 0x0101010101010101;
    return half + 0x3030303030303030 + letters * ('a' - '0' - 10);
  };
  char text[16];
  for (int part = 0; part < 2; ++part) {
    const std::uint64_t digits = eight_digits(part == 0 ? value >> 32 : value & 0xffffffff);
    for (int i = 0; i < 8; ++i) text[8 * part + i] = static_cast<char>(digits >> (56 - 8 * i));
  }
  out.append(text, 16);
}

void append_text(std::string& out, std::string_view value, bool url) {
  if (url) {
    append_form_encoded(out, value);
  } else {
    append_xml_escaped(out, value);
  }
}

void open_entry(std::string& out, std::string_view key, WallTime mtime, bool url) {
  out += "<Contents><Key>";
  append_text(out, key, url);
  out += "</Key><LastModified>";
  append_time(out, mtime);
  out += "</LastModified><ETag>&quot;";
}

void render_formula_entry(std::string& out, std::string_view key, const SyntheticKeys& formula,
                          std::uint64_t index, const Bucket& bucket, const ListRequest& request) {
  const SyntheticKeys::Attributes attributes = formula.attributes(index);
  open_entry(out, key, attributes.mtime, request.url);
  append_hex(out, attributes.etag_high);
  append_hex(out, attributes.etag_low);
  out += "&quot;</ETag><Size>";
  append_number(out, attributes.size);
  out += "</Size>";
  if (request.fetch_owner) {
    out += "<Owner><ID>";
    out += bucket.owner->canonical_id;
    out += "</ID></Owner>";
  }
  out += "<StorageClass>";
  out += formula.storage_class();
  out += "</StorageClass></Contents>";
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

void render_entry(std::string& out, std::string_view key, const Object& object,
                  const ListRequest& request) {
  open_entry(out, key, object.mtime, request.url);
  append_xml_escaped(out, object.etag);
  out += "&quot;</ETag>";
  if (object.checksum != Checksum::kNone) {
    out += "<ChecksumAlgorithm>";
    out += to_string(object.checksum);
    out += "</ChecksumAlgorithm><ChecksumType>";
    out += object.checksum_composite ? "COMPOSITE" : "FULL_OBJECT";
    out += "</ChecksumType>";
  }
  out += "<Size>";
  append_number(out, object.content.size());
  out += "</Size>";
  if (request.fetch_owner && object.owner != nullptr) {
    out += "<Owner><ID>";
    out += object.owner->canonical_id;
    out += "</ID></Owner>";
  }
  out += "<StorageClass>";
  out += object.storage_class;
  out += "</StorageClass></Contents>";
}

ListedPage list_page(const Bucket& bucket, const ListRequest& request) {
  ListedPage page;
  if (request.max_keys == 0) return page;
  ObjectStore::Cursor cursor(bucket.store);
  start(cursor, request);
  page.contents.reserve(std::min<std::size_t>(request.max_keys, 1000) * 300);
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
      render_formula_entry(page.contents, key, *bucket.store.formula(), cursor.index(), bucket,
                           request);
    }
    page.last.assign(key);
    page.last_is_prefix = false;
    cursor.next();
  }
  return page;
}

}  // namespace s3ferry::sim
