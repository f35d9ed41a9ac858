#include "s3/entry_form.h"

#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace s3ferry::s3 {
namespace {

struct Taken : ListEntry {
  bool has_escapes = false;
};

constexpr std::string_view kETag = "9b2cf535f27731c974343645a3985328";

EntryForm usual_form() {
  EntryForm form;
  form.add_markup("<Contents><Key>");
  form.add_text(EntrySlot::kKey, "some/key");
  form.add_markup("</Key><LastModified>");
  form.add_text(EntrySlot::kTime, "2026-11-22T01:02:03.000Z");
  form.add_markup("</LastModified><ETag>&quot;");
  form.add_text(EntrySlot::kQuotedETag, kETag);
  form.add_markup("&quot;</ETag><Size>");
  form.add_text(EntrySlot::kSize, "7");
  form.add_markup("</Size><StorageClass>");
  form.add_text(EntrySlot::kClass, "STANDARD");
  form.add_markup("</StorageClass></Contents>");
  form.finish();
  return form;
}
std::string usual(std::string_view etag = kETag, std::string_view size = "1234",
                  std::string_view storage_class = "STANDARD") {
  return fmt::format(
      "<Contents><Key>logs/a%20b</Key><LastModified>2026-11-22T04:05:06.000Z</LastModified><ETag>"
      "&quot;{}&quot;</ETag><Size>{}</Size><StorageClass>{}</StorageClass></Contents>",
      etag, size, storage_class);
}
// With what follows in any document: the form looks a little beyond the element. The entry's texts
// stand until the next call.
bool takes(const EntryForm& form, const std::string& element, Taken& entry) {
  static std::string document;
  document = element + usual();
  const char* at = document.data();
  KeyText key;
  ListTimes times;
  const bool taken = form.take(at, document.data() + document.size(), key, times, entry);
  entry.has_escapes = key.has_escapes;
  EXPECT_EQ(at - document.data(), taken ? static_cast<std::ptrdiff_t>(element.size()) : 0);
  return taken;
}

TEST(EntryForm, TakesAnElementOfItsLengths) {
  Taken entry;
  ASSERT_TRUE(takes(usual_form(), usual(), entry));
  EXPECT_EQ(entry.key.size(), 10u);
  EXPECT_TRUE(entry.has_escapes);
  EXPECT_EQ(entry.size, 1234u);
  EXPECT_EQ(format_iso8601_millis(entry.modified), "2026-11-22T04:05:06.000Z");
  EXPECT_TRUE(usual_form().fits(entry));
  EXPECT_FALSE(takes(usual_form(), usual(kETag, "1", "STANDARD_IA"), entry));
  EXPECT_FALSE(takes(usual_form(), usual(kETag, "1", "OUTPOSTS"), entry));
  EXPECT_FALSE(takes(usual_form(), usual("9b2cf535f27731c974343645a3985328-2"), entry));
}

TEST(EntryForm, SizesOfAnyLengthAreReadOrLeft) {
  Taken entry;
  std::string digits;
  ByteCount value = 0;
  for (std::size_t size = 1; size <= 17; ++size) {
    digits.push_back(static_cast<char>('0' + size % 10));
    value = value * 10 + size % 10;
    ASSERT_EQ(takes(usual_form(), usual(kETag, digits), entry), size <= 15) << size;
    if (size <= 15) {
      EXPECT_EQ(entry.size, value) << size;
    }
  }
  for (const std::string_view odd : {"", " 1", "1 ", "-1", "+1", "1a", "0x1", "12345678a", "1.5"})
    EXPECT_FALSE(takes(usual_form(), usual(kETag, odd), entry)) << odd;
  for (int byte = 0; byte < 256; ++byte)
    for (std::size_t place = 0; place < 12; ++place) {
      std::string odd = "123456789012";
      odd[place] = static_cast<char>(byte);
      EXPECT_EQ(takes(usual_form(), usual(kETag, odd), entry), byte >= '0' && byte <= '9')
          << byte << " at " << place;
    }
}

TEST(EntryForm, AnETagStandsForItself) {
  Taken entry;
  for (int byte = 0; byte < 256; ++byte)
    for (std::size_t place = 0; place < kETag.size(); ++place) {
      std::string etag(kETag);
      etag[place] = static_cast<char>(byte);
      EXPECT_EQ(takes(usual_form(), usual(etag), entry), byte >= 0x20 && byte != '<' && byte != '&')
          << byte << " at " << place;
    }
}

TEST(EntryForm, EveryByteBeyondTheTextsCounts) {
  const std::string good = usual();
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string document = good;
    document[at] = '\x01';
    Taken entry;
    EXPECT_FALSE(takes(usual_form(), document, entry)) << at;
  }
}

// What cannot be at fixed places is nothing for a form.
TEST(EntryForm, OddPatternsTakeNothing) {
  EntryForm empty_etag;
  empty_etag.add_markup("<Contents><Key>");
  empty_etag.add_text(EntrySlot::kKey, "k");
  empty_etag.add_markup("</Key><ETag>");
  empty_etag.add_text(EntrySlot::kETag, "");
  empty_etag.add_markup("</ETag><Size>");
  empty_etag.add_text(EntrySlot::kSize, "7");
  empty_etag.add_markup("</Size></Contents>");
  empty_etag.finish();
  Taken entry;
  EXPECT_FALSE(
      takes(empty_etag, "<Contents><Key>k</Key><ETag></ETag><Size>7</Size></Contents>", entry));
}

// Times come from fixed places, too: whatever stands there is read as parse_iso8601() reads it.
TEST(ListTimes, ReadAsParseIso8601Does) {
  std::mt19937_64 random(7);
  ListTimes times;
  constexpr std::string_view kBytes = "0123456789:-.TtZz \x80/";
  for (int i = 0; i < 300'000; ++i) {
    std::string text = fmt::format("20{:02}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", random() % 2,
                                   random() % 3, random() % 4, random() % 26, random() % 62,
                                   random() % 62, random() % 2 * (random() % 1000));
    if (random() % 4 == 0) text[random() % text.size()] = kBytes[random() % kBytes.size()];
    WallTime time;
    const bool read = times.read(text, time);
    const auto wanted = parse_iso8601(text);
    ASSERT_EQ(read, wanted.has_value()) << text;
    if (read) {
      ASSERT_EQ(time, *wanted) << text;
    }
  }
}

}  // namespace
}  // namespace s3ferry::s3
