#include "sim/reply.h"

#include <cstdint>

#include <fmt/format.h>

namespace s3ferry::sim {
namespace {

struct KnownError {
  std::string_view code;
  int status;
  std::string_view message;
};

constexpr KnownError kErrors[] = {
    {"AccessControlListNotSupported", 400, "The bucket does not allow ACLs"},
    {"AccessDenied", 403, "Access Denied"},
    {"AuthorizationHeaderMalformed", 400, "The authorization header is malformed"},
    {"BadDigest", 400, "The Content-MD5 you specified did not match what we received."},
    {"BucketAlreadyExists", 409,
     "The requested bucket name is not available. The bucket namespace is shared by all users of "
     "the system. Please select a different name and try again."},
    {"BucketAlreadyOwnedByYou", 409,
     "Your previous request to create the named bucket succeeded and you already own it."},
    {"BucketNotEmpty", 409, "The bucket you tried to delete is not empty"},
    {"ConditionalRequestConflict", 409,
     "The conditional request cannot succeed due to a conflicting operation against this "
     "resource."},
    {"EntityTooLarge", 400, "Your proposed upload exceeds the maximum allowed size"},
    {"EntityTooSmall", 400, "Your proposed upload is smaller than the minimum allowed size"},
    {"ExpiredToken", 400, "The provided token has expired."},
    {"IllegalLocationConstraintException", 400,
     "The unspecified location constraint is incompatible for the region specific endpoint this "
     "request was sent to."},
    {"IncompleteBody", 400,
     "You did not provide the number of bytes specified by the Content-Length HTTP header"},
    {"InternalError", 500, "We encountered an internal error. Please try again."},
    {"InvalidAccessKeyId", 403,
     "The AWS Access Key Id you provided does not exist in our records."},
    {"InvalidArgument", 400, "Invalid Argument"},
    {"InvalidBucketName", 400, "The specified bucket is not valid."},
    {"InvalidDigest", 400, "The Content-MD5 you specified was invalid."},
    {"InvalidObjectState", 403, "The operation is not valid for the object's storage class"},
    {"InvalidPart", 400,
     "One or more of the specified parts could not be found.  The part may not have been uploaded, "
     "or the specified entity tag may not match the part's entity tag."},
    {"InvalidPartNumber", 416, "The requested partnumber is not satisfiable"},
    {"InvalidPartOrder", 400,
     "The list of parts was not in ascending order. Parts must be ordered by part number."},
    {"InvalidRange", 416, "The requested range is not satisfiable"},
    {"InvalidRequest", 400, "Invalid Request"},
    {"InvalidStorageClass", 400, "The storage class you specified is not valid"},
    {"InvalidTag", 400, "The TagValue you have provided is invalid"},
    {"InvalidToken", 400, "The provided token is malformed or otherwise invalid."},
    {"InvalidURI", 400, "Couldn't parse the specified URI."},
    {"KeyTooLongError", 400, "Your key is too long"},
    {"MalformedPolicy", 400, "Policies must be valid JSON and the first byte must be '{'"},
    {"MalformedXML", 400,
     "The XML you provided was not well-formed or did not validate against our published schema"},
    {"MetadataTooLarge", 400, "Your metadata headers exceed the maximum allowed metadata size"},
    {"MethodNotAllowed", 405, "The specified method is not allowed against this resource."},
    {"MissingContentLength", 411, "You must provide the Content-Length HTTP header."},
    {"MissingRequestBodyError", 400, "Request Body is empty"},
    {"NoSuchBucket", 404, "The specified bucket does not exist"},
    {"NoSuchBucketPolicy", 404, "The bucket policy does not exist"},
    {"NoSuchCORSConfiguration", 404, "The CORS configuration does not exist"},
    {"NoSuchConfiguration", 404, "The specified configuration does not exist."},
    {"NoSuchKey", 404, "The specified key does not exist."},
    {"NoSuchLifecycleConfiguration", 404, "The lifecycle configuration does not exist"},
    {"NoSuchPublicAccessBlockConfiguration", 404,
     "The public access block configuration was not found"},
    {"NoSuchTagSet", 404, "The TagSet does not exist"},
    {"NoSuchUpload", 404,
     "The specified upload does not exist. The upload ID may be invalid, or the upload may have "
     "been "
     "aborted or completed."},
    {"NoSuchVersion", 404, "The specified version does not exist."},
    {"NoSuchWebsiteConfiguration", 404,
     "The specified bucket does not have a website configuration"},
    {"NotImplemented", 501, "A header you provided implies functionality that is not implemented"},
    {"NotModified", 304, "Not Modified"},
    {"ObjectLockConfigurationNotFoundError", 404,
     "Object Lock configuration does not exist for this bucket"},
    {"OwnershipControlsNotFoundError", 404, "The bucket ownership controls were not found"},
    {"PermanentRedirect", 301,
     "The bucket you are attempting to access must be addressed using the specified endpoint. "
     "Please send all future requests to this endpoint."},
    {"PreconditionFailed", 412, "At least one of the pre-conditions you specified did not hold"},
    {"ReplicationConfigurationNotFoundError", 404, "The replication configuration was not found"},
    {"RequestTimeTooSkewed", 403,
     "The difference between the request time and the current time is too large."},
    {"RequestTimeout", 400,
     "Your socket connection to the server was not read from or written to within the timeout "
     "period. Idle connections will be closed."},
    {"ServerSideEncryptionConfigurationNotFoundError", 404,
     "The server side encryption configuration was not found"},
    {"ServiceUnavailable", 503, "Service is unable to handle request."},
    {"SignatureDoesNotMatch", 403,
     "The request signature we calculated does not match the signature you provided. Check your "
     "key "
     "and signing method."},
    {"SlowDown", 503, "Please reduce your request rate."},
    {"TooManyRequests", 429, "Please reduce your request rate."},
    {"XAmzContentSHA256Mismatch", 400,
     "The provided 'x-amz-content-sha256' header does not match what was computed."},
};

}  // namespace

ServiceError service_error(std::string_view code) {
  ServiceError error;
  error.code = std::string(code);
  error.status = 400;
  error.message = "The request was refused.";
  for (const KnownError& known : kErrors) {
    if (known.code != code) continue;
    error.status = known.status;
    error.message = std::string(known.message);
    break;
  }
  return error;
}

std::string error_document(const ServiceError& error, std::string_view resource,
                           std::string_view request_id) {
  XmlWriter xml;
  xml.open("Error");
  xml.element("Code", error.code);
  xml.element("Message", error.message);
  for (const auto& [name, value] : error.details) xml.element(name, value);
  xml.element("Resource", resource);
  xml.element("RequestId", request_id);
  xml.element("HostId", fmt::format("{}/simulated", request_id));
  xml.close("Error");
  return xml.take();
}

Reply xml_reply(std::string body) {
  Reply reply;
  reply.headers.reserve(512);  // more than most answers have in the end
  reply.headers.add("Content-Type", "application/xml");
  reply.body = std::move(body);
  return reply;
}

void XmlWriter::open_root(std::string_view name) {
  out_.push_back('<');
  out_ += name;
  out_ += " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
}

void XmlWriter::element(std::string_view name, std::string_view value) {
  open(name);
  append_xml_escaped(out_, value);
  close(name);
}

void XmlWriter::element(std::string_view name, std::uint64_t value) {
  open(name);
  fmt::format_to(std::back_inserter(out_), "{}", value);
  close(name);
}

char* put_xml_escaped(char* to, std::string_view value) {
  for (const char c : value) {
    switch (c) {
      case '&':
        to = put(to, "&amp;");
        break;
      case '<':
        to = put(to, "&lt;");
        break;
      case '>':
        to = put(to, "&gt;");
        break;
      case '"':
        to = put(to, "&quot;");
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') {
          to = fmt::format_to(to, "&#x{:x};", static_cast<unsigned>(c));
        } else {
          *to++ = c;
        }
    }
  }
  return to;
}

namespace {
// Without branches, so that a key is looked at many bytes at a time.
constexpr std::uint8_t is_plain(char c) {
  const auto from = [c](char first, char last) -> std::uint8_t {
    return static_cast<std::uint8_t>(c - first) <= static_cast<std::uint8_t>(last - first) ? 1 : 0;
  };
  return static_cast<std::uint8_t>(from('-', '9') | from('A', 'Z') | from('a', 'z') |
                                   from('*', '*') | from('_', '_'));
}
}  // namespace

char* put_form_encoded(char* to, std::string_view value) {
  std::uint8_t all_plain = 1;
  for (const char c : value) all_plain &= is_plain(c);
  if (all_plain != 0) return put(to, value);
  static constexpr char kHex[] = "0123456789ABCDEF";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_plain(c) != 0) {
      *to++ = c;
    } else if (byte == ' ') {
      *to++ = '+';
    } else {
      *to++ = '%';
      *to++ = kHex[byte >> 4];
      *to++ = kHex[byte & 15];
    }
  }
  return to;
}

namespace {
void append_put(std::string& out, std::string_view value,
                char* (*put_value)(char*, std::string_view)) {
  const std::size_t before = out.size();
  out.resize(before + kMostEscaped * value.size());
  char* end = put_value(out.data() + before, value);
  out.resize(static_cast<std::size_t>(end - out.data()));
}
}  // namespace

void append_xml_escaped(std::string& out, std::string_view value) {
  append_put(out, value, put_xml_escaped);
}
void append_form_encoded(std::string& out, std::string_view value) {
  append_put(out, value, put_form_encoded);
}

}  // namespace s3ferry::sim
