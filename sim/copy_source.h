#pragma once

#include "sim/call.h"

namespace s3ferry::sim {

// CopyObject's and UploadPartCopy's limit as S3 words it.
ServiceError copy_source_too_large();
// The object that x-amz-copy-source names, checked: bucket, permission, conditions, archive, key.
Outcome<ObjectPtr> copy_source_object(State& state, const Call& call);
// Its size without any check, for latency; 0 where there is none.
ByteCount copy_source_bytes(const Call& call);

}  // namespace s3ferry::sim
