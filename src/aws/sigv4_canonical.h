#pragma once

#include <array>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "aws/sigv4.h"

namespace s3ferry::aws::detail {

// Builds canonical requests into buffers that are kept from one to the next. Part of the signer.
class Canonicalizer {
 public:
  // Signs what `request` holds; afterwards signed_headers() names it.
  void build(const SigningRequest& request);
  // Over exactly the headers named, in that order; false when one is missing.
  bool build(const SigningRequest& request, std::string_view names);

  const std::string& text() const { return text_; }
  std::string_view signed_headers() const { return names_; }

 private:
  struct Field {
    std::string_view name;  // lower case: of the request, or in lowered_
    std::string_view value;
  };
  void collect(const SigningRequest& request);
  void add_field(std::string_view name, std::string_view value);
  void begin(const SigningRequest& request);
  void end(const SigningRequest& request);

  std::string text_, names_;
  std::vector<Field> fields_;
  std::deque<std::string> lowered_;
};

void append_canonical_path(std::string& out, std::string_view path, UriRules rules);
// Leaves out the parameter `without` (a raw name), where it is not empty.
void append_canonical_query(std::string& out, std::string_view query, std::string_view without);
// "20260314/eu-west-1/s3/aws4_request"
void append_scope(std::string& out, const SigningScope& scope);
bool is_signable(std::string_view header_name);

using Digest = std::array<unsigned char, 32>;
void append_hex(std::string& out, const Digest& digest);

}  // namespace s3ferry::aws::detail
