#include "aws/config_file.h"

#include <gtest/gtest.h>

#include "runtime/fake_host.h"

namespace s3ferry::aws {
namespace {

ConfigFiles parse(std::string_view config, std::string_view credentials = "") {
  auto files = parse_config_files(config, credentials);
  EXPECT_TRUE(files) << files.error().message();
  return files ? std::move(*files) : ConfigFiles();
}

std::string value(const ConfigFiles& files, const std::string& profile, const std::string& name) {
  const Section* section = files.profile(profile);
  return section == nullptr ? "(no profile)" : section->get(name).value_or("(none)");
}

std::string error_of(std::string_view config) {
  const auto files = parse_config_files(config, "", "/c/config");
  if (files) return "";
  EXPECT_TRUE(files.error().is(ErrorKind::kConfig));
  return files.error().message();
}

TEST(ConfigFile, CredentialsFileWinsPropertyByProperty) {
  const auto files = parse("[profile a]\nx = 1\ny = 1\n", "[a]\ny = 2\n");
  EXPECT_EQ(value(files, "a", "x"), "1");
  EXPECT_EQ(value(files, "a", "y"), "2");
  EXPECT_TRUE(files.profile("a")->find("y")->from_credentials_file);
  EXPECT_FALSE(files.profile("a")->find("x")->from_credentials_file);
}

TEST(ConfigFile, NestedBlocks) {
  const auto files = parse(
      "[default]\ns3 =\n  addressing_style = path\n  # a comment line\n\n"
      "  Max_Concurrent_Requests=20\nregion = eu-west-1\n");
  const Section& section = *files.profile("default");
  EXPECT_EQ(section.nested("s3", "addressing_style")->text, "path");
  EXPECT_EQ(section.nested("s3", "max_concurrent_requests")->text, "20");
  EXPECT_FALSE(section.nested("s3", "region"));
  EXPECT_FALSE(section.nested("region", "x"));
  EXPECT_EQ(section.get("region"), "eu-west-1");
}

TEST(ConfigFile, IndentedSectionsAsTheCliReadsThem) {
  const auto files = parse("[default]\n  region = r\n  s3 =\n    a = b\n  output = json\n");
  EXPECT_EQ(value(files, "default", "region"), "r");
  EXPECT_EQ(value(files, "default", "output"), "json");
  EXPECT_EQ(files.profile("default")->nested("s3", "a")->text, "b");
}

TEST(ConfigFile, QuotedNamesAndColons) {
  const auto files = parse("[profile \"my prod\"]\nregion: eu-west-1\n[services 'x']\ns3 =\n a=b");
  EXPECT_EQ(value(files, "my prod", "region"), "eu-west-1");
  EXPECT_EQ(files.services.count("x"), 1U);
}

TEST(ConfigFile, ValuesKeepEqualSignsAndAdjacentMarks) {
  const auto files = parse("[default]\na = b=c\nd = e#f;g\nh = i ;j\n");
  EXPECT_EQ(value(files, "default", "a"), "b=c");
  EXPECT_EQ(value(files, "default", "d"), "e#f;g");
  EXPECT_EQ(value(files, "default", "h"), "i");
}

TEST(ConfigFile, ByteOrderMarkAndCarriageReturns) {
  EXPECT_EQ(value(parse("\xEF\xBB\xBF[default]\r\na = b\r\n"), "default", "a"), "b");
}

TEST(ConfigFile, ErrorsNameFileAndLine) {
  EXPECT_EQ(error_of("[default]\n\nnonsense\n").substr(0, 12), "/c/config:3:");
  EXPECT_EQ(error_of("a = b\n").substr(0, 12), "/c/config:1:");
  EXPECT_EQ(error_of("[default\n").substr(0, 12), "/c/config:1:");
  EXPECT_EQ(error_of("[default] x\n").substr(0, 12), "/c/config:1:");
  EXPECT_EQ(error_of("[a]\n = b\n").substr(0, 12), "/c/config:2:");
  EXPECT_EQ(error_of("[a]\ns3 =\n  b\n").substr(0, 12), "/c/config:3:");
}

TEST(ConfigFile, ErrorsQuoteNothingOfTheLine) {
  EXPECT_EQ(error_of("[default]\nMARKERSECRET\n").find("MARKERSECRET"), std::string::npos);
}

TEST(ConfigFile, ActiveProfile) {
  FakeHost host;
  EXPECT_EQ(active_profile(host, std::nullopt), "default");
  host.environment["AWS_DEFAULT_PROFILE"] = "old";
  EXPECT_EQ(active_profile(host, std::nullopt), "old");
  host.environment["AWS_PROFILE"] = "env";
  EXPECT_EQ(active_profile(host, std::nullopt), "env");
  EXPECT_EQ(active_profile(host, "named"), "named");
}

TEST(ConfigFile, UnreadableFileIsAConfigurationError) {
  FakeHost host;
  host.environment["HOME"] = "/h";
  host.file_errors.emplace("/h/.aws/config", Error(ErrorKind::kIo, "cannot read it"));
  const auto files = load_config_files(host);
  ASSERT_FALSE(files);
  EXPECT_TRUE(files.error().is(ErrorKind::kConfig));
}

}  // namespace
}  // namespace s3ferry::aws
