#pragma once

#include "transfer/copy_route.h"
#include "transfer/upload_log.h"

namespace s3ferry {

// Finding and ending uploads of our own, and never another's. Each asks as the target's own
// principal and, where that is denied, as the other one that may have begun them.

// Who beside the target's own principal may write there; null: nobody.
s3::TargetBucket* other_writer(const Pair& pair);

// Fills `seen`: what was open at the key before our upload, so that it is never taken for ours.
Task<void> note_open_uploads(RunState& state, PlannedUpload& intent);

// Success: it is gone. A failure was told as a warning, with what to do.
Task<Status> abort_upload(RunState& state, ObjectKey key, UploadId upload);

// Aborts what an intent of an earlier try became. Without the upload's id only an upload at exactly
// that key, begun at or after the intent and not seen before it, is ours, and only if it is the
// only such one; otherwise it is left, and warned of. The intent is ended unless a later try may be
// told otherwise.
Task<void> clear_leftover(RunState& state, UploadLog& log, PlannedUpload intent);

// At the end of a recorded run: aborts every upload of ours that is still open, whichever try or
// run of the task left it.
Task<void> clear_all_leftovers(RunState& state);

}  // namespace s3ferry
