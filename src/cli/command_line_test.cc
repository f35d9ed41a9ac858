#include "cli/command_line.h"

#include <gtest/gtest.h>

#include "cli/option_table.h"

namespace s3ferry {
namespace {

std::vector<std::string> sync_with(std::vector<std::string> more) {
  std::vector<std::string> all = {"sync", "s3://a", "s3://b"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

Options parse(std::vector<std::string> arguments) {
  Result<Options> options = parse_command_line(arguments);
  EXPECT_TRUE(options) << options.error().message();
  return options ? *options : Options();
}

std::string refusal(std::vector<std::string> arguments) {
  Result<Options> options = parse_command_line(arguments);
  if (options) return "(accepted)";
  EXPECT_EQ(options.error().kind(), ErrorKind::kUsage);
  EXPECT_EQ(options.error().message().find('\n'), std::string::npos);
  return options.error().message();
}

TEST(CommandLine, FiltersKeepTheirOrderAcrossBothFlags) {
  const Options o = parse(sync_with({"--exclude", "*", "--include", "*.txt", "--exclude", "x[a-c]",
                                     "--include", "[ab]", "--exclude", ""}));
  EXPECT_EQ(o.sync.filters.describe(),
            "--exclude '*' --include '*.txt' --exclude 'x[a-c]' --include '[ab]' --exclude ''");
  EXPECT_TRUE(o.sync.filters.includes("n.txt"));
  EXPECT_FALSE(o.sync.filters.includes("xb"));
  EXPECT_TRUE(o.sync.filters.includes("a"));
}

TEST(CommandLine, OfARepeatedFlagTheLastWins) {
  const Options o = parse(
      sync_with({"--max-delete", "100%", "--compare=aws", "--concurrency", "4", "--max-delete", "3",
                 "--compare", "size", "--concurrency=9", "--profile", "a", "--profile", "b"}));
  EXPECT_EQ(o.sync.max_delete.count, 3U);
  EXPECT_FALSE(o.sync.max_delete.percent);
  EXPECT_EQ(o.sync.compare.mode, CompareMode::kSize);
  EXPECT_EQ(o.sync.concurrency, 9U);
  EXPECT_EQ(o.common.profile, "b");
}

TEST(CommandLine, FlagsMayStandAnywhere) {
  const Options o =
      parse({"--profile", "p", "sync", "--delete", "s3://a/x", "--dry-run", "s3://b/y"});
  EXPECT_EQ(o.command, Command::kSync);
  EXPECT_EQ(o.operands, (std::vector<std::string>{"s3://a/x", "s3://b/y"}));
  EXPECT_TRUE(o.sync.delete_extras);
  EXPECT_TRUE(o.sync.dry_run);
}

TEST(CommandLine, AMisspeltFlagIsAnsweredWithTheNearestOne) {
  EXPECT_EQ(refusal(sync_with({"--exlcude", "*"})),
            "unknown flag --exlcude; did you mean --exclude?");
  EXPECT_EQ(refusal(sync_with({"--delet"})), "unknown flag --delet; did you mean --delete?");
  EXPECT_EQ(refusal(sync_with({"--storageclass=X"})),
            "unknown flag --storageclass; did you mean --storage-class?");
  EXPECT_EQ(refusal(sync_with({"--zzzzzzzzzzzz"})),
            "unknown flag --zzzzzzzzzzzz; `s3ferry help sync` lists them all");
  EXPECT_EQ(refusal({"snyc", "s3://a", "s3://b"}), "unknown command 'snyc'; did you mean sync?");
}

TEST(CommandLine, WhatCannotBeHonouredIsRefusedWithItsReason) {
  for (const Flag& flag : refused_flags()) {
    std::vector<std::string> more = {std::string(flag.name)};
    if (!flag.value.empty()) more.push_back("value");
    const std::string why = refusal(sync_with(more));
    EXPECT_NE(why.find("cannot be honoured: "), std::string::npos) << flag.name << ": " << why;
  }
  EXPECT_NE(
      refusal(sync_with({"--content-type", "text/plain"})).find("--metadata-directive REPLACE"),
      std::string::npos);
  EXPECT_NE(refusal({"ls", "--delete"}).find("means nothing to ls"), std::string::npos);
}

TEST(CommandLine, ValuesAreChecked) {
  EXPECT_NE(refusal(sync_with({"--max-delete", "-1"})), "(accepted)");
  EXPECT_NE(refusal(sync_with({"--max-delete", "101%"})), "(accepted)");
  EXPECT_NE(refusal(sync_with({"--max-delete", "nan%"})), "(accepted)");
  EXPECT_NE(refusal(sync_with({"--page-size", "0"})), "(accepted)");
  EXPECT_NE(refusal(sync_with({"--page-size", "1001"})), "(accepted)");
  EXPECT_NE(refusal(sync_with({"--check-threshold", "0"})), "(accepted)");
  EXPECT_NE(refusal(sync_with({"--check-threshold", "1.01"})), "(accepted)");
  EXPECT_NE(refusal(sync_with({"--task", "a/b"})), "(accepted)");
  EXPECT_NE(refusal(sync_with({"--task", ".."})), "(accepted)");
  EXPECT_NE(refusal(sync_with({"--acl", "everyone"})), "(accepted)");
  EXPECT_NE(refusal(sync_with({"--delete=maybe"})), "(accepted)");
  EXPECT_EQ(refusal(sync_with({"--exclude"})), "--exclude needs a value: --exclude PATTERN");
  EXPECT_NE(refusal(sync_with({"--endpoint-url", "http://user:hunter2@h"})).find("--endpoint-url"),
            std::string::npos);
  EXPECT_EQ(refusal(sync_with({"--endpoint-url", "http://user:hunter2@h"})).find("hunter2"),
            std::string::npos);
  EXPECT_DOUBLE_EQ(parse(sync_with({"--check-threshold", "95%"})).check.threshold, 0.95);
  EXPECT_DOUBLE_EQ(parse(sync_with({"--check-threshold", "0.95"})).check.threshold, 0.95);
  EXPECT_EQ(parse(sync_with({"--max-delete", "2.5%"})).sync.max_delete.percent, 2.5);
}

TEST(CommandLine, FlagsWithOptionalValuesAsTheAwsCliHasThem) {
  EXPECT_EQ(parse({"sync", "--sse", "s3://a", "s3://b"}).sync.attributes.sse, "AES256");
  EXPECT_EQ(parse(sync_with({"--sse", "aws:kms"})).sync.attributes.sse, "aws:kms");
  const Options o = parse({"sync", "--request-payer", "requester", "s3://a", "s3://b"});
  EXPECT_TRUE(o.request_payer);
  EXPECT_EQ(o.operands.size(), 2U);
  EXPECT_TRUE(parse({"ls", "--request-payer", "s3://a"}).request_payer);
}

TEST(CommandLine, MetadataMeansReplace) {
  const Options o = parse(sync_with({"--metadata", "A=1,b=x=y", "--content-type", "text/css"}));
  EXPECT_TRUE(o.sync.attributes.replace_metadata);
  using Headers = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(
      o.sync.attributes.replacement_headers,
      (Headers{{"x-amz-meta-a", "1"}, {"x-amz-meta-b", "x=y"}, {"content-type", "text/css"}}));
}

TEST(CommandLine, PlacesAreCounted) {
  EXPECT_NE(refusal({"sync", "s3://a"}).find("needs two places"), std::string::npos);
  EXPECT_NE(refusal({"sync", "s3://a", "s3://b", "s3://c"}).find("a third"), std::string::npos);
  EXPECT_NE(refusal({}).find("no command"), std::string::npos);
  EXPECT_NE(refusal({"s3://a", "s3://b"}).find("which command"), std::string::npos);
}

TEST(CommandLine, LogFlagsNeedATask) {
  EXPECT_NE(refusal(sync_with({"--log-dir", "d"})).find("--task"), std::string::npos);
  EXPECT_NE(refusal(sync_with({"--log-objects"})).find("--task"), std::string::npos);
}

TEST(Help, EveryFlagStandsInTheHelpOfItsCommands) {
  for (const Flag& flag : option_table()) {
    for (const Command command : {Command::kSync, Command::kVerify, Command::kLs}) {
      const bool expected = !flag.group.empty() && (flag.commands & command_bit(command)) != 0;
      const std::string name = "  " + std::string(flag.long_name());
      const std::string text = help_text(command);
      const bool shown = text.find(name + " ") != std::string::npos ||
                         text.find(name + "\n") != std::string::npos ||
                         text.find(" " + name.substr(2) + " ") != std::string::npos;
      if (expected) EXPECT_TRUE(shown) << flag.name;
    }
  }
  EXPECT_EQ(parse({"--help"}).command, Command::kHelp);
  EXPECT_EQ(parse({"sync", "--help"}).help_topic, Command::kSync);
  EXPECT_EQ(parse({"help", "ls"}).help_topic, Command::kLs);
  EXPECT_EQ(parse({"--version"}).command, Command::kVersion);
}

TEST(Location, APrefixMeansAFolder) {
  EXPECT_EQ(parse_location("SOURCE", "s3://b/pre")->prefix, "pre/");
  EXPECT_EQ(parse_location("SOURCE", "s3://b/pre/")->prefix, "pre/");
  EXPECT_EQ(parse_location("SOURCE", "s3://b")->prefix, "");
  EXPECT_EQ(parse_location("SOURCE", "s3://b/")->prefix, "");
  EXPECT_EQ(parse_location("SOURCE", "s3://b//x")->prefix, "/x/");
}

TEST(Location, WrongOnesAreToldWhatIsMissing) {
  const auto missing = parse_location("SOURCE", "photos/2024");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message(),
            "SOURCE 'photos/2024' does not begin with s3://; write s3://photos/2024");
  EXPECT_FALSE(parse_location("SOURCE", "s3://"));
  EXPECT_FALSE(parse_location("SOURCE", "s3:///x"));
  EXPECT_FALSE(parse_location("SOURCE", "s3://a b/x"));
  EXPECT_FALSE(parse_location("SOURCE", "s3://arn:aws:s3:::x/y"));
  EXPECT_FALSE(parse_location("SOURCE", "https://b.s3.amazonaws.com/"));
}

}  // namespace
}  // namespace s3ferry
