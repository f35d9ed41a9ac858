// Runs S3's XML answers: bodies, errors, hostile documents; and finds the runner of each case in an
// xml/ folder by its shape.

#include "vectors/xml_vectors.h"

#include <chrono>

#include <fmt/format.h>

#include "base/text.h"
#include "s3/answers.h"
#include "s3/list_parser.h"
#include "s3/scripted_bucket.h"
#include "s3/xml.h"

namespace s3ferry::vectors {
namespace {

using s3::testing::always;
using s3::testing::Reply;
using s3::testing::ScriptedBucket;

std::string text_of(const Json& json, const char* name) {
  return json.contains(name) && json[name].is_string() ? json[name].get<std::string>() : "";
}
http::Headers headers_of(const Json& json) {
  http::Headers out;
  if (json.is_object())
    for (const auto& [name, value] : json.items()) out.add(name, value.get<std::string>());
  return out;
}

// Collects the first difference.
class Comparison {
 public:
  void same(std::string_view what, std::string_view got, std::string_view wanted) {
    if (got != wanted && problem_.empty())
      problem_ = fmt::format("{}: got '{}', wanted '{}'", what, escape_for_display(got),
                             escape_for_display(wanted));
  }
  void number(std::string_view what, std::uint64_t got, std::uint64_t wanted) {
    same(what, fmt::to_string(got), fmt::to_string(wanted));
  }
  // Only members that the case has are looked at.
  void member(const Json& wanted, const char* name, std::string_view got) {
    if (wanted.contains(name)) same(name, got, wanted[name].get<std::string>());
  }
  void etag(const Json& wanted, std::string_view got) {
    if (wanted.contains("ETag")) same("ETag", got, unquote_etag(text_of(wanted, "ETag")));
  }
  void time(const Json& wanted, const char* name, std::optional<WallTime> got) {
    if (!wanted.contains(name)) return;
    same(name, got ? format_iso8601_millis(*got) : "none", text_of(wanted, name));
  }
  void checksums(const Json& wanted, const std::vector<s3::Checksum>& got) {
    for (const auto& [name, value] : wanted.items()) {
      if (!name.starts_with("Checksum") || name == "ChecksumType" || !value.is_string()) continue;
      std::string found = "none";
      for (const s3::Checksum& checksum : got)
        if ("Checksum" + checksum.algorithm == name) found = checksum.value;
      same(name, found, value.get<std::string>());
    }
  }
  void fail(const Error& error) {
    if (problem_.empty()) problem_ = "not read: " + error.describe();
  }
  std::string result() const { return problem_; }

 private:
  std::string problem_;
};

std::string decoded(const Json& parsed, const std::string& text) {
  if (text_of(parsed, "EncodingType") != "url") return text;
  return uri_decode(text, /*plus_is_space=*/true).value_or("(malformed)");
}

void compare_listing(Comparison& c, const std::string& body, const Json& parsed) {
  s3::ListPage page;
  if (Status read = parse_list_page(body, page); !read) return c.fail(read.error());
  if (parsed.contains("IsTruncated"))
    c.number("IsTruncated", page.truncated, parsed["IsTruncated"].get<bool>());
  c.member(parsed, "NextContinuationToken", page.next_token);
  const Json contents = parsed.value("Contents", Json::array());
  c.number("number of keys", page.entries.size(), contents.size());
  for (std::size_t i = 0; i < std::min(page.entries.size(), contents.size()); ++i) {
    const s3::ListEntry& entry = page.entries[i];
    const Json& wanted = contents[i];
    c.same("Key", entry.key, decoded(parsed, text_of(wanted, "Key")));
    c.number("Size", entry.size, wanted["Size"].get<std::uint64_t>());
    c.etag(wanted, entry.etag);
    c.member(wanted, "StorageClass", entry.storage_class);
    c.time(wanted, "LastModified", entry.modified);
  }
  const Json prefixes = parsed.value("CommonPrefixes", Json::array());
  c.number("number of prefixes", page.common_prefixes.size(), prefixes.size());
  for (std::size_t i = 0; i < std::min(page.common_prefixes.size(), prefixes.size()); ++i)
    c.same("Prefix", page.common_prefixes[i], decoded(parsed, text_of(prefixes[i], "Prefix")));
}

void compare_parts(Comparison& c, const std::string& body, const Json& parsed) {
  auto list = s3::read_part_list(body);
  if (!list) return c.fail(list.error());
  c.number("IsTruncated", list->truncated, parsed.value("IsTruncated", false));
  if (list->truncated)
    c.number("NextPartNumberMarker", list->next_marker,
             parsed.value("NextPartNumberMarker", std::uint64_t{0}));
  const Json parts = parsed.value("Parts", Json::array());
  c.number("number of parts", list->parts.size(), parts.size());
  for (std::size_t i = 0; i < std::min(list->parts.size(), parts.size()); ++i) {
    c.number("PartNumber", list->parts[i].number, parts[i]["PartNumber"].get<std::uint64_t>());
    c.number("Size", list->parts[i].size, parts[i]["Size"].get<std::uint64_t>());
    c.etag(parts[i], list->parts[i].etag.view());
    c.time(parts[i], "LastModified", list->parts[i].last_modified);
    c.checksums(parts[i], list->parts[i].checksums);
  }
}

void compare_uploads(Comparison& c, const std::string& body, const Json& parsed) {
  auto list = s3::read_upload_list(body);
  if (!list) return c.fail(list.error());
  c.number("IsTruncated", list->truncated, parsed.value("IsTruncated", false));
  c.member(parsed, "NextKeyMarker", list->next_key_marker);
  c.member(parsed, "NextUploadIdMarker", list->next_upload_marker);
  c.number("number of uploads", list->uploads.size(),
           parsed.value("Uploads", Json::array()).size());
}

void compare_buckets(Comparison& c, const std::string& body, const Json& parsed) {
  auto list = s3::read_bucket_list(body);
  if (!list) return c.fail(list.error());
  c.member(parsed, "ContinuationToken", list->next_token);
  if (parsed.contains("Owner")) c.member(parsed["Owner"], "ID", list->owner_id);
  const Json buckets = parsed.value("Buckets", Json::array());
  c.number("number of buckets", list->buckets.size(), buckets.size());
  for (std::size_t i = 0; i < std::min(list->buckets.size(), buckets.size()); ++i) {
    c.member(buckets[i], "Name", list->buckets[i].name.view());
    c.member(buckets[i], "BucketRegion", list->buckets[i].region);
    c.time(buckets[i], "CreationDate", list->buckets[i].created);
  }
}

void compare_deletions(Comparison& c, const std::string& body, const Json& parsed) {
  auto lines = s3::read_delete_result(body);
  if (!lines) return c.fail(lines.error());
  Json wanted = parsed.value("Deleted", Json::array());
  for (const Json& error : parsed.value("Errors", Json::array())) wanted.push_back(error);
  c.number("number of lines", lines->size(), wanted.size());
  for (std::size_t i = 0; i < std::min(lines->size(), wanted.size()); ++i) {
    const s3::DeleteLine& line = (*lines)[i];
    c.member(wanted[i], "Key", line.key);
    c.member(wanted[i], "VersionId", line.version_id);
    c.member(wanted[i], "DeleteMarkerVersionId", line.delete_marker_version_id);
    c.number("DeleteMarker", line.delete_marker, wanted[i].value("DeleteMarker", false));
    c.same("Code", line.error_code, text_of(wanted[i], "Code"));
    c.same("Message", line.error_message, text_of(wanted[i], "Message"));
  }
}

void compare_tagging(Comparison& c, const std::string& body, const Json& parsed) {
  auto tags = s3::read_tagging(body);
  if (!tags) return c.fail(tags.error());
  const Json wanted = parsed.value("TagSet", Json::array());
  c.number("number of tags", tags->size(), wanted.size());
  for (std::size_t i = 0; i < std::min(tags->size(), wanted.size()); ++i) {
    c.member(wanted[i], "Key", (*tags)[i].first);
    c.member(wanted[i], "Value", (*tags)[i].second);
  }
}

void compare_copy(Comparison& c, const std::string& body, const http::Headers& headers,
                  const Json& parsed) {
  auto copy = s3::read_copy_result(headers, body);
  if (!copy) return c.fail(copy.error());
  const Json result = parsed.value("CopyObjectResult", Json::object());
  c.etag(result, copy->etag.view());
  c.time(result, "LastModified", copy->last_modified);
  c.member(parsed, "CopySourceVersionId", copy->source_version_id.view());
  c.member(parsed, "ServerSideEncryption", copy->sse);
}

void compare_completion(Comparison& c, const std::string& body, const http::Headers& headers,
                        const Json& parsed) {
  auto done = s3::read_complete_result(headers, body);
  if (!done) return c.fail(done.error());
  c.etag(parsed, done->etag.view());
  c.member(parsed, "VersionId", done->version_id.view());
  c.member(parsed, "ChecksumType", done->checksum_type);
  c.checksums(parsed, done->checksums);
}

void compare_location(Comparison& c, const std::string& body, const Json& parsed) {
  auto region = s3::read_location(body);
  if (!region) return c.fail(region.error());
  // What S3 writes in the old way we say in the new one. A case without the member leaves it to the
  // body.
  std::string wanted = text_of(parsed, "LocationConstraint");
  if (wanted.empty() && body.find(">EU<") != std::string::npos) wanted = "EU";
  c.same("LocationConstraint", *region,
         wanted.empty()   ? "us-east-1"
         : wanted == "EU" ? "eu-west-1"
                          : wanted);
}

}  // namespace

const Json& object_in(const Json& json, const char* name) {
  static const Json kNone = Json::object();
  return json.contains(name) ? json[name] : kNone;
}

std::string compare_s3_document(const std::string& body, const Json& headers_json,
                                const Json& parsed) {
  Comparison c;
  const std::string root = s3::xml_root_name(body);
  const http::Headers headers = headers_of(headers_json);
  if (root == "ListBucketResult") {
    compare_listing(c, body, parsed);
  } else if (root == "ListPartsResult") {
    compare_parts(c, body, parsed);
  } else if (root == "ListMultipartUploadsResult") {
    compare_uploads(c, body, parsed);
  } else if (root == "ListAllMyBucketsResult") {
    compare_buckets(c, body, parsed);
  } else if (root == "DeleteResult") {
    compare_deletions(c, body, parsed);
  } else if (root == "Tagging") {
    compare_tagging(c, body, parsed);
  } else if (root == "CopyObjectResult") {
    compare_copy(c, body, headers, parsed);
  } else if (root == "CompleteMultipartUploadResult") {
    compare_completion(c, body, headers, parsed);
  } else if (root == "LocationConstraint") {
    compare_location(c, body, parsed);
  } else if (root == "CopyPartResult") {
    auto part = s3::read_part_copy_result(body);
    if (!part) return "not read: " + part.error().describe();
    c.etag(parsed.value("CopyPartResult", Json::object()), part->etag.view());
  } else if (root == "InitiateMultipartUploadResult") {
    auto upload = s3::read_create_upload(body);
    if (!upload) return "not read: " + upload.error().describe();
    c.member(parsed, "UploadId", upload->view());
  } else {
    return "skip: <" + escape_for_display(root) + "> belongs to no operation of ours";
  }
  return c.result();
}

namespace {

// The answer goes through the whole client, retries in virtual time included.
Status ask(ScriptedBucket& s3, const std::string& operation) {
  const ObjectKey key("k");
  const UploadId upload("u");
  auto status = [](auto result) { return result ? Status() : Status(fail(result.error())); };
  if (operation == "ListObjectsV2" || operation == "ListObjects")
    return status(s3.run(s3.source.list_page(s3::ListRequest())));
  if (operation == "CompleteMultipartUpload") {
    std::vector<s3::CompletedPart> parts(1, s3::CompletedPart(1, ETag("e")));
    return status(s3.run(s3.target.complete_upload(s3::CompleteRequest(key, upload, parts))));
  }
  if (operation == "CopyObject")
    return status(s3.run(s3.target.copy_object(
        s3::CopyRequest(key, s3::CopySource(BucketName("b"), key, ETag("e"))))));
  if (operation == "UploadPartCopy")
    return status(s3.run(s3.target.upload_part_copy(s3::UploadPartCopyRequest(
        key, upload, 1, s3::CopySource(BucketName("b"), key, ETag("e"))))));
  if (operation == "DeleteObjects")
    return status(
        s3.run(s3.target.delete_objects(std::vector<s3::DeleteTarget>(1, s3::DeleteTarget(key)))));
  return status(s3.run(s3.source.get_object(s3::GetRequest(key))));
}

std::string check_error(const Json& test, const std::string& body) {
  Reply reply(test.value("status", 200), body);
  reply.headers = headers_of(test.value("headers", Json::object()));
  ScriptedBucket s3(always(reply));
  const Status answer = ask(s3, text_of(test, "operation"));
  if (answer) return "no error";
  const Error& error = answer.error();
  const Json& expect = test["expect"];
  const std::string code =
      error.code().empty() ? fmt::to_string(error.http_status()) : error.code();
  if (code != text_of(expect, "error_code"))
    return fmt::format("code {}, wanted {}", code, text_of(expect, "error_code"));
  if (expect.contains("region") && error.region() != text_of(expect, "region"))
    return fmt::format("region '{}'", error.region());
  if (expect.contains("retryable") && expect["retryable"].is_boolean()) {
    const bool wanted = expect["retryable"].get<bool>();
    if (error.is_retryable() != wanted) return "retryable: " + error.describe();
    if ((s3.transport.requests.size() > 1) != wanted) return "was it sent again? (the reverse)";
  }
  for (const char* secret : {"AWS4-HMAC-SHA256", "StringToSign", "CanonicalRequest", "20260101T"})
    if (expect.contains("never_logged") && error.describe().find(secret) != std::string::npos)
      return "shows what must never be logged: " + error.describe();
  return {};
}

std::string check_rejected(const Json& test, const std::string& body) {
  const auto begin = std::chrono::steady_clock::now();
  ScriptedBucket s3(always(Reply(test.value("status", 200), body)));
  const Status answer = ask(s3, text_of(test, "operation"));
  if (answer) return "was accepted";
  // Eight attempts; one must take less than a second.
  if (std::chrono::steady_clock::now() - begin > std::chrono::seconds(8)) return "took too long";
  return {};
}

std::string check_key_of(const Json& keys, const std::string& body) {
  s3::ListPage page;
  if (!parse_list_page(body, page)) return {};  // rejecting is as good
  for (const Json& key : keys)
    if (page.entries.size() == 1 && page.entries[0].key == key.get<std::string>()) return {};
  return "neither rejected nor read as one of the keys";
}

void tell(Report& report, const std::string& name, const std::string& problem) {
  if (problem.empty())
    report.pass(name);
  else if (problem.starts_with("skip: "))
    report.skip(name, problem.substr(6));
  else
    report.fail(name, problem);
}

}  // namespace

void run_s3_body_case(const Json& test, Report& report) {
  const std::string name = text_of(test, "name");
  std::string body = text_of(test, "body");
  if (test.contains("body_hex")) {
    auto bytes = from_hex(text_of(test, "body_hex"));
    if (!bytes) return report.fail(name, "body_hex is no hex");
    body = std::move(*bytes);
  }
  const Json& expect = test["expect"];
  if (expect.contains("error_code")) return tell(report, name, check_error(test, body));
  if (expect.contains("error")) return tell(report, name, check_rejected(test, body));
  if (expect.contains("parsed_key_one_of"))
    return tell(report, name, check_key_of(expect["parsed_key_one_of"], body));
  if (expect.contains("parsed"))
    return tell(report, name,
                compare_s3_document(body, test.value("headers", Json::object()), expect["parsed"]));
  report.fail(name, "expects something that the runner does not know");
}

void run_s3_xml_case(const Json& test, Report& report) {
  const std::string name = text_of(test, "name"), xml = text_of(test, "xml");
  const Json& parsed = test["parsed"];
  if (!parsed.contains("Error")) return tell(report, name, compare_s3_document(xml, {}, parsed));
  // The answer's status is not told; S3 sends it with 403 here, and in a 200 it must be seen too.
  ScriptedBucket s3(always(Reply(403, xml)));
  const Status answer = ask(s3, "ListObjects");
  Comparison c;
  if (answer) return report.fail(name, "no error");
  c.member(parsed["Error"], "Code", answer.error().code());
  const std::string& message = answer.error().message();
  const std::string wanted = text_of(parsed["Error"], "Message");
  c.same("Message", message.substr(0, wanted.size()), wanted);
  tell(report, name, c.result());
}

namespace {

void run_document(const Json& document, Report& report) {
  for (const Json& suite : document.value("suites", Json::array())) {
    for (const Json& test : suite["cases"]) {
      if (test.contains("serialized"))
        run_rest_xml_input(suite, test, report);
      else if (test.contains("response"))
        run_rest_xml_output(suite, test, report);
      else
        report.fail(test.value("id", "(no id)"), "a case of no known shape");
    }
  }
  for (const Json& test : document.value("cases", Json::array())) {
    if (test.contains("kind"))
      run_s3_request_case(test, report);
    else if (test.contains("xml") && test.contains("parsed"))
      run_s3_xml_case(test, report);
    else if (test.contains("operation") && test.contains("expect"))
      run_s3_body_case(test, report);
    else if (test.contains("response"))
      run_mock_server_case(test, report);
    else
      report.fail(test.value("name", "(no name)"), "a case of no known shape");
  }
}

}  // namespace

std::vector<Runner> xml_runners() {
  return {{"xml",
           [](std::string_view folder, const Json& document) {
             return folder == "xml" && (document.contains("cases") || document.contains("suites"));
           },
           &run_document}};
}

}  // namespace s3ferry::vectors
