#include "aws/process_credentials.h"

#include <gtest/gtest.h>

#include "runtime/fake_host.h"
#include "runtime/virtual_runtime.h"

namespace s3ferry::aws {
namespace {

using Words = std::vector<std::string>;
constexpr const char* kMarker = "MARKER-fake-secret";

TEST(SplitWords, AsAShellWouldButNothingIsExpanded) {
  EXPECT_EQ(*split_words("a  b\tc"), (Words{"a", "b", "c"}));
  EXPECT_EQ(*split_words(R"(p 'a b' "c d"e f\ g)"), (Words{"p", "a b", "c de", "f g"}));
  EXPECT_EQ(*split_words(R"("a\"b\\c\d" 'e\f' '')"), (Words{"a\"b\\c\\d", "e\\f", ""}));
  EXPECT_EQ(*split_words("a | b $HOME > c #d"), (Words{"a", "|", "b", "$HOME", ">", "c", "#d"}));
  EXPECT_TRUE(split_words("  ")->empty());
  EXPECT_FALSE(split_words("a 'b"));
  EXPECT_FALSE(split_words("a \"b"));
  EXPECT_FALSE(split_words("a \\"));
}

class ProcessTest : public testing::Test {
 protected:
  Result<Credentials> run(Result<ProcessOutput> output,
                          std::string command = "/bin/tool --key MARKER-fake-secret") {
    host_.process = [output](const Words&) { return output; };
    return runtime_.run(process_credentials(host_, std::move(command), "p", "111122223333"));
  }
  VirtualRuntime runtime_{1};
  FakeHost host_;
};

TEST_F(ProcessTest, ReadsWhatItPrints) {
  const auto got = run(ProcessOutput(0,
                                     R"({"Version":1,"AccessKeyId":"AKIAFAKE",
      "SecretAccessKey":"s","SessionToken":"t","Expiration":"2024-10-05T00:00:00Z"})",
                                     ""));
  ASSERT_TRUE(got) << got.error().message();
  EXPECT_EQ(host_.started.at(0), (Words{"/bin/tool", "--key", kMarker}));
  EXPECT_EQ(got->access_key_id, "AKIAFAKE");
  EXPECT_EQ(got->session_token.reveal(), "t");
  EXPECT_EQ(got->account_id, "111122223333");
  EXPECT_EQ(format_iso8601(*got->expires), "2024-10-05T00:00:00Z");
}

TEST_F(ProcessTest, FailuresNameTheProgramAndQuoteNothing) {
  const std::string marker = kMarker;
  const std::vector<Result<ProcessOutput>> outputs{
      ProcessOutput(1, marker, marker),
      ProcessOutput(0, marker, marker),
      ProcessOutput(0, "{\"SecretAccessKey\":\"" + marker + "\"}", ""),
      ProcessOutput(0, "{\"Version\":1,\"SecretAccessKey\":\"" + marker + "\"}", ""),
      ProcessOutput(0, "{\"Version\":2,\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"b\"}", ""),
      ProcessOutput(0,
                    "{\"Version\":1,\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"" + marker +
                        "\",\"Expiration\":\"soon\"}",
                    ""),
      fail(ErrorKind::kTimeout, "the program /bin/tool did not end within 300 s")};
  for (const auto& output : outputs) {
    const auto got = run(output);
    ASSERT_FALSE(got);
    EXPECT_TRUE(got.error().is(ErrorKind::kCredentials));
    EXPECT_EQ(got.error().describe().find(kMarker), std::string::npos) << got.error().describe();
    EXPECT_NE(got.error().message().find("profile p"), std::string::npos);
  }
  EXPECT_TRUE(run(ProcessOutput(), "'oops").error().is(ErrorKind::kConfig));
}

}  // namespace
}  // namespace s3ferry::aws
