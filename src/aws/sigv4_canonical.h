#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "aws/sigv4.h"

namespace s3ferry::aws::detail {

// Builds canonical requests into buffers that are kept from one to the next, and so is what follows
// from the names of a request's fields: those of the next one are the same as a rule. Part of the
// signer.
class Canonicalizer {
 public:
  // Signs what `request` holds; afterwards signed_headers() names it.
  void build(const SigningRequest& request);
  // Over exactly the headers named, in that order; false when one is missing.
  bool build(const SigningRequest& request, std::string_view names);

  const std::string& text() const { return text_; }
  std::string_view signed_headers() const { return names_; }

 private:
  // One that is signed, in the canonical order.
  struct Field {
    std::string name;    // in lower case
    std::size_t place;   // among the request's fields, or kHost
    std::string before;  // its value: "\nname:", or a comma behind another of that name
  };
  static constexpr std::size_t kHost = static_cast<std::size_t>(-1);

  bool is_arranged_for(const SigningRequest& request) const;
  void arrange(const SigningRequest& request);
  void begin(const SigningRequest& request);
  void end(const SigningRequest& request, std::string_view names);

  std::string text_, names_;
  std::vector<std::string> given_;  // the names as they came, of the request that was arranged for
  std::vector<Field> fields_;
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
