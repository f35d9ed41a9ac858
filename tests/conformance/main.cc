// Registers each case once for each server, and the rows of the table of differences last.

#include <gtest/gtest.h>

#include "conformance/server.h"

namespace s3ferry::testing {
namespace {

class CaseTest : public ::testing::Test {
 public:
  CaseTest(Case which, Server& (*server)()) : case_(which), server_(server) {}
  void TestBody() override {
    Server& server = server_();
    server.runtime().run(case_.run(server));
  }

 private:
  Case case_;
  Server& (*server_)();
};

void add(const char* suite, Server& (*server)()) {
  for (const Case& each : all_cases())
    ::testing::RegisterTest(
        suite, each.name, nullptr, nullptr, __FILE__, __LINE__,
        [each, server]() -> ::testing::Test* { return new CaseTest(each, server); });
}

class TableTest : public ::testing::Test {
 public:
  void TestBody() override {
    EXPECT_TRUE(unused_differences().empty())
        << unused_differences().size() << " rows of differences.cc are looked at by no case";
  }
};

}  // namespace
}  // namespace s3ferry::testing

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  s3ferry::testing::add("Simulator", &s3ferry::testing::simulated_server);
  s3ferry::testing::add("Gateway", &s3ferry::testing::gateway_server);
  if (GTEST_FLAG_GET(filter) == "*")
    ::testing::RegisterTest("Table", "EveryRowIsUsed", nullptr, nullptr, __FILE__, __LINE__,
                            []() -> ::testing::Test* { return new s3ferry::testing::TableTest; });
  return RUN_ALL_TESTS();
}
