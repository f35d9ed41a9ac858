#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace s3ferry {

// What went wrong, by what the caller can do about it.
enum class ErrorKind : std::uint8_t {
  kCancelled,           // the task was asked to stop
  kTimeout,             // a deadline passed (connect, first byte, idle)
  kConnect,             // no connection: refused, unreachable, name not resolved
  kTls,                 // handshake or certificate
  kNetwork,             // an established connection broke
  kProtocol,            // an answer that is not HTTP or XML as specified
  kTruncated,           // an answer that ended early or was empty
  kThrottled,           // 503 SlowDown, 429 and their kin
  kServer,              // any other 5xx, or an <Error> of that class inside a 200
  kAccessDenied,        // 403
  kNoSuchKey,           // 404 on an object
  kNoSuchBucket,        // 404 on a bucket
  kNoSuchUpload,        // 404 on a multipart upload
  kPreconditionFailed,  // 412
  kConflict,            // 409
  kRedirect,            // 301/307 or a wrong-region answer that was not resolved
  kInvalidRequest,      // any other 4xx
  kArchived,            // InvalidObjectState: restore first
  kExpiredCredentials,  // token expired and could not be refreshed
  kCredentials,         // none found, or not usable
  kConfig,              // configuration or environment that cannot be used
  kUsage,               // command line
  kListing,             // a page out of order, a repeated token, a duplicate key
  kRetryBudget,         // the shared retry budget is empty: give the work back
  kUnsupported,         // this program or that server cannot do it
  kRefused,             // a safety rule said no
  kStoredWrong,         // a write was done, and what is stored under its name is not what was sent
  kTooLarge,            // over a limit of ours or of S3
  kIo,                  // local file or pipe
  kInternal,            // a defect of this program
};

// "timeout", "access denied": for messages and JSON.
std::string_view to_string(ErrorKind kind);

// One failure, as data. Cheap to move (a pointer), copyable, immutable but for the with_… builders.
// message() is written for a person and says what to do next; it must hold no secret.
class Error {
 public:
  Error(ErrorKind kind, std::string message);
  Error(const Error& other);
  Error(Error&&) noexcept = default;
  Error& operator=(const Error& other);
  Error& operator=(Error&&) noexcept = default;
  ~Error() = default;

  ErrorKind kind() const { return data_->kind; }
  const std::string& message() const { return data_->message; }
  int http_status() const { return data_->http_status; }               // 0: none
  const std::string& code() const { return data_->code; }              // S3's <Code>, or empty
  const std::string& request_id() const { return data_->request_id; }  // x-amz-request-id
  const std::string& operation() const { return data_->operation; }    // "CopyObject"
  const std::string& key() const { return data_->key; }                // raw bytes
  const std::string& region() const { return data_->region; }          // where the server points to
  int attempts() const { return data_->attempts; }                     // requests made for it
  std::int64_t retry_after_ms() const { return data_->retry_after_ms; }  // -1: not said

  Error&& with_status(int status) &&;
  Error&& with_code(std::string code) &&;
  Error&& with_request_id(std::string id) &&;
  Error&& with_operation(std::string_view operation) &&;
  Error&& with_key(std::string_view key) &&;
  Error&& with_region(std::string region) &&;
  Error&& with_attempts(int attempts) &&;
  Error&& with_retry_after_ms(std::int64_t ms) &&;
  Error&& with_message(std::string message) &&;

  // May the same request be sent again with hope? From the kind alone (s3-facts.md §4): timeouts,
  // connection faults, throttling, 5xx, truncated or malformed answers.
  bool is_retryable() const;
  bool is(ErrorKind k) const { return data_->kind == k; }

  // "CopyObject a/b: SlowDown (503): message [request id …]"; control characters escaped.
  std::string describe() const;

 private:
  struct Data {
    ErrorKind kind;
    std::string message, code, request_id, operation, key, region;
    int http_status = 0;
    int attempts = 0;
    std::int64_t retry_after_ms = -1;
  };
  std::unique_ptr<Data> data_;
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

inline tl::unexpected<Error> fail(ErrorKind kind, std::string message) {
  return tl::unexpected<Error>(Error(kind, std::move(message)));
}
inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

}  // namespace s3ferry
