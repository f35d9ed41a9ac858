#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "base/time.h"
#include "http/message.h"
#include "sim/content.h"
#include "sim/page_text.h"

namespace s3ferry::sim {

using Fields = std::vector<std::pair<std::string, std::string>>;

// A refusal as S3 words it: becomes an <Error> document.
struct ServiceError {
  int status = 500;
  std::string code;
  std::string message;
  Fields details;  // further elements: Key, BucketName, Region …
  Fields headers;

  ServiceError&& with(std::string name, std::string value) && {
    details.emplace_back(std::move(name), std::move(value));
    return std::move(*this);
  }
  ServiceError&& with_header(std::string name, std::string value) && {
    headers.emplace_back(std::move(name), std::move(value));
    return std::move(*this);
  }
  ServiceError&& saying(std::string text) && {
    message = std::move(text);
    return std::move(*this);
  }
};
template <class T>
using Outcome = tl::expected<T, ServiceError>;

// Status and message as S3 gives them for `code`; 400 where the code is not known.
ServiceError service_error(std::string_view code);
inline tl::unexpected<ServiceError> refuse(std::string_view code) {
  return tl::unexpected<ServiceError>(service_error(code));
}
inline tl::unexpected<ServiceError> refuse(std::string_view code, std::string message) {
  return tl::unexpected<ServiceError>(service_error(code).saying(std::move(message)));
}
inline tl::unexpected<ServiceError> refuse(ServiceError error) {
  return tl::unexpected<ServiceError>(std::move(error));
}
// The <Error> document.
std::string error_document(const ServiceError& error, std::string_view resource,
                           std::string_view request_id);

// What an operation answers; the fields common to all answers are added later.
struct Reply {
  int status = 200;
  http::Headers headers;
  std::string body;
  PageText page;  // instead of `body`, where it is not empty
  // Instead of both: this part of an object.
  bool has_content = false;
  Content content;
  ByteCount copied_bytes = 0;  // that a copy read from its source
};
Reply xml_reply(std::string body);

inline constexpr std::string_view kXmlDeclaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

// Builds XML text. Names are trusted, values are escaped.
class XmlWriter {
 public:
  XmlWriter() : out_(kXmlDeclaration) {}
  void open(std::string_view name) {
    out_.push_back('<');
    out_ += name;
    out_.push_back('>');
  }
  void open_root(std::string_view name);  // with S3's namespace
  void close(std::string_view name) {
    out_ += "</";
    out_ += name;
    out_.push_back('>');
  }
  void element(std::string_view name, std::string_view value);
  void element(std::string_view name, std::uint64_t value);
  std::string& out() { return out_; }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};
void append_xml_escaped(std::string& out, std::string_view value);
// As ListObjectsV2 answers with encoding-type=url: form style, '/' stays.
void append_form_encoded(std::string& out, std::string_view value);
// The same, written at `to`, where there is room for kMostEscaped bytes for each; returns the end.
inline constexpr std::size_t kMostEscaped = 6;
char* put_xml_escaped(char* to, std::string_view value);
char* put_form_encoded(char* to, std::string_view value);

}  // namespace s3ferry::sim
