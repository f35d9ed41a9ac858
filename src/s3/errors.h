#pragma once

#include <string_view>

#include "base/error.h"
#include "http/message.h"

namespace s3ferry::s3 {

// What an error answer stands for, from S3's <Code> and the HTTP status (s3-facts.md §4). `code`
// may be empty (HEAD). `operation` decides where one code means two things.
ErrorKind kind_of(std::string_view code, int status, std::string_view operation);

// The Error of an answer that is none of 2xx, or of a 200 whose body is an <Error>. Takes code,
// message, region and request id from body and headers; never StringToSign, CanonicalRequest, key
// ids or tokens. The message says what a person can do.
Error error_from_answer(std::string_view operation, std::string_view key, int status,
                        const http::Headers& headers, std::string_view body);

// One <Error> of a DeleteResult.
Error error_from_delete_line(std::string_view key, std::string_view code, std::string_view message);

}  // namespace s3ferry::s3
