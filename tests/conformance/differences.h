#pragma once

#include <string_view>
#include <vector>

namespace s3ferry::testing {

// Where the RADOS Gateway does not do what AWS does.
enum class Difference {
  kCopySourceConditionIgnored,
  kCopyTargetConditionIgnored,
  kCompleteWithoutEtag,
  kMultipartTagsLost,
  kCopyKeepsMultipartEtag,
  kPartNumberIgnored,
  kTaggingDirectiveIgnored,
  kReplaceDropsTags,
  kChecksumIgnored,
  kPutIfMatchTakesNoQuotes,
  kCopyKeepsStorageClass,
  kUploadKeysEncodedUnsaid,
  kBadCredentialsAreDenied,
  kHeadersComeBackRaw,
};

struct KnownDifference {
  Difference id;
  std::string_view aws;
  std::string_view gateway;
  std::string_view reason;
};

// The one table.
const std::vector<KnownDifference>& known_differences();

}  // namespace s3ferry::testing
