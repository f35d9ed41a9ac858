#include "runtime/host.h"

#include <csignal>
#include <filesystem>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/fake_host.h"
#include "runtime/real_runtime.h"

namespace s3ferry {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class RealHostTest : public testing::Test {
 protected:
  RealHostTest() {
    char name[] = "/tmp/s3ferry-host-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  ~RealHostTest() override { std::filesystem::remove_all(folder_); }
  Result<ProcessOutput> run(std::vector<std::string> argv, Duration limit = seconds(20)) {
    return runtime_.run(host_.run_process(std::move(argv), limit));
  }

  RealRuntime runtime_;
  RealHost host_{runtime_};
  std::string folder_;
};

TEST_F(RealHostTest, MissingFileIsNotAnError) {
  const auto text = host_.read_file(folder_ + "/none/here");
  ASSERT_TRUE(text);
  EXPECT_FALSE(*text);
}

TEST_F(RealHostTest, WritesForItsOwnerOnlyAndReplaces) {
  const std::string path = folder_ + "/a/b/token.json";
  ASSERT_TRUE(host_.write_file_private(path, "one"));
  ASSERT_TRUE(host_.write_file_private(path, std::string("two\0!", 5)));
  EXPECT_EQ(**host_.read_file(path), std::string("two\0!", 5));
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  ASSERT_EQ(::stat((folder_ + "/a").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0700U);
  // No temporary file is left.
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_ + "/a/b"), {}), 1);
}

TEST_F(RealHostTest, ReadingAFolderFails) {
  const auto text = host_.read_file(folder_);
  ASSERT_FALSE(text);
  EXPECT_TRUE(text.error().is(ErrorKind::kIo));
}

TEST_F(RealHostTest, ProcessGetsItsWordsUntouched) {
  const auto output = run({"printf", "%s|", "a b", "$HOME", "*", "'"});
  ASSERT_TRUE(output) << output.error().describe();
  EXPECT_EQ(output->out, "a b|$HOME|*|'|");
  EXPECT_EQ(output->exit_code, 0);
}

TEST_F(RealHostTest, ExitCodeAndStandardError) {
  const auto output = run({"sh", "-c", "echo out; echo err >&2; exit 7"});
  ASSERT_TRUE(output);
  EXPECT_EQ(output->out, "out\n");
  EXPECT_EQ(output->err, "err\n");
  EXPECT_EQ(output->exit_code, 7);
}

// Sockets of the HTTP client are open without O_CLOEXEC.
TEST_F(RealHostTest, ProcessInheritsNoFilesOfOurs) {
  const int ours = ::open("/dev/null", O_RDONLY);
  ASSERT_GE(ours, 3);
  const std::string number = std::to_string(ours);
  const auto output = run({"sh", "-c",
                           "[ -e /proc/self/fd/1 ] && echo one; [ -e /proc/self/fd/" + number +
                               " ] && echo ours; true"});
  ::close(ours);
  ASSERT_TRUE(output) << output.error().describe();
  EXPECT_EQ(output->out, "one\n");
}

TEST_F(RealHostTest, ProcessIsEndedByABrokenPipeAsUsual) {
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  const auto output = run({"sh", "-c", "kill -s PIPE $$; echo lives on"});
  std::signal(SIGPIPE, before);
  ASSERT_TRUE(output) << output.error().describe();
  EXPECT_EQ(output->out, "");
  EXPECT_EQ(output->exit_code, 128 + SIGPIPE);
}

TEST_F(RealHostTest, MissingProgram) {
  const auto output = run({"s3ferry-no-such-program"});
  ASSERT_FALSE(output);
  EXPECT_TRUE(output.error().is(ErrorKind::kIo));
  EXPECT_NE(output.error().message().find("s3ferry-no-such-program"), std::string::npos);
}

TEST_F(RealHostTest, KillsWhatDoesNotEnd) {
  const auto output = run({"sleep", "600"}, milliseconds(30));
  ASSERT_FALSE(output);
  EXPECT_TRUE(output.error().is(ErrorKind::kTimeout));
}

TEST_F(RealHostTest, KillsWhatClosedItsOutputAndDoesNotEnd) {
  const auto output = run({"sh", "-c", "exec sleep 600 >&- 2>&-"}, milliseconds(60));
  ASSERT_FALSE(output);
  EXPECT_TRUE(output.error().is(ErrorKind::kTimeout));
}

TEST_F(RealHostTest, TooMuchOutput) {
  const auto output = run({"head", "-c", "2000000", "/dev/zero"});
  ASSERT_FALSE(output);
  EXPECT_TRUE(output.error().is(ErrorKind::kTooLarge));
}

TEST(Host, ExpandsHome) {
  FakeHost host;
  EXPECT_EQ(host.expand_home("~/.aws/config"), "~/.aws/config");
  host.environment["HOME"] = "/home/u";
  EXPECT_EQ(host.expand_home("~/.aws/config"), "/home/u/.aws/config");
  EXPECT_EQ(host.expand_home("~"), "/home/u");
  EXPECT_EQ(host.expand_home("~other/x"), "~other/x");
  EXPECT_EQ(host.expand_home("/a/~"), "/a/~");
}

}  // namespace
}  // namespace s3ferry
