#include "report/time_zone.h"

#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

namespace s3ferry {
namespace {

Result<std::string> read_real_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(ErrorKind::kIo, "cannot read " + path);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

Result<std::string> no_file(const std::string& path) {
  return fail(ErrorKind::kIo, "no " + path);
}

std::string shown(const TimeZone& zone, std::string_view utc) {
  const LocalTime t = zone.at(parse_iso8601(utc).value());
  return format_local(t) + " " + format_offset(t);
}

TEST(TimeZone, UtcNeedsNoFile) {
  const auto zone = load_time_zone("UTC", no_file);
  ASSERT_TRUE(zone);
  EXPECT_EQ(shown(*zone, "2026-11-22T19:10:28Z"), "2026-11-22 19:10:28 +00:00");
}

TEST(TimeZone, SeoulIsNineHoursAheadAndDatesRollOver) {
  const auto zone = load_time_zone("Asia/Seoul", read_real_file);
  ASSERT_TRUE(zone) << zone.error().message();
  EXPECT_EQ(shown(*zone, "2026-11-22T14:59:59Z"), "2026-11-22 23:59:59 +09:00");
  EXPECT_EQ(shown(*zone, "2026-11-22T15:00:00Z"), "2026-11-23 00:00:00 +09:00");
  EXPECT_EQ(format_date_digits(zone->at(*parse_iso8601("2026-12-31T15:00:00Z"))), "20270101");
}

TEST(TimeZone, DaylightSavingInBothHemispheresAndBeyondTheTable) {
  const auto york = load_time_zone("America/New_York", read_real_file);
  ASSERT_TRUE(york);
  EXPECT_EQ(shown(*york, "2026-03-08T06:59:59Z"), "2026-03-08 01:59:59 -05:00");
  EXPECT_EQ(shown(*york, "2026-03-08T07:00:00Z"), "2026-03-08 03:00:00 -04:00");
  EXPECT_EQ(shown(*york, "2050-07-01T00:00:00Z"), "2050-06-30 20:00:00 -04:00");
  EXPECT_EQ(shown(*york, "2050-11-06T05:59:59Z"), "2050-11-06 01:59:59 -04:00");
  EXPECT_EQ(shown(*york, "2050-11-06T06:00:00Z"), "2050-11-06 01:00:00 -05:00");
  const auto sydney = load_time_zone("Australia/Sydney", read_real_file);
  ASSERT_TRUE(sydney);
  EXPECT_EQ(shown(*sydney, "2060-01-01T00:00:00Z"), "2060-01-01 11:00:00 +11:00");
  EXPECT_EQ(shown(*sydney, "2060-07-01T00:00:00Z"), "2060-07-01 10:00:00 +10:00");
}

TEST(TimeZone, HalfHourAndNegativeDaylight) {
  const auto kolkata = load_time_zone("Asia/Kolkata", read_real_file);
  ASSERT_TRUE(kolkata);
  EXPECT_EQ(shown(*kolkata, "2045-01-01T00:00:00Z"), "2045-01-01 05:30:00 +05:30");
  const auto dublin = load_time_zone("Europe/Dublin", read_real_file);
  ASSERT_TRUE(dublin);
  EXPECT_EQ(shown(*dublin, "2060-07-01T00:00:00Z"), "2060-07-01 01:00:00 +01:00");
  EXPECT_EQ(shown(*dublin, "2060-01-01T00:00:00Z"), "2060-01-01 00:00:00 +00:00");
}

TEST(TimeZone, NamesStayInTheZoneFolder) {
  for (const char* name :
       {"", "/etc/passwd", "../../etc/passwd", "Asia/../../x", "a b", "Asia/Soul"}) {
    const auto zone = load_time_zone(name, read_real_file);
    ASSERT_FALSE(zone) << name;
    EXPECT_EQ(zone.error().kind(), ErrorKind::kUsage);
  }
}

TEST(TimeZone, DamagedFilesAreErrors) {
  const auto whole = read_real_file("/usr/share/zoneinfo/America/New_York");
  ASSERT_TRUE(whole);
  EXPECT_FALSE(TimeZone::parse("x", "hello"));
  for (std::size_t cut : {10U, 44U, 100U, 1000U})
    EXPECT_FALSE(TimeZone::parse("x", whole->substr(0, cut)));
}

TEST(TimeZone, LocalZoneFallsBackToUtc) {
  EXPECT_EQ(local_time_zone("", no_file)->name(), "UTC");
  EXPECT_EQ(local_time_zone("Asia/Seoul", read_real_file)->name(), "Asia/Seoul");
  EXPECT_EQ(local_time_zone(":Asia/Seoul", read_real_file)->name(), "Asia/Seoul");
  EXPECT_EQ(local_time_zone("/usr/share/zoneinfo/Asia/Seoul", read_real_file)->name(),
            "Asia/Seoul");
}

TEST(TimeZone, TzMaySpellAZoneOut) {
  const auto seoul = local_time_zone("KST-9", read_real_file);
  ASSERT_TRUE(seoul) << seoul.error().message();
  EXPECT_EQ(seoul->name(), "KST-9");
  EXPECT_EQ(shown(*seoul, "2026-11-22T15:00:00Z"), "2026-11-23 00:00:00 +09:00");
  const auto half = local_time_zone("<+0530>-5:30", no_file);
  ASSERT_TRUE(half);
  EXPECT_EQ(shown(*half, "2026-11-22T00:00:00Z"), "2026-11-22 05:30:00 +05:30");
  const auto york = local_time_zone("EST5EDT,M3.2.0,M11.1.0", no_file);
  ASSERT_TRUE(york);
  EXPECT_EQ(shown(*york, "2026-03-08T06:59:59Z"), "2026-03-08 01:59:59 -05:00");
  EXPECT_EQ(shown(*york, "2026-03-08T07:00:00Z"), "2026-03-08 03:00:00 -04:00");
}

TEST(TimeZone, AnUnknownTzIsNotTakenForUtc) {
  for (const char* tz : {"Mars/Phobos", "KST", "KST-99", "KST-9x", "EST5EDT9", "+9"}) {
    const auto zone = local_time_zone(tz, read_real_file);
    ASSERT_FALSE(zone) << tz;
    EXPECT_EQ(zone.error().kind(), ErrorKind::kConfig);
    EXPECT_NE(zone.error().message().find("--timezone Asia/Seoul"), std::string::npos);
  }
}

}  // namespace
}  // namespace s3ferry
