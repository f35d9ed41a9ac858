#pragma once

#include "sim/call.h"

namespace s3ferry::sim {

// One function an operation: checks permissions, takes effect, answers. The call is parsed and
// authenticated, and its bucket (where one is named) exists. Grouped by file.

// service_ops.cc
Outcome<Reply> list_buckets(State& state, const Call& call);
Outcome<Reply> create_bucket(State& state, const Call& call);
Outcome<Reply> assume_role(State& state, const Call& call);
Outcome<Reply> get_caller_identity(State& state, const Call& call);

// bucket_ops.cc
Outcome<Reply> delete_bucket(State& state, const Call& call);
Outcome<Reply> head_bucket(State& state, const Call& call);
Outcome<Reply> get_bucket_location(State& state, const Call& call);
Outcome<Reply> bucket_policy(State& state, const Call& call);
Outcome<Reply> bucket_versioning(State& state, const Call& call);
Outcome<Reply> bucket_tagging(State& state, const Call& call);
Outcome<Reply> bucket_ownership(State& state, const Call& call);
Outcome<Reply> bucket_encryption(State& state, const Call& call);
Outcome<Reply> bucket_configuration(State& state, const Call& call);
Outcome<Reply> get_acl(State& state, const Call& call);

// list.cc, list_other.cc
Outcome<Reply> list_objects_v2(State& state, const Call& call);
Outcome<Reply> list_objects(State& state, const Call& call);
Outcome<Reply> list_object_versions(State& state, const Call& call);

// read.cc
Outcome<Reply> get_object(State& state, const Call& call);  // HEAD too

// write.cc, copy.cc, remove.cc, tagging.cc
Outcome<Reply> put_object(State& state, const Call& call);
Outcome<Reply> put_object_acl(State& state, const Call& call);
Outcome<Reply> copy_object(State& state, const Call& call);
Outcome<Reply> delete_object(State& state, const Call& call);
Outcome<Reply> delete_objects(State& state, const Call& call);
Outcome<Reply> object_tagging(State& state, const Call& call);

// multipart.cc, multipart_parts.cc
Outcome<Reply> create_multipart_upload(State& state, const Call& call);
Outcome<Reply> upload_part(State& state, const Call& call);
Outcome<Reply> upload_part_copy(State& state, const Call& call);
Outcome<Reply> complete_multipart_upload(State& state, const Call& call);
Outcome<Reply> abort_multipart_upload(State& state, const Call& call);
Outcome<Reply> list_parts(State& state, const Call& call);
Outcome<Reply> list_multipart_uploads(State& state, const Call& call);

}  // namespace s3ferry::sim
