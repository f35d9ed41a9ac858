// libFuzzer: any bytes as the body of an error and of the small documents. What the strict check
// lets pass, the tree's parser must read too.

#include <cstdlib>

#include "s3/answers.h"
#include "s3/errors.h"
#include "s3/xml.h"

using namespace s3ferry;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string body(reinterpret_cast<const char*>(data), size);
  const Error error = s3::error_from_answer("CopyObject", "k", 500, {}, body);
  if (error.describe().find("StringToSign") != std::string::npos &&
      body.find("<Message>") == std::string::npos)
    std::abort();
  if (s3::check_xml(body, "")) {
    auto document = s3::XmlDocument::parse(body);
    if (!document || document->root_name() != s3::xml_root_name(body)) std::abort();
  }
  (void)s3::read_copy_result({}, std::string(body));
  (void)s3::read_complete_result({}, body);
  (void)s3::read_part_list(body);
  (void)s3::read_upload_list(body);
  (void)s3::read_delete_result(body);
  (void)s3::read_tagging(body);
  (void)s3::read_bucket_list(body);
  (void)s3::read_location(body);
  return 0;
}
