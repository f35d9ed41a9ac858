#pragma once

#include "s3/bucket_reader.h"

namespace s3ferry::s3 {

// What a bucket's configuration says, one GET each. Whatever a server answers beside yes and no
// (403, 405, 501, a listing) is kUnknown; an error is that of the way there. May be repeated.
Task<Result<ProbeState>> has_website(BucketReader& bucket);
Task<Result<ProbeState>> has_object_lock(BucketReader& bucket);  // objects in it can be locked

}  // namespace s3ferry::s3
