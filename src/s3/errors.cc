#include "s3/errors.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "aws/redact.h"
#include "base/text.h"
#include "s3/xml.h"

namespace s3ferry::s3 {
namespace {

struct CodeKind {
  std::string_view code;
  ErrorKind kind;
};

// s3-facts.md §4, and the codes of S3's reference that mean something other than their status says.
constexpr auto kCodes = std::to_array<CodeKind>({
    {"AccessDenied", ErrorKind::kAccessDenied},
    {"AccountProblem", ErrorKind::kAccessDenied},
    {"AllAccessDisabled", ErrorKind::kAccessDenied},
    {"AuthFailure", ErrorKind::kCredentials},
    {"BandwidthLimitExceeded", ErrorKind::kThrottled},
    {"BucketAlreadyExists", ErrorKind::kConflict},
    {"BucketAlreadyOwnedByYou", ErrorKind::kConflict},
    {"EC2ThrottledException", ErrorKind::kThrottled},
    {"EntityTooLarge", ErrorKind::kTooLarge},
    {"EntityTooSmall", ErrorKind::kInvalidRequest},
    {"ExpiredToken", ErrorKind::kExpiredCredentials},
    {"ExpiredTokenException", ErrorKind::kExpiredCredentials},
    {"IncompleteBody", ErrorKind::kNetwork},
    {"InternalError", ErrorKind::kServer},
    {"InternalFailure", ErrorKind::kServer},
    {"InternalServerError", ErrorKind::kServer},
    {"InvalidAccessKeyId", ErrorKind::kCredentials},
    {"InvalidArgument", ErrorKind::kInvalidRequest},
    {"InvalidObjectState", ErrorKind::kArchived},
    {"InvalidPart", ErrorKind::kInvalidRequest},
    {"InvalidPartOrder", ErrorKind::kInvalidRequest},
    {"InvalidRequest", ErrorKind::kInvalidRequest},
    {"InvalidSecurity", ErrorKind::kCredentials},
    {"InvalidToken", ErrorKind::kCredentials},
    {"KeyTooLongError", ErrorKind::kInvalidRequest},
    {"MalformedXML", ErrorKind::kInvalidRequest},
    {"MethodNotAllowed", ErrorKind::kUnsupported},
    {"NoSuchBucket", ErrorKind::kNoSuchBucket},
    {"NoSuchKey", ErrorKind::kNoSuchKey},
    {"NoSuchUpload", ErrorKind::kNoSuchUpload},
    {"NoSuchVersion", ErrorKind::kNoSuchKey},
    {"NotImplemented", ErrorKind::kUnsupported},
    {"NotSignedUp", ErrorKind::kCredentials},
    {"OperationAborted", ErrorKind::kServer},
    {"PermanentRedirect", ErrorKind::kRedirect},
    {"PreconditionFailed", ErrorKind::kPreconditionFailed},
    {"PriorRequestNotComplete", ErrorKind::kThrottled},
    {"ProvisionedThroughputExceededException", ErrorKind::kThrottled},
    {"QuotaExceeded", ErrorKind::kInvalidRequest},
    {"Redirect", ErrorKind::kRedirect},
    {"RequestExpired", ErrorKind::kCredentials},
    {"RequestLimitExceeded", ErrorKind::kThrottled},
    {"RequestTimeTooSkewed", ErrorKind::kConfig},
    {"RequestTimeout", ErrorKind::kTimeout},
    {"RequestTimeoutException", ErrorKind::kTimeout},
    {"ServiceUnavailable", ErrorKind::kThrottled},
    {"SignatureDoesNotMatch", ErrorKind::kCredentials},
    {"SlowDown", ErrorKind::kThrottled},
    {"SlowDownRead", ErrorKind::kThrottled},
    {"SlowDownWrite", ErrorKind::kThrottled},
    {"TemporaryRedirect", ErrorKind::kRedirect},
    {"TokenRefreshRequired", ErrorKind::kExpiredCredentials},
});

bool starts(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix);
}

bool is_object_operation(std::string_view operation) {
  return operation.find("Object") != std::string_view::npos && operation != "ListObjectsV2" &&
         operation != "DeleteObjects";
}

ErrorKind kind_of_status(int status, std::string_view operation) {
  switch (status) {
    case 301:
    case 302:
    case 307:
    case 308:
      return ErrorKind::kRedirect;
    case 304:
    case 412:
      return ErrorKind::kPreconditionFailed;
    case 401:
    case 403:
      return ErrorKind::kAccessDenied;
    case 404:
      if (operation.find("Upload") != std::string_view::npos || operation == "ListParts")
        return ErrorKind::kNoSuchUpload;
      return is_object_operation(operation) ? ErrorKind::kNoSuchKey : ErrorKind::kNoSuchBucket;
    case 405:
    case 501:
      return ErrorKind::kUnsupported;
    case 408:
      return ErrorKind::kTimeout;
    case 409:
      return ErrorKind::kConflict;
    case 413:
      return ErrorKind::kTooLarge;
    case 429:
    case 503:
    case 509:
      return ErrorKind::kThrottled;
    default:
      break;
  }
  // An error inside a 200 whose code says nothing is S3's own trouble.
  if (status >= 500 || (status >= 200 && status < 300)) return ErrorKind::kServer;
  return ErrorKind::kInvalidRequest;
}

// What a person can do. Empty: the server's own words are enough.
std::string_view advice(ErrorKind kind, std::string_view code) {
  if (code == "RequestTimeTooSkewed") return "set this machine's clock";
  if (code == "AccessControlListNotSupported")
    return "the bucket has ACLs switched off: leave out --acl, or use bucket-owner-full-control";
  if (code == "SignatureDoesNotMatch") return "check the secret access key";
  if (code == "InvalidAccessKeyId") return "check the access key id and which profile is used";
  if (code == "InvalidToken") return "check the session token, or sign in again";
  if (starts(code, "KMS.")) return "check the KMS key, its policy and its state";
  switch (kind) {
    case ErrorKind::kAccessDenied:
      return "check the identity's policy, the bucket's policy and, where KMS encrypts, the key's";
    case ErrorKind::kExpiredCredentials:
      return "sign in again, or renew the session token";
    case ErrorKind::kArchived:
      return "the object is archived: restore it first";
    case ErrorKind::kNoSuchBucket:
      return "check the bucket's name and the endpoint; s3ferry makes no buckets";
    case ErrorKind::kRedirect:
      return "the bucket is elsewhere: give its region or endpoint";
    default:
      return {};
  }
}

// One sentence, whether or not the server's ended with a full stop.
void append_hint(std::string& message, std::string_view hint) {
  if (message.ends_with('.')) message.pop_back();
  message += fmt::format("; {}", hint);
}

std::string default_message(ErrorKind kind, int status) {
  return fmt::format("the server answered {} ({})", status, to_string(kind));
}

struct ErrorBody {
  std::string code, message, region, request_id, bucket;
};

// S3 answers <Error>; some servers wrap it in <ErrorResponse>. Anything else (a proxy's HTML, a cut
// body) says nothing, and the status decides.
ErrorBody read_body(std::string_view body) {
  ErrorBody out;
  auto document = XmlDocument::parse(body.substr(0, 256 * 1024));
  if (!document) return out;
  pugi::xml_node node = document->root();
  if (xml_local_name(node) == "ErrorResponse") {
    out.request_id = xml_text(node, "RequestId");
    node = xml_child(node, "Error");
  }
  if (xml_local_name(node) != "Error") return out;
  out.code = trim_ascii(xml_text(node, "Code")).substr(0, 200);
  out.message = xml_text(node, "Message").substr(0, 2'000);
  out.region = trim_ascii(xml_text(node, "Region")).substr(0, 100);
  out.bucket = xml_text(node, "BucketName").substr(0, 255);
  if (const auto id = xml_text(node, "RequestId"); !id.empty()) out.request_id = id.substr(0, 200);
  return out;
}

ErrorKind refine(ErrorKind kind, const ErrorBody& body, const http::Headers& headers, int status,
                 std::string_view operation) {
  const bool region_named = headers.get("x-amz-bucket-region").has_value() || !body.region.empty();
  if (body.code == "AuthorizationHeaderMalformed")
    return region_named ? ErrorKind::kRedirect : ErrorKind::kCredentials;
  if (body.code == "IllegalLocationConstraintException" && operation != "CreateBucket")
    return ErrorKind::kRedirect;
  // HEAD has no body: in the wrong region it is a bare 400 with the right one named.
  if (status == 400 && body.code.empty() && operation.starts_with("Head") && region_named)
    return ErrorKind::kRedirect;
  if (body.code == "InvalidRequest" &&
      body.message.find("larger than the maximum allowable size for a copy") != std::string::npos)
    return ErrorKind::kTooLarge;
  if (status == 405 && headers.get_or("x-amz-delete-marker", "") == "true")
    return ErrorKind::kNoSuchKey;
  return kind;
}

}  // namespace

ErrorKind kind_of(std::string_view code, int status, std::string_view operation) {
  if (code.empty()) return kind_of_status(status, operation);
  // Two writers raced. A completion has lost its upload; anything else may simply be sent again.
  if (code == "ConditionalRequestConflict")
    return operation == "CompleteMultipartUpload" ? ErrorKind::kConflict : ErrorKind::kServer;
  const auto found =
      std::find_if(kCodes.begin(), kCodes.end(), [&](const CodeKind& c) { return c.code == code; });
  if (found != kCodes.end()) return found->kind;
  if (code.find("Throttl") != std::string_view::npos || starts(code, "TooManyRequests"))
    return ErrorKind::kThrottled;
  // "NoSuchBucketPolicy", "NoSuchTagSet", "NoSuchLifecycleConfiguration": nothing is missing that
  // was asked to be there; the code tells.
  if (status == 404 && starts(code, "NoSuch")) return ErrorKind::kInvalidRequest;
  if (status == 404 && code.ends_with("NotFoundError")) return ErrorKind::kInvalidRequest;
  if (starts(code, "KMS.") && status < 500 && status != 403) return ErrorKind::kInvalidRequest;
  return kind_of_status(status, operation);
}

Error error_from_answer(std::string_view operation, std::string_view key, int status,
                        const http::Headers& headers, std::string_view body) {
  ErrorBody parsed = read_body(body);
  const ErrorKind kind =
      refine(kind_of(parsed.code, status, operation), parsed, headers, status, operation);
  std::string message = aws::redact_quoted(parsed.message.empty() ? default_message(kind, status)
                                                                  : std::move(parsed.message));
  if (!parsed.bucket.empty() && kind == ErrorKind::kNoSuchBucket)
    message += fmt::format(" (bucket {})", parsed.bucket);
  if (const auto hint = advice(kind, parsed.code); !hint.empty()) append_hint(message, hint);
  std::string region(headers.get_or("x-amz-bucket-region", parsed.region));
  std::string request_id(headers.get_or("x-amz-request-id", parsed.request_id));
  return Error(kind, std::move(message))
      .with_status(status)
      .with_code(std::move(parsed.code))
      .with_request_id(std::move(request_id))
      .with_operation(operation)
      .with_key(key)
      .with_region(std::move(region));
}

Error error_from_delete_line(std::string_view key, std::string_view code,
                             std::string_view message) {
  const ErrorKind kind =
      code == "NoSuchVersion" ? ErrorKind::kNoSuchKey : kind_of(code, 200, "DeleteObjects");
  std::string text = aws::redact_quoted(std::string(message.substr(0, 2'000)));
  if (text.empty()) text = default_message(kind, 200);
  if (const auto hint = advice(kind, code); !hint.empty()) append_hint(text, hint);
  return Error(kind, std::move(text))
      .with_code(std::string(code))
      .with_operation("DeleteObjects")
      .with_key(key);
}

}  // namespace s3ferry::s3
