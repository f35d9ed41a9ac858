#include "s3/errors.h"

#include <gtest/gtest.h>

namespace s3ferry::s3 {
namespace {

Error error_of(int status, std::string_view code, std::string_view more = "",
               http::Headers headers = {}, std::string_view operation = "GetObject") {
  std::string body;
  if (!code.empty())
    body = "<Error><Code>" + std::string(code) + "</Code><Message>in the server's words</Message>" +
           std::string(more) + "<RequestId>R1</RequestId></Error>";
  return error_from_answer(operation, "k", status, headers, body);
}

struct Row {
  int status;
  const char* code;
  ErrorKind kind;
  bool retryable;
};

// s3-facts.md §4: what is retried, what never is.
TEST(Errors, CodesAndStatuses) {
  const Row rows[] = {
      {503, "SlowDown", ErrorKind::kThrottled, true},
      {503, "ServiceUnavailable", ErrorKind::kThrottled, true},
      {503, "", ErrorKind::kThrottled, true},
      {429, "", ErrorKind::kThrottled, true},
      {509, "BandwidthLimitExceeded", ErrorKind::kThrottled, true},
      {400, "ThrottlingException", ErrorKind::kThrottled, true},
      {400, "RequestThrottled", ErrorKind::kThrottled, true},
      {400, "TooManyRequestsException", ErrorKind::kThrottled, true},
      {503, "RequestLimitExceeded", ErrorKind::kThrottled, true},
      {400, "PriorRequestNotComplete", ErrorKind::kThrottled, true},
      {500, "InternalError", ErrorKind::kServer, true},
      {500, "", ErrorKind::kServer, true},
      {502, "", ErrorKind::kServer, true},
      {504, "", ErrorKind::kServer, true},
      {200, "InternalError", ErrorKind::kServer, true},
      {200, "SomethingNew", ErrorKind::kServer, true},
      {200, "AccessDenied", ErrorKind::kAccessDenied, false},
      {200, "InvalidRequest", ErrorKind::kInvalidRequest, false},
      {200, "InvalidPart", ErrorKind::kInvalidRequest, false},
      {400, "RequestTimeout", ErrorKind::kTimeout, true},
      {409, "OperationAborted", ErrorKind::kServer, true},
      {409, "ConditionalRequestConflict", ErrorKind::kServer, true},
      {409, "BucketAlreadyExists", ErrorKind::kConflict, false},
      {403, "AccessDenied", ErrorKind::kAccessDenied, false},
      {403, "", ErrorKind::kAccessDenied, false},
      {404, "NoSuchBucket", ErrorKind::kNoSuchBucket, false},
      {404, "NoSuchKey", ErrorKind::kNoSuchKey, false},
      {404, "NoSuchUpload", ErrorKind::kNoSuchUpload, false},
      {404, "", ErrorKind::kNoSuchKey, false},
      {404, "NoSuchTagSet", ErrorKind::kInvalidRequest, false},
      {400, "InvalidRequest", ErrorKind::kInvalidRequest, false},
      {412, "PreconditionFailed", ErrorKind::kPreconditionFailed, false},
      {412, "", ErrorKind::kPreconditionFailed, false},
      {403, "InvalidObjectState", ErrorKind::kArchived, false},
      {400, "AccessControlListNotSupported", ErrorKind::kInvalidRequest, false},
      {400, "KMS.DisabledException", ErrorKind::kInvalidRequest, false},
      {400, "BadDigest", ErrorKind::kInvalidRequest, false},
      {400, "EntityTooSmall", ErrorKind::kInvalidRequest, false},
      {400, "EntityTooLarge", ErrorKind::kTooLarge, false},
      {400, "ExpiredToken", ErrorKind::kExpiredCredentials, false},
      {403, "SignatureDoesNotMatch", ErrorKind::kCredentials, false},
      {403, "InvalidAccessKeyId", ErrorKind::kCredentials, false},
      {403, "RequestTimeTooSkewed", ErrorKind::kConfig, false},
      {405, "MethodNotAllowed", ErrorKind::kUnsupported, false},
      {501, "NotImplemented", ErrorKind::kUnsupported, false},
      {301, "PermanentRedirect", ErrorKind::kRedirect, false},
      {307, "TemporaryRedirect", ErrorKind::kRedirect, false},
      {400, "IllegalLocationConstraintException", ErrorKind::kRedirect, false},
      {416, "InvalidRange", ErrorKind::kInvalidRequest, false},
  };
  for (const Row& row : rows) {
    const Error error = error_of(row.status, row.code);
    EXPECT_EQ(error.kind(), row.kind) << row.status << ' ' << row.code << ": " << error.describe();
    EXPECT_EQ(error.is_retryable(), row.retryable) << row.status << ' ' << row.code;
    EXPECT_EQ(error.code(), row.code);
    EXPECT_EQ(error.http_status(), row.status);
  }
}

TEST(Errors, OneCodeTwoMeanings) {
  EXPECT_EQ(kind_of("ConditionalRequestConflict", 409, "CompleteMultipartUpload"),
            ErrorKind::kConflict);
  EXPECT_EQ(kind_of("", 404, "HeadBucket"), ErrorKind::kNoSuchBucket);
  EXPECT_EQ(kind_of("", 404, "ListObjectsV2"), ErrorKind::kNoSuchBucket);
  EXPECT_EQ(kind_of("", 404, "HeadObject"), ErrorKind::kNoSuchKey);
  EXPECT_EQ(kind_of("", 404, "AbortMultipartUpload"), ErrorKind::kNoSuchUpload);
}

TEST(Errors, RegionsAreTakenFromBodyAndHeader) {
  const Error malformed =
      error_of(400, "AuthorizationHeaderMalformed", "<Region>eu-central-1</Region>");
  EXPECT_EQ(malformed.kind(), ErrorKind::kRedirect);
  EXPECT_EQ(malformed.region(), "eu-central-1");
  EXPECT_EQ(error_of(400, "AuthorizationHeaderMalformed").kind(), ErrorKind::kCredentials);
  http::Headers headers;
  headers.add("x-amz-bucket-region", "ap-northeast-2");
  headers.add("x-amz-request-id", "R2");
  // HEAD in the wrong region: 400 or 301, no body.
  for (const int status : {301, 400}) {
    const Error bare = error_of(status, "", "", headers, "HeadBucket");
    EXPECT_EQ(bare.kind(), ErrorKind::kRedirect);
    EXPECT_EQ(bare.region(), "ap-northeast-2");
    EXPECT_EQ(bare.request_id(), "R2");
  }
  EXPECT_EQ(error_of(400, "", "", {}, "HeadBucket").kind(), ErrorKind::kInvalidRequest);
}

TEST(Errors, CopyOfMoreThanFiveGibibytes) {
  const Error error = error_from_answer(
      "CopyObject", "k", 400, {},
      "<Error><Code>InvalidRequest</Code><Message>The specified copy source is larger than the "
      "maximum allowable size for a copy source: 5368709120</Message></Error>");
  EXPECT_EQ(error.kind(), ErrorKind::kTooLarge);
}

TEST(Errors, AMarkerIsNoObject) {
  http::Headers headers;
  headers.add("x-amz-delete-marker", "true");
  EXPECT_EQ(error_of(405, "", "", headers, "HeadObject").kind(), ErrorKind::kNoSuchKey);
}

TEST(Errors, NothingSecretReachesTheMessage) {
  const Error error = error_from_answer(
      "GetObject", "k", 403, {},
      "<Error><Code>SignatureDoesNotMatch</Code><Message>no match for AKIAFAKEFAKEFAKEFAKE at "
      "https://h/k?X-Amz-Signature=0123abcd&amp;X-Amz-Security-Token=tokentoken</Message>"
      "<AWSAccessKeyId>ASIAFAKEFAKEFAKEFAKE</AWSAccessKeyId><StringToSign>AWS4-HMAC\nx"
      "</StringToSign><CanonicalRequest>GET\n/ token:tokentoken</CanonicalRequest>"
      "<SignatureProvided>0123abcd</SignatureProvided></Error>");
  for (const char* secret : {"AKIAFAKE", "ASIAFAKE", "0123abcd", "tokentoken", "AWS4-HMAC"})
    EXPECT_EQ(error.describe().find(secret), std::string::npos) << error.describe();
  EXPECT_NE(error.message().find("check the secret access key"), std::string::npos);
}

TEST(Errors, BodiesThatAreNoErrors) {
  for (const char* body : {"upstream connect error", "<html><body>no</body></html>", "<Error><Co",
                           "<!DOCTYPE Error><Error><Code>NoSuchKey</Code></Error>", ""}) {
    const Error error = error_from_answer("GetObject", "k", 500, {}, body);
    EXPECT_EQ(error.kind(), ErrorKind::kServer);
    EXPECT_EQ(error.code(), "");
    EXPECT_NE(error.message().find("500"), std::string::npos);
  }
  const Error wrapped = error_from_answer(
      "GetObject", "k", 400, {},
      "<ErrorResponse><Error><Code>ExpiredToken</Code></Error><RequestId>R</RequestId>"
      "</ErrorResponse>");
  EXPECT_EQ(wrapped.kind(), ErrorKind::kExpiredCredentials);
  EXPECT_EQ(wrapped.request_id(), "R");
}

}  // namespace
}  // namespace s3ferry::s3
