#include "base/error.h"

#include <fmt/format.h>

#include "base/text.h"

namespace s3ferry {

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kCancelled: return "cancelled";
    case ErrorKind::kTimeout: return "timeout";
    case ErrorKind::kConnect: return "connect";
    case ErrorKind::kTls: return "tls";
    case ErrorKind::kNetwork: return "network";
    case ErrorKind::kProtocol: return "protocol";
    case ErrorKind::kTruncated: return "truncated";
    case ErrorKind::kThrottled: return "throttled";
    case ErrorKind::kServer: return "server";
    case ErrorKind::kAccessDenied: return "access denied";
    case ErrorKind::kNoSuchKey: return "no such key";
    case ErrorKind::kNoSuchBucket: return "no such bucket";
    case ErrorKind::kNoSuchUpload: return "no such upload";
    case ErrorKind::kPreconditionFailed: return "precondition failed";
    case ErrorKind::kConflict: return "conflict";
    case ErrorKind::kRedirect: return "redirect";
    case ErrorKind::kInvalidRequest: return "invalid request";
    case ErrorKind::kArchived: return "archived";
    case ErrorKind::kExpiredCredentials: return "expired credentials";
    case ErrorKind::kCredentials: return "credentials";
    case ErrorKind::kConfig: return "configuration";
    case ErrorKind::kUsage: return "usage";
    case ErrorKind::kListing: return "listing";
    case ErrorKind::kRetryBudget: return "retry budget";
    case ErrorKind::kUnsupported: return "unsupported";
    case ErrorKind::kRefused: return "refused";
    case ErrorKind::kStoredWrong: return "stored wrong";
    case ErrorKind::kTooLarge: return "too large";
    case ErrorKind::kIo: return "io";
    case ErrorKind::kInternal: return "internal";
  }
  return "unknown";
}

Error::Error(ErrorKind kind, std::string message) : data_(std::make_unique<Data>()) {
  data_->kind = kind;
  data_->message = std::move(message);
}
Error::Error(const Error& other) : data_(std::make_unique<Data>(*other.data_)) {}
Error& Error::operator=(const Error& other) {
  if (this != &other) data_ = std::make_unique<Data>(*other.data_);
  return *this;
}

Error&& Error::with_status(int status) && {
  data_->http_status = status;
  return std::move(*this);
}
Error&& Error::with_code(std::string code) && {
  data_->code = std::move(code);
  return std::move(*this);
}
Error&& Error::with_request_id(std::string id) && {
  data_->request_id = std::move(id);
  return std::move(*this);
}
Error&& Error::with_operation(std::string_view operation) && {
  data_->operation = operation;
  return std::move(*this);
}
Error&& Error::with_key(std::string_view key) && {
  data_->key = key;
  return std::move(*this);
}
Error&& Error::with_region(std::string region) && {
  data_->region = std::move(region);
  return std::move(*this);
}
Error&& Error::with_attempts(int attempts) && {
  data_->attempts = attempts;
  return std::move(*this);
}
Error&& Error::with_retry_after_ms(std::int64_t ms) && {
  data_->retry_after_ms = ms;
  return std::move(*this);
}
Error&& Error::with_message(std::string message) && {
  data_->message = std::move(message);
  return std::move(*this);
}

bool Error::is_retryable() const {
  switch (kind()) {
    case ErrorKind::kTimeout:
    case ErrorKind::kConnect:
    case ErrorKind::kNetwork:
    case ErrorKind::kProtocol:
    case ErrorKind::kTruncated:
    case ErrorKind::kThrottled:
    case ErrorKind::kServer:
      return true;
    default:
      return false;
  }
}

std::string Error::describe() const {
  std::string out = operation();
  if (!key().empty()) out += (out.empty() ? "" : " ") + escape_for_display(key());
  if (!out.empty()) out += ": ";
  if (!code().empty()) out += escape_for_display(code());
  if (http_status() != 0) {
    out += code().empty() ? fmt::format("HTTP {}", http_status())
                          : fmt::format(" ({})", http_status());
  }
  if (!message().empty()) {
    if (!code().empty() || http_status() != 0) out += ": ";
    out += escape_for_display(message());
  }
  if (!request_id().empty()) out += " [request id " + escape_for_display(request_id()) + "]";
  return out;
}

}  // namespace s3ferry
