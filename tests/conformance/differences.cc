#include "conformance/differences.h"

namespace s3ferry::testing {

const std::vector<KnownDifference>& known_differences() {
  using D = Difference;
  static const std::vector<KnownDifference> table = {
      {D::kCopySourceConditionIgnored, "a false x-amz-copy-source-if-match answers 412",
       "copies anyway, 200", "it reads x-amz-copy-if-match instead of the header that S3 defines"},
      {D::kCopyTargetConditionIgnored,
       "CopyObject with If-None-Match: * answers 412 if the key is there", "overwrites, 200",
       "conditional writes exist there for PutObject only (16.2)"},
      {D::kCompleteWithoutEtag, "CompleteMultipartUpload answers with the object's ETag",
       "the ETag element is empty", "the first answer is written before the ETag is known"},
      {D::kMultipartTagsLost, "x-amz-tagging at create arrives with the completed object",
       "the object has no tags", "the header is not kept with the upload"},
      {D::kCopyKeepsMultipartEtag, "a copied multipart object has a plain ETag",
       "keeps the ETag with its -N", "the copy shares the source's manifest and attributes"},
      {D::kPartNumberIgnored, "HEAD with partNumber describes that part and counts the parts",
       "describes the whole object", "the parameter is not read by HEAD (16.2)"},
      {D::kTaggingDirectiveIgnored, "x-amz-tagging-directive: REPLACE sets the tags that were sent",
       "copies the source's tags", "the directive is not read (16.2)"},
      {D::kReplaceDropsTags, "x-amz-metadata-directive: REPLACE leaves the tags to be copied",
       "drops them", "tags are attributes there, and REPLACE replaces all attributes"},
      {D::kChecksumIgnored, "a wrong x-amz-checksum-… answers 400 BadDigest",
       "stores the object, 200", "additional checksums came after that release"},
      {D::kPutIfMatchTakesNoQuotes, "PutObject with If-Match and the object's ETag writes",
       "412 unless the ETag comes without its quotes", "it compares the header with its quotes"},
      {D::kCopyKeepsStorageClass, "CopyObject without a storage class makes STANDARD",
       "keeps the source's class", "the copy takes over the source's placement"},
      {D::kUploadKeysEncodedUnsaid, "ListMultipartUploads says EncodingType when it encodes keys",
       "encodes and does not say so", "the element is missing from that answer (16.2)"},
      {D::kBadCredentialsAreDenied, "InvalidAccessKeyId and SignatureDoesNotMatch",
       "AccessDenied for both", "with STS switched on, the engines' errors are folded into one"},
      {D::kHeadersComeBackRaw, "header values outside ASCII come back in RFC 2047 form",
       "the bytes as they were sent", "it neither decodes nor encodes them"},
  };
  return table;
}

}  // namespace s3ferry::testing
