#include "cli/run_settings.h"

#include <map>
#include <set>

#include <gmock/gmock.h>

#include "cli/command_line.h"
#include "cli/option_table.h"

namespace s3ferry {
namespace {

using testing::HasSubstr;
using testing::Not;

Options parse(std::vector<std::string> more) {
  std::vector<std::string> arguments = {"sync", "s3://a", "s3://b"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const Result<Options> options = parse_command_line(arguments);
  EXPECT_TRUE(options) << options.error().message();
  return options ? *options : Options();
}
std::string settings(std::vector<std::string> more) {
  return run_settings(parse(std::move(more)));
}

TEST(RunSettings, DefaultsAreNotWrittenAndOrderDoesNotMatter) {
  EXPECT_EQ(settings({}), "");
  EXPECT_EQ(settings({"--compare", "aws", "--copy-as", "auto"}), "");
  EXPECT_EQ(settings({"--delete", "--compare", "etag"}),
            settings({"--compare", "etag", "--delete"}));
  EXPECT_EQ(settings({"--delete", "--compare", "etag"}), "--compare=etag\n--delete=yes\n");
}

TEST(RunSettings, FiltersKeepTheirOrder) {
  EXPECT_NE(settings({"--exclude", "*", "--include", "a"}),
            settings({"--include", "a", "--exclude", "*"}));
}

TEST(RunSettings, AValueCannotMakeALine) {
  EXPECT_EQ(settings({"--exclude", "a\n--delete=yes"}).find("\n--delete"), std::string::npos);
}

// What a sync may change between the tries of one run: see run_settings.h.
const std::set<std::string_view> kFree = {"--dryrun",
                                          "--shards",
                                          "--dry-run",  // no journal at all
                                          "--check",
                                          "--check-threshold",
                                          "--task",
                                          "--log-dir",
                                          "--timezone",
                                          "--log-objects",
                                          "--profile",
                                          "--source-profile",
                                          "--target-profile",
                                          "--region",
                                          "--source-region",
                                          "--target-region",
                                          "--endpoint-url",
                                          "--source-endpoint-url",
                                          "--target-endpoint-url",  // the identity
                                          "--ca-bundle",
                                          "--no-verify-ssl",
                                          "--json",
                                          "--quiet",
                                          "--only-show-errors",
                                          "--no-progress",
                                          "--debug",
                                          "--concurrency",
                                          "--list-concurrency",
                                          "--page-size",
                                          "--relay",  // a permission
                                          "--max-bandwidth",
                                          "--source-rps",
                                          "--target-rps",
                                          "--settle",
                                          "--max-duration",
                                          "--max-failures",
                                          "--state",
                                          "--no-journal",
                                          "--restart"};

// Values for flags whose help does not spell one out that changes anything.
const std::map<std::string_view, std::vector<std::string>> kSamples = {
    {"--exclude", {"x"}},
    {"--include", {"x"}},
    {"--compare", {"etag"}},
    {"--folder-markers", {"ignore"}},
    {"--max-delete", {"7"}},
    {"--copy-as", {"target"}},
    {"--acl", {"private"}},
    {"--storage-class", {"STANDARD_IA"}},
    {"--sse", {"aws:kms"}},
    {"--sse-kms-key-id", {"arn", "--sse", "aws:kms"}},
    {"--checksum-algorithm", {"SHA256"}},
    {"--metadata-directive", {"REPLACE"}},
    {"--metadata", {"a=b"}},
    {"--copy-props", {"none"}},
    {"--attributes", {"full"}},
    {"--etag", {"keep"}},
    {"--request-payer", {"requester"}},
    {"--part-size", {"16MiB"}},
    {"--multipart-threshold", {"64MiB"}}};

TEST(RunSettings, EveryFlagOfSyncIsInThemOrMayChange) {
  const std::string none = settings({});
  std::size_t tried = 0;
  std::set<std::string_view> refused;
  for (const Flag& flag : refused_flags()) refused.insert(flag.long_name());
  for (const Flag& flag : option_table()) {
    if ((flag.commands & kForSync) == 0 || kFree.contains(flag.long_name()) ||
        refused.contains(flag.long_name()))
      continue;
    std::vector<std::string> arguments = {std::string(flag.long_name())};
    if (const auto sample = kSamples.find(flag.long_name()); sample != kSamples.end())
      arguments.insert(arguments.end(), sample->second.begin(), sample->second.end());
    else if (!flag.value.empty())
      arguments.insert(arguments.end(), {"text", "--metadata-directive", "REPLACE"});
    const Result<Options> options = [&] {
      std::vector<std::string> line = {"sync", "s3://a", "s3://b"};
      line.insert(line.end(), arguments.begin(), arguments.end());
      return parse_command_line(line);
    }();
    ASSERT_TRUE(options) << flag.long_name()
                         << " needs a sample here: " << options.error().message();
    if (flag.long_name() != "--exact-timestamps") ++tried;
    EXPECT_NE(run_settings(*options), none)
        << flag.long_name() << " changes what a run does and must be in run_settings(), or belongs "
        << "into kFree of this test";
    if (!flag.value.empty() && flag.value != "PATTERN") {
      EXPECT_THAT(run_settings(*options),
                  HasSubstr(flag.long_name() == "--metadata" ? "--x-amz-meta-a"
                                                             : std::string(flag.long_name())));
    }
  }
  EXPECT_GT(tried, 25U);
}

TEST(TaskIdentity, IsPlacesAndServices) {
  const Location a{BucketName("photos"), "2024/"}, b{BucketName("copies"), ""};
  aws::EndpointParams seoul, tokyo, local;
  seoul.region = "ap-northeast-2";
  tokyo.region = "ap-northeast-1";
  local.endpoint_url = "http://127.0.0.1:9000";
  const std::string identity = task_identity(a, seoul, b, seoul);
  EXPECT_EQ(identity,
            "source=s3://photos/2024/\nsource service=aws\ntarget=s3://copies/\n"
            "target service=aws\n");
  EXPECT_EQ(identity, task_identity(a, tokyo, b, seoul));
  EXPECT_NE(identity, task_identity(a, seoul, b, local));
  EXPECT_NE(identity, task_identity(b, seoul, a, seoul));
  local.endpoint_url = "http://127.0.0.1:9000/";
  EXPECT_THAT(task_identity(a, seoul, b, local), HasSubstr("target service=http://127.0.0.1:9000"));
  EXPECT_THAT(task_folder(a, b, identity), testing::StartsWith("photos-2024_to_copies-"));
  EXPECT_NE(task_folder(a, b, identity), task_folder(a, b, task_identity(a, seoul, b, local)));
  const Location odd{BucketName("b"), "../~\n/" + std::string(900, 'x') + "/"};
  const std::string folder = task_folder(odd, odd, "");
  EXPECT_LT(folder.size(), 200U);
  EXPECT_EQ(folder.find_first_of("/~\n"), std::string::npos);
  EXPECT_FALSE(folder.starts_with('.'));
}

}  // namespace
}  // namespace s3ferry
