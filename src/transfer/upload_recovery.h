#pragma once

#include "transfer/copy_route.h"
#include "transfer/upload_log.h"

namespace s3ferry {

// No later try will be told otherwise; any other failure leaves an upload's record for the next
// one.
bool is_final_refusal(const Error& error);

// Finding and ending uploads of our own, and never another's. `writer` signs where the target's own
// principal may not; null: nobody else.

// Fills `seen`: what was open at the key before our upload, so that it is never taken for ours.
Task<void> note_open_uploads(RunState& state, s3::TargetBucket& writer, PlannedUpload& intent);

// Success: it is gone. A failure was told as a warning, with what to do.
Task<Status> abort_upload(RunState& state, s3::TargetBucket* writer, ObjectKey key,
                          UploadId upload);

// Aborts what an intent of an earlier try became. Without the upload's id only an upload at exactly
// that key, begun at or after the intent and not seen before it, is ours, and only if it is the
// only such one; otherwise it is left, and warned of. The intent is ended unless the abort is to be
// tried again.
Task<void> clear_leftover(RunState& state, s3::TargetBucket* writer, UploadLog& log,
                          PlannedUpload intent);

// At the end of a recorded run: aborts every upload of ours that is still open, whichever try or
// run of the task left it.
Task<void> clear_all_leftovers(RunState& state, s3::TargetBucket* writer);

}  // namespace s3ferry
