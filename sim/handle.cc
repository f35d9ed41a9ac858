#include <fmt/format.h>

#include "base/text.h"
#include "http/message.h"
#include "sim/access.h"
#include "sim/auth.h"
#include "sim/body.h"
#include "sim/conditions.h"
#include "sim/copy_source.h"
#include "sim/operations.h"
#include "sim/simulator.h"

namespace s3ferry::sim {
namespace {

constexpr ByteCount kMostBodyBytes = 1 * kGiB;

class InFlight {
 public:
  explicit InFlight(Counters& counters) : counters_(counters) {
    counters_.most_in_flight = std::max(counters_.most_in_flight, ++counters_.in_flight);
  }
  ~InFlight() { --counters_.in_flight; }
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;

 private:
  Counters& counters_;
};

bool is_copy(const Call& call) {
  return call.operation == Operation::kCopyObject || call.operation == Operation::kUploadPartCopy;
}

void find_buckets(State& state, Call& call) {
  call.bucket = call.bucket_name.empty() ? nullptr : state.find_bucket(call.bucket_name);
  call.source_bucket = is_copy(call) ? state.find_bucket(call.source_bucket_name) : nullptr;
}

void count_arrival(Counters& counters, const Call& call, TimePoint now) {
  const auto index = static_cast<std::size_t>(call.operation);
  ++counters.requests;
  ++counters.by_operation[index];
  if (call.source_bucket != nullptr && call.source_bucket->side == Side::kSource) {
    ++counters.source_reads_by_copy;
    counters.seconds[static_cast<std::size_t>(Side::kSource)].add(now);
  }
  if (call.bucket == nullptr) return;
  counters.seconds[static_cast<std::size_t>(call.bucket->side)].add(now);
  ++counters.by_side[static_cast<std::size_t>(call.bucket->side)][index];
  const http::Method method = call.request.method;
  if (call.bucket->side == Side::kSource && method != http::Method::kGet &&
      method != http::Method::kHead)
    ++counters.source_writes;
  auto at = counters.by_bucket.find(call.bucket->name);
  if (at == counters.by_bucket.end())
    at = counters.by_bucket.emplace(call.bucket->name, OperationCounts{}).first;
  ++at->second[index];
}

std::shared_ptr<const Fault> find_fault(State& state, const Call& call) {
  if (state.faults.empty()) return nullptr;
  FaultTarget target;
  target.operation = call.operation;
  target.bucket = call.bucket_name;
  target.key = call.key;
  target.side = call.bucket != nullptr ? call.bucket->side : Side::kNone;
  if (is_copy(call)) {
    target.source_bucket = call.source_bucket_name;
    target.source_key = call.source_key;
    target.source_side = call.source_bucket != nullptr ? call.source_bucket->side : Side::kNone;
  }
  target.page = call.page;
  target.part = call.part;
  return state.faults.take(target);
}

// False: a partition's rate is used up. A copy is a read of its source as well.
bool admitted(State& state, const Call& call) {
  if (!state.pace.has_rates() || call.bucket == nullptr) return true;
  const TimePoint now = state.runtime.now();
  const std::string prefix = call.has_key ? call.key : call.query_or("prefix", "");
  bool fine = state.pace.admit(now, call.bucket_name, prefix, !is_read(call.operation));
  if (fine && call.source_bucket != nullptr)
    fine = state.pace.admit(now, call.source_bucket_name, call.source_key, false);
  return fine;
}

Duration latency(State& state, const Call& call) {
  if (!state.pace.has_latency()) return Duration{};
  if (!state.pace.depends_on_size()) return state.pace.delay(state.runtime, call.operation, 0);
  ByteCount bytes = copy_source_bytes(call);
  if (const auto text = call.header("x-amz-copy-source-range"))
    if (const auto range = parse_range(*text, bytes); range && *range) bytes = (*range)->length;
  return state.pace.delay(state.runtime, call.operation, bytes);
}

using Handler = Outcome<Reply> (*)(State&, const Call&);
Handler handler_of(Operation operation) {
  switch (operation) {
    case Operation::kListBuckets:
      return list_buckets;
    case Operation::kCreateBucket:
      return create_bucket;
    case Operation::kAssumeRole:
      return assume_role;
    case Operation::kGetCallerIdentity:
      return get_caller_identity;
    case Operation::kDeleteBucket:
      return delete_bucket;
    case Operation::kHeadBucket:
      return head_bucket;
    case Operation::kGetBucketLocation:
      return get_bucket_location;
    case Operation::kGetBucketPolicy:
    case Operation::kPutBucketPolicy:
    case Operation::kDeleteBucketPolicy:
      return bucket_policy;
    case Operation::kGetBucketVersioning:
    case Operation::kPutBucketVersioning:
      return bucket_versioning;
    case Operation::kGetBucketTagging:
    case Operation::kPutBucketTagging:
    case Operation::kDeleteBucketTagging:
      return bucket_tagging;
    case Operation::kGetBucketOwnershipControls:
    case Operation::kPutBucketOwnershipControls:
      return bucket_ownership;
    case Operation::kGetBucketEncryption:
    case Operation::kPutBucketEncryption:
      return bucket_encryption;
    case Operation::kGetBucketConfiguration:
      return bucket_configuration;
    case Operation::kGetBucketAcl:
    case Operation::kGetObjectAcl:
      return get_acl;
    case Operation::kListObjectsV2:
      return list_objects_v2;
    case Operation::kListObjects:
      return list_objects;
    case Operation::kListObjectVersions:
      return list_object_versions;
    case Operation::kGetObject:
    case Operation::kHeadObject:
      return get_object;
    case Operation::kPutObject:
      return put_object;
    case Operation::kPutObjectAcl:
      return put_object_acl;
    case Operation::kCopyObject:
      return copy_object;
    case Operation::kDeleteObject:
      return delete_object;
    case Operation::kDeleteObjects:
      return delete_objects;
    case Operation::kGetObjectTagging:
    case Operation::kPutObjectTagging:
    case Operation::kDeleteObjectTagging:
      return object_tagging;
    case Operation::kCreateMultipartUpload:
      return create_multipart_upload;
    case Operation::kUploadPart:
      return upload_part;
    case Operation::kUploadPartCopy:
      return upload_part_copy;
    case Operation::kCompleteMultipartUpload:
      return complete_multipart_upload;
    case Operation::kAbortMultipartUpload:
      return abort_multipart_upload;
    case Operation::kListParts:
      return list_parts;
    case Operation::kListMultipartUploads:
      return list_multipart_uploads;
    case Operation::kUnknown:
    case Operation::kCount:
      break;
  }
  return nullptr;
}

Outcome<Reply> perform(State& state, Call& call) {
  find_buckets(state, call);  // anew: time has passed
  const Handler handler = handler_of(call.operation);
  if (handler == nullptr) return refuse("MethodNotAllowed");
  if (!call.bucket_name.empty() && call.bucket == nullptr &&
      call.operation != Operation::kCreateBucket)
    return refuse(service_error("NoSuchBucket").with("BucketName", call.bucket_name));
  if (call.key.size() > kMaxKeyBytes)
    return refuse(service_error("KeyTooLongError")
                      .with("Size", std::to_string(call.key.size()))
                      .with("MaxSizeAllowed", std::to_string(kMaxKeyBytes)));
  if (auto fine = check_expected_owner(call); !fine) return refuse(std::move(fine.error()));
  return handler(state, call);
}

Reply error_reply(const ServiceError& error, const Call& call) {
  Reply reply;
  reply.status = error.status;
  for (const auto& [name, value] : error.headers) reply.headers.add(name, value);
  if (call.request.method == http::Method::kHead || error.status == 304) return reply;
  reply.headers.add("Content-Type", "application/xml");
  reply.body = error_document(error, call.resource, call.request_id);
  return reply;
}

// The answer that a fault dictates. A 301 names the host of its Location as S3 would.
Reply fault_reply(const Fault& fault, const Call& call) {
  Reply reply;
  if (!fault.code.empty()) {
    ServiceError error = service_error(fault.code);
    error.status = fault.status;
    if (!fault.message.empty()) error.message = fault.message;
    for (const auto& [name, value] : fault.headers)
      if (iequals_ascii(name, "location"))
        if (const auto url = http::parse_url(value))
          error.details.emplace_back("Endpoint", url->origin.host);
    reply = error_reply(error, call);
  }
  reply.status = fault.status;
  if (fault.body) reply.body = *fault.body;
  for (const auto& [name, value] : fault.headers) reply.headers.set(name, value);
  return reply;
}

const std::string& date_text(State& state, WallTime now) {
  const WallTime second = std::chrono::floor<std::chrono::seconds>(now);
  if (second != state.date_second || state.date_text.empty()) {
    state.date_second = second;
    state.date_text = format_http_date(second);
  }
  return state.date_text;
}

http::Response to_response(State& state, const Call& call, Reply reply) {
  http::Response response;
  response.status = reply.status;
  const Fault* fault = call.fault.get();
  if (fault != nullptr && reply.page.size() > 0) {  // what faults do, they do to a body
    reply.body = std::string(reply.page.view());
    reply.page = PageText();
  }
  if (fault != nullptr && fault->cut_body) reply.body.resize(reply.body.size() / 2);
  const ByteCount length =
      reply.has_content ? reply.content.size() : reply.body.size() + reply.page.size();
  response.headers = std::move(reply.headers);
  response.headers.add("x-amz-request-id", call.request_id);
  response.headers.add("x-amz-id-2", call.request_id + "/simulated");
  response.headers.add("Date", date_text(state, state.runtime.wall_now()));
  response.headers.add("Server", "AmazonS3");
  if (reply.status != 204 && reply.status != 304 && !response.headers.get("Content-Length"))
    response.headers.add("Content-Length", std::to_string(length));
  BodyManner manner;
  if (fault != nullptr) {
    manner.break_after_bytes = fault->break_after_bytes;
    manner.chunk_bytes = fault->slow_chunk_bytes;
    manner.chunk_pause = fault->slow_every;
  }
  if (call.request.method == http::Method::kHead) {
    response.body = http::make_memory_body("");
  } else if (reply.has_content || !manner.plain()) {
    Content content =
        reply.has_content ? std::move(reply.content) : Content::of_bytes(std::move(reply.body));
    response.body = make_content_body(state.runtime, std::move(content), manner);
  } else {
    response.body = reply.page.size() > 0 ? make_page_body(std::move(reply.page))
                                          : http::make_memory_body(std::move(reply.body));
  }
  return response;
}

RequestInfo info_of(const Call& call, int status) {
  RequestInfo info;
  info.operation = call.operation;
  info.bucket = call.bucket_name;
  info.key = call.key;
  info.source_bucket = call.source_bucket_name;
  info.source_key = call.source_key;
  if (call.access_key != nullptr) info.access_key_id = call.access_key->id;
  info.page = call.page;
  if (const std::string* token = call.find_query("continuation-token")) {
    if (auto read = read_token(*token)) info.after = std::move(read->after);
  } else if (const std::string* start = call.find_query("start-after")) {
    info.after = *start;
  }
  info.part = call.part;
  info.status = status;
  return info;
}

Task<Status> read_body(Call& call) {
  http::Request& request = call.request;
  std::string& body = call.body;
  call.digested = std::dynamic_pointer_cast<const DigestedBody>(request.stream);
  if (call.digested) co_return Status();
  if (!request.stream) {
    body = std::move(request.body);
    co_return Status();
  }
  auto reader = co_await request.stream->open();
  if (!reader) co_return fail(std::move(reader.error()));
  const ByteCount limit = std::min(request.stream->length(), kMostBodyBytes);
  co_return co_await http::read_all(**reader, body, limit);
}

http::Response finish(State& state, const Call& call, Outcome<Reply> outcome) {
  Counters& counters = state.counters;
  Reply reply = outcome ? std::move(*outcome) : error_reply(outcome.error(), call);
  if (reply.status >= 500) ++counters.errors_5xx;
  if (reply.status >= 400 && reply.status < 500) ++counters.errors_4xx;
  if (call.source_bucket != nullptr && call.source_bucket->side == Side::kSource)
    counters.source_bytes_by_copy += reply.copied_bytes;
  for (const Simulator::Hook& hook : state.after) hook(info_of(call, reply.status));
  return to_response(state, call, std::move(reply));
}

}  // namespace

Task<Result<http::Response>> Simulator::handle(http::Request request) {
  State& state = *state_;
  const InFlight in_flight(state.counters);
  Call call;
  call.request = std::move(request);
  Status read = co_await read_body(call);
  if (!read) co_return fail(std::move(read.error()));
  call.now = state.runtime.wall_now();
  call.request_id = state.next_id(16);
  Outcome<void> fine = parse_call(call);
  find_buckets(state, call);
  count_arrival(state.counters, call, state.runtime.now());
  if (fine && !admitted(state, call)) {
    ++state.counters.slow_downs;
    fine = refuse("SlowDown");
  }
  if (fine) call.fault = find_fault(state, call);
  const Fault* fault = call.fault.get();
  const bool answered = fault != nullptr && fault->status != 0 && !fault->take_effect;
  if (fine && !answered) fine = authenticate(state, call);
  if (fine && !answered) fine = decode_streaming_body(call);
  if (fine) {
    Duration wait = latency(state, call);
    if (fault != nullptr) wait += fault->delay;
    if (wait > Duration{}) {
      Status slept = co_await state.runtime.sleep_for(wait);
      if (!slept) co_return fail(std::move(slept.error()));
      call.now = state.runtime.wall_now();
    }
  }
  if (fault != nullptr && fault->drop == Fault::Drop::kBefore) {
    ++state.counters.dropped;
    co_return fail(ErrorKind::kNetwork, "the connection was closed before an answer");
  }
  if (!fine) co_return finish(state, call, refuse(std::move(fine.error())));
  for (const Hook& hook : state.before) hook(info_of(call, 0));
  if (answered) co_return finish(state, call, fault_reply(*fault, call));
  Outcome<Reply> outcome = perform(state, call);
  if (fault != nullptr && fault->drop == Fault::Drop::kAfter) {
    ++state.counters.dropped;
    co_return fail(ErrorKind::kNetwork, "the connection was closed before an answer");
  }
  if (fault != nullptr && fault->status != 0) outcome = fault_reply(*fault, call);
  co_return finish(state, call, std::move(outcome));
}

}  // namespace s3ferry::sim
