#include "cli/task_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/durations.h"

namespace s3ferry {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> words(std::string_view line) {
  auto split = split_words(line);
  EXPECT_TRUE(split) << line;
  return split.value_or(std::vector<std::string>{"?"});
}

TEST(SplitWords, ReadsAsAShellDoes) {
  EXPECT_THAT(words("sync  s3://a\ts3://b \r"), ElementsAre("sync", "s3://a", "s3://b"));
  EXPECT_THAT(words("  # a comment"), IsEmpty());
  EXPECT_THAT(words("a #b"), ElementsAre("a"));
  EXPECT_THAT(words("a#b"), ElementsAre("a#b"));
  EXPECT_THAT(words("'a b' \"c \\\" \\d\" e\\ f ''"), ElementsAre("a b", "c \" \\d", "e f", ""));
  EXPECT_THAT(words("--exclude='*.tmp'x"), ElementsAre("--exclude=*.tmpx"));
  EXPECT_THAT(words("s3://\xED\x95\x9C"), ElementsAre("s3://\xED\x95\x9C"));
  EXPECT_FALSE(split_words("'a"));
  EXPECT_FALSE(split_words("\"a\\\""));
}

TEST(ParseDuration, WantsUnits) {
  EXPECT_EQ(parse_duration("90s"), Duration(90s));
  EXPECT_EQ(parse_duration("1h30m"), Duration(90min));
  EXPECT_EQ(parse_duration("2d"), Duration(48h));
  for (const char* bad : {"", "10", "h", "10x", "1m1h", "0s", "-1s", "1.5h", "400d", "1h "})
    EXPECT_FALSE(parse_duration(bad)) << bad;
}

TEST(ParseTaskList, NamesAndNumbersItsTasks) {
  Options run;
  run.log_dir = "logs";
  run.log_dir_given = true;
  const auto tasks = parse_task_list(
      "# nightly\n\nsync s3://a s3://b --delete\n  s3ferry verify s3://c s3://d --task mine\n",
      "lists/nightly.tasks", run);
  ASSERT_TRUE(tasks) << tasks.error().message();
  ASSERT_EQ(tasks->size(), 2U);
  EXPECT_EQ((*tasks)[0].line, 3U);
  EXPECT_EQ((*tasks)[0].options.task, "nightly 1");
  EXPECT_EQ((*tasks)[0].options.log_dir, "logs");
  EXPECT_TRUE((*tasks)[0].options.sync.delete_extras);
  EXPECT_EQ((*tasks)[1].number, 2U);
  EXPECT_EQ((*tasks)[1].options.command, Command::kVerify);
  EXPECT_EQ((*tasks)[1].options.task, "mine");
}

std::string refusal(std::string_view text) {
  const auto tasks = parse_task_list(text, "nightly", Options());
  return tasks ? "taken" : tasks.error().message();
}

TEST(ParseTaskList, SaysWhichLineIsWrong) {
  EXPECT_THAT(refusal("sync s3://a s3://b\nsync s3://a s3://b --delte\n"),
              AllOf(HasSubstr("nightly line 2"), HasSubstr("did you mean --delete?")));
  EXPECT_THAT(refusal("sync 's3://a s3://b"), HasSubstr("nightly line 1: a quote"));
  EXPECT_THAT(refusal("ls s3://a"), HasSubstr("begins with sync or verify"));
  EXPECT_THAT(refusal("sync a s3://b"), HasSubstr("write s3://a"));
  EXPECT_THAT(refusal("sync s3://a"), HasSubstr("two places"));
  EXPECT_THAT(refusal("sync --help"), HasSubstr("--help"));
  EXPECT_THAT(refusal("# nothing\n\n"), HasSubstr("holds no task"));
  EXPECT_THAT(refusal("sync s3://a s3://b --task x\n\nsync s3://c s3://d --task x\n"),
              AllOf(HasSubstr("nightly line 3"), HasSubstr("'x' is the name of line 1")));
}

}  // namespace
}  // namespace s3ferry
