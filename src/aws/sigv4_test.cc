#include "aws/sigv4.h"

#include <gtest/gtest.h>

namespace s3ferry::aws {
namespace {

// The vectors prove the arithmetic; here stand the ways that they do not go.

const Secret kSecret("obviously-fake-secret-key");
constexpr SigningScope kScope{"20260314T150926Z", "eu-west-1", "s3"};

struct Sample {
  std::string target = "/bucket/a%20key//x";
  std::vector<HeaderField> headers = {{"x-amz-date", "20260314T150926Z"},
                                      {"x-amz-content-sha256", kUnsignedPayload},
                                      {"X-Amz-Copy-Source", "/source/a%20key"},
                                      {"User-Agent", "one"}};
  SigningRequest view() const {
    SigningRequest request;
    request.method = "PUT";
    request.host = "localhost:9000";
    request.target = target;
    request.headers = headers;
    request.payload_hash = kUnsignedPayload;
    return request;
  }
};

ReceivedSignature received(Signer& signer, const Sample& sample) {
  const std::string text = signer.authorization(sample.view(), kScope, {"AKIDFAKE/x", kSecret});
  auto said = parse_authorization(text);
  EXPECT_TRUE(said) << text;
  said->amz_date = "20260314T150926Z";
  return *said;
}

TEST(SigV4, WhatIsSignedVerifies) {
  Signer signer;
  Sample sample;
  const auto said = received(signer, sample);
  EXPECT_EQ(said.access_key_id, "AKIDFAKE/x");
  EXPECT_EQ(said.region, "eu-west-1");
  EXPECT_TRUE(verify(signer, sample.view(), said, kSecret));
  EXPECT_FALSE(verify(signer, sample.view(), said, Secret("another")));
}

TEST(SigV4, AnyChangeToWhatWasSignedIsSeen) {
  Signer signer;
  const Sample sample;
  const auto said = received(signer, sample);
  Sample changed = sample;
  changed.target = "/bucket/a%20key/x";  // a slash less is another key
  EXPECT_FALSE(verify(signer, changed.view(), said, kSecret));
  changed = sample;
  changed.headers[2].second = "/source/other";
  EXPECT_FALSE(verify(signer, changed.view(), said, kSecret));
  changed.headers.erase(changed.headers.begin() + 2);
  EXPECT_FALSE(verify(signer, changed.view(), said, kSecret));
  SigningRequest other_host = sample.view();
  other_host.host = "elsewhere";
  EXPECT_FALSE(verify(signer, other_host, said, kSecret));
  auto other_day = said;
  other_day.amz_date = "20260315T150926Z";
  EXPECT_FALSE(verify(signer, sample.view(), other_day, kSecret));
}

TEST(SigV4, WhatProxiesChangeIsNotSigned) {
  Signer signer;
  Sample sample;
  const auto said = received(signer, sample);
  sample.headers[3].second = "two";
  EXPECT_TRUE(verify(signer, sample.view(), said, kSecret));
  EXPECT_EQ(said.signed_headers, "host;x-amz-content-sha256;x-amz-copy-source;x-amz-date");
}

TEST(SigV4, AnotherSpellingOfTheSamePathVerifies) {
  Signer signer;
  Sample sample;
  const auto said = received(signer, sample);
  sample.target = "/bu%63ket/a%20key//x";
  EXPECT_TRUE(verify(signer, sample.view(), said, kSecret));
}

TEST(SigV4, UnsignedAmzHeadersAreFound) {
  Sample sample;
  EXPECT_EQ(first_unsigned_amz_header(sample.view(), signed_header_names(sample.view())), "");
  EXPECT_EQ(first_unsigned_amz_header(sample.view(), "host;x-amz-date;x-amz-content-sha256"),
            "X-Amz-Copy-Source");
}

TEST(SigV4, APresignedTargetVerifiesAndItsExpiryIsBound) {
  Signer signer;
  Sample sample;
  sample.headers.clear();
  const std::string target =
      signer.presign(sample.view(), kScope, {"AKIDFAKE", kSecret}, Secret("to/ken=="), 300);
  ASSERT_TRUE(is_presigned(target));
  EXPECT_FALSE(is_presigned("/bucket?list-type=2"));
  auto said = parse_presigned(target);
  ASSERT_TRUE(said) << said.error().message();
  EXPECT_EQ(said->expires_seconds, 300);
  EXPECT_EQ(said->security_token, "to/ken==");
  sample.target = target;
  EXPECT_TRUE(verify(signer, sample.view(), *said, kSecret));
  const auto at = sample.target.find("Expires=300");
  sample.target.replace(at, 11, "Expires=900");
  EXPECT_FALSE(verify(signer, sample.view(), *parse_presigned(sample.target), kSecret));
}

TEST(SigV4, MalformedSignaturesAreRefused) {
  const std::string good =
      "AWS4-HMAC-SHA256 Credential=A/20260314/eu-west-1/s3/aws4_request, SignedHeaders=host, "
      "Signature=" +
      std::string(64, 'a');
  EXPECT_TRUE(parse_authorization(good));
  for (const std::string_view bad :
       {"", "AWS AKID:sig", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=A/b/c",
        "AWS4-ECDSA-P256-SHA256 Credential=A/20260314/s3/aws4_request"})
    EXPECT_FALSE(parse_authorization(bad)) << bad;
  std::string no_host = good;
  no_host.replace(no_host.find("=host"), 5, "=date");
  EXPECT_FALSE(parse_authorization(no_host));
  EXPECT_FALSE(parse_authorization(good.substr(0, good.size() - 1)));
  EXPECT_FALSE(parse_presigned("/x?X-Amz-Algorithm=AWS4-HMAC-SHA256"));
}

TEST(SigV4, KeysAreKeptByAllThatTheyDependOn) {
  Signer signer;
  const Sample sample;
  Signer fresh;
  // More than the cache holds, twice, so that keys are evicted and found again.
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 40; ++i) {
      const std::string region = "r" + std::to_string(i);
      const Secret secret("fake" + std::to_string(i % 3));
      const SigningScope scope{"20260314T150926Z", region, "s3"};
      const SigningKey key{"A", secret};
      EXPECT_EQ(signer.authorization(sample.view(), scope, key),
                fresh.authorization(sample.view(), scope, key));
      fresh = Signer();
    }
  }
}

TEST(SigV4, FieldsOfOtherNamesAreArrangedAnew) {
  Signer signer;
  const std::vector<std::vector<HeaderField>> requests = {
      {{"x-amz-date", "1"}, {"if-none-match", "*"}},
      {{"x-amz-date", "2"}, {"if-none-match", "*"}},
      {{"if-none-match", "*"}, {"x-amz-date", "3"}},
      {{"if-none-match", "*"}, {"x-amz-date", "3"}, {"A", " b  c "}},
      {{"if-none-match", "*"}},
      {},
      {{"a", "1"}, {"A", "2"}, {"a-b", "3"}, {"a", "4"}, {"host", "not this"}},
      {{"a", "1"}, {"a", "2"}, {"a-b", "3"}, {"A", "4"}, {"host", "not this"}},
      {{"Authorization", "old"}, {"User-Agent", "me"}},
  };
  for (const auto& headers : requests) {
    Sample sample;
    sample.headers = headers;
    const std::string names = signed_header_names(sample.view());
    EXPECT_EQ(signer.authorization(sample.view(), kScope, {"AKIDFAKE", kSecret}),
              Signer().authorization(sample.view(), kScope, {"AKIDFAKE", kSecret}))
        << names;
    auto said = received(signer, sample);
    EXPECT_EQ(said.signed_headers, names);
    EXPECT_TRUE(verify(signer, sample.view(), said, kSecret)) << names;
  }
  Sample repeated;
  repeated.headers = requests[6];
  EXPECT_EQ(signed_header_names(repeated.view()), "a;a-b;host");
  EXPECT_NE(canonical_request(repeated.view(), "a;a-b;host").find("a:1,2,4\na-b:3\n"),
            std::string::npos);
}

TEST(SigV4, ConstantTimeComparison) {
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_in_constant_time("abc", "ab"));
  EXPECT_TRUE(equal_in_constant_time("", ""));
}

TEST(SigV4, TheDateFollowsTheSecond) {
  Signer signer;
  const WallTime time = *parse_iso8601("2026-03-14T15:09:26.999Z");
  EXPECT_EQ(signer.amz_date(time), "20260314T150926Z");
  EXPECT_EQ(signer.amz_date(time + std::chrono::milliseconds(1)), "20260314T150927Z");
  EXPECT_EQ(signer.amz_date(time), "20260314T150926Z");
}

}  // namespace
}  // namespace s3ferry::aws
