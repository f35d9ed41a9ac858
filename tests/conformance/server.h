#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "conformance/differences.h"
#include "runtime/runtime.h"
#include "s3/target_bucket.h"
#include "support/identity.h"

namespace s3ferry::testing {

// An S3 with two accounts, `a` and `b`, whose users may do anything with their own buckets.
class Server {
 public:
  virtual ~Server() = default;
  virtual Runtime& runtime() = 0;
  virtual Identity& a() = 0;
  virtual Identity& b() = 0;
  virtual std::string principal_of_a() const = 0;  // as a bucket policy names it
  virtual std::string principal_of_b() const = 0;
  // A user with a known key id and a wrong secret, and one whose key id nobody has.
  virtual Identity& wrong_secret() = 0;
  virtual Identity& unknown_key() = 0;

  // A new, empty bucket of `owner`.
  Task<Result<s3::TargetBucket*>> new_bucket(Identity& owner);
  // Does this server differ from AWS here? Marks the row as used.
  bool differs(Difference difference);

 protected:
  explicit Server(bool has_differences) : has_differences_(has_differences) {}

 private:
  bool has_differences_;
  std::vector<std::unique_ptr<s3::TargetBucket>> buckets_;
};

// Lives until the program ends. The gateway's throws where there is none.
Server& simulated_server();
Server& gateway_server();

struct Case {
  const char* name;
  Task<void> (*run)(Server& server);
};
std::vector<Case>& all_cases();
bool add_case(Case added);
std::vector<Difference> unused_differences();

// What most cases need.
Task<Result<std::string>> read_object(s3::TargetBucket& bucket, ObjectKey key);
Task<Result<std::vector<std::string>>> list_keys(s3::TargetBucket& bucket);
Task<Result<ETag>> put_text(s3::TargetBucket& bucket, std::string key, std::string body);
// Allows `principal` all of `actions` (comma-separated) on the bucket and its objects.
std::string allow_policy(const std::string& bucket, const std::string& principal,
                         const std::string& actions);

}  // namespace s3ferry::testing

// A case is a coroutine over one server; it runs once against each.
#define CONFORMANCE(Name)                                                         \
  static ::s3ferry::Task<void> conformance_##Name(::s3ferry::testing::Server& s); \
  static const bool registered_##Name =                                           \
      ::s3ferry::testing::add_case({#Name, &conformance_##Name});                 \
  static ::s3ferry::Task<void> conformance_##Name([[maybe_unused]] ::s3ferry::testing::Server& s)

// ASSERT_… returns, which a coroutine cannot.
#define NEEDS(result)                                                \
  if (!(result)) {                                                   \
    ADD_FAILURE() << #result << ": " << (result).error().describe(); \
    co_return;                                                       \
  }                                                                  \
  static_assert(true)

#define EXPECT_FAILS(result, expected_kind)                                 \
  if ((result)) {                                                           \
    ADD_FAILURE() << #result << " succeeded";                               \
  } else                                                                    \
    EXPECT_EQ(to_string((result).error().kind()), to_string(expected_kind)) \
        << (result).error().describe()
