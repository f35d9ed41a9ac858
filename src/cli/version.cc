#include "cli/version.h"

namespace s3ferry {

std::string_view version() {
  return S3FERRY_VERSION;
}

}  // namespace s3ferry
