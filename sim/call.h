#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/digested_body.h"
#include "sim/reply.h"
#include "sim/state.h"

namespace s3ferry::sim {

// One request, understood: what is asked of which bucket and key, and by whom. Lives for one
// handle().
struct Call {
  http::Request request;
  std::string body;                              // read whole; aws-chunked framing removed
  std::shared_ptr<const DigestedBody> digested;  // instead of `body`, where it was not kept

  Operation operation = Operation::kUnknown;
  std::string host;             // lower case, without the port
  std::string endpoint_region;  // that the host's name says; empty: none
  bool virtual_host = false;
  std::string_view raw_path, raw_query;  // into request.target
  std::string bucket_name, key;
  bool has_key = false;
  std::vector<std::pair<std::string, std::string>> query;  // decoded
  std::vector<std::pair<std::string, std::string>> form;   // STS: the form or query members
  std::string resource;                                    // for error documents: "/bucket/key"

  std::string source_bucket_name, source_key, source_version;  // copies
  bool has_source = false;
  int page = 0;
  int part = 0;

  Bucket* bucket = nullptr;
  Bucket* source_bucket = nullptr;
  const AccessKey* access_key = nullptr;  // null: unsigned
  Principal principal;
  std::string request_id;
  WallTime now{};
  std::shared_ptr<const Fault> fault;  // null: none

  Content content() const;  // of the body
  const std::string* find_query(std::string_view name) const;
  bool has_query(std::string_view name) const { return find_query(name) != nullptr; }
  std::string query_or(std::string_view name, std::string_view otherwise) const;
  std::optional<std::string_view> header(std::string_view name) const {
    return request.headers.get(name);
  }
};

// Fills all that follows from the request's text. An error is S3's answer to a malformed one.
Outcome<void> parse_call(Call& call);

// The continuation token that stands for "after this key, page n"; and back. Opaque to clients.
std::string make_token(int page, std::string_view after, bool is_prefix);
struct Token {
  int page = 1;
  std::string after;
  bool is_prefix = false;  // `after` is a common prefix: go on behind all that begins with it
};
std::optional<Token> read_token(std::string_view text);

}  // namespace s3ferry::sim
