#pragma once

#include <string>

#include "vectors/runner.h"

namespace s3ferry::vectors {

// The kinds of case in xml/ folders; xml_vectors.cc tells them apart by shape. Each runs one case.
void run_s3_body_case(const Json& test, Report& report);      // operation, status, body, expect
void run_s3_xml_case(const Json& test, Report& report);       // xml, parsed
void run_s3_request_case(const Json& test, Report& report);   // kind: request or response
void run_mock_server_case(const Json& test, Report& report);  // name, response
void run_rest_xml_input(const Json& suite, const Json& test, Report& report);
void run_rest_xml_output(const Json& suite, const Json& test, Report& report);

// The object that is this member, or an empty one; outlives the loop over its items().
const Json& object_in(const Json& json, const char* name);

// Compares a body's reading with `parsed`, as the root element says. Empty: equal. "skip: …" where
// the operation is none of ours.
std::string compare_s3_document(const std::string& body, const Json& headers, const Json& parsed);

}  // namespace s3ferry::vectors
