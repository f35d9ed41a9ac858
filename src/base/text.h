#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace s3ferry {

// Bytes to text and back. Pure functions; none depends on the locale.

std::string to_hex(std::string_view bytes);                        // lower case
std::optional<std::string> from_hex(std::string_view text);        // either case
std::string to_base64(std::string_view bytes);                     // RFC 4648, padded
std::optional<std::string> from_base64(std::string_view text);     // strict: padding, no blanks

// RFC 3986 percent-encoding as SigV4 defines it: unreserved A–Z a–z 0–9 - . _ ~ stay, all other
// bytes become %XX (upper case). keep_slash leaves '/' (S3 object paths are encoded once, so).
std::string uri_encode(std::string_view bytes, bool keep_slash = false);
void append_uri_encoded(std::string& out, std::string_view bytes, bool keep_slash = false);

// %XX to bytes; nullopt on a malformed escape. plus_is_space: form style, as ListObjectsV2 answers
// with encoding-type=url.
std::optional<std::string> uri_decode(std::string_view text, bool plus_is_space = false);

// For logs and messages: control characters, DEL and bytes that are not valid UTF-8 become \xNN
// (\n, \r, \t by name, '\' doubled), so that a key can never break a line or a terminal.
std::string escape_for_display(std::string_view bytes);
bool is_valid_utf8(std::string_view bytes);

std::string to_lower_ascii(std::string_view text);
bool iequals_ascii(std::string_view a, std::string_view b);
std::string_view trim_ascii(std::string_view text);  // space, \t, \r, \n at both ends
bool starts_with_ignoring_case(std::string_view text, std::string_view prefix);

// Decimal, whole text, no sign, no blanks; nullopt on anything else or overflow.
std::optional<std::uint64_t> parse_u64(std::string_view text);

}  // namespace s3ferry
