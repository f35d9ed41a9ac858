#include "aws/call.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "aws/redact.h"
#include "base/log.h"
#include "base/text.h"
#include "http/direct_body.h"

namespace s3ferry::aws {
namespace {

using std::chrono::milliseconds;

// An error's body is small; what is larger is not one of S3's.
constexpr ByteCount kErrorBodyLimit = kMiB;
// The fields that signing adds, but for a token.
constexpr std::size_t kSigningBytes = 768;
// Servers refuse a difference of 15 minutes; where they do not say so (HEAD), this much shows it.
constexpr auto kSuspiciousDrift = std::chrono::minutes(4);
constexpr auto kLeastDrift = std::chrono::seconds(1);
// With an endpoint that was never reached.
constexpr auto kPatienceWithSilence = std::chrono::seconds(15);

std::string target_of(const CallSpec& spec) {
  const std::string& base = spec.endpoint->base_path;
  std::string target;
  std::size_t size = base.size() + spec.path.size();
  for (const auto& [name, value] : spec.query) size += name.size() + value.size() + 16;
  target.reserve(size);
  target += base;
  if (base.empty() || spec.path != "/") target += spec.path;
  char separator = '?';
  for (const auto& [name, value] : spec.query) {
    target += separator;
    separator = '&';
    append_uri_encoded(target, name);
    if (value.empty()) continue;
    target += '=';
    append_uri_encoded(target, value);
  }
  return target;
}

// What the body is signed as; `storage` keeps what had to be computed.
std::string_view payload_hash_of(const CallSpec& spec, std::string& storage) {
  if (spec.anonymous) return {};
  if (spec.stream || spec.payload == PayloadHash::kUnsigned) return kUnsignedPayload;
  if (spec.body.empty()) return kEmptyPayloadSha256;
  storage = sha256_hex(spec.body);
  return storage;
}

// x-amz-retry-after is in milliseconds, Retry-After in seconds or a date.
std::optional<milliseconds> retry_hint(const http::Headers& headers, WallTime server_now) {
  constexpr std::uint64_t kMost = 24 * 3600 * 1000;
  if (const auto text = headers.get("x-amz-retry-after")) {
    const auto number = parse_u64(trim_ascii(*text));
    if (number) return milliseconds(std::min(*number, kMost));
    return std::nullopt;
  }
  const auto text = headers.get("retry-after");
  if (!text) return std::nullopt;
  if (const auto seconds = parse_u64(trim_ascii(*text)))
    return milliseconds(std::min(*seconds, kMost / 1000) * 1000);
  const auto date = parse_http_date(trim_ascii(*text));
  if (!date || *date < server_now) return std::nullopt;
  return *date - server_now;
}

bool is_expired_token(const Error& error) {
  const std::string& code = error.code();
  return error.is(ErrorKind::kExpiredCredentials) || code == "ExpiredToken" ||
         code == "ExpiredTokenException" || code == "TokenRefreshRequired" ||
         code == "InvalidToken";
}

bool is_silence(const Error& error) {
  return error.is(ErrorKind::kConnect) || error.is(ErrorKind::kTimeout);
}

// Of these it is certain that the server did nothing.
bool surely_not_done(const Error& error) {
  return error.is(ErrorKind::kConnect) || error.is(ErrorKind::kThrottled);
}

// A body that the sink refuses is dropped, and its connection with it.
Task<Status> pour(http::BodyReader& body, AnswerSink& sink) {
  sink.begin();
  for (;;) {
    auto bytes = co_await body.read();
    if (!bytes) co_return fail(std::move(bytes.error()));
    if (bytes->empty()) co_return Status();
    if (Status taken = sink.take(*bytes); !taken) co_return taken;
  }
}

}  // namespace

struct Caller::Try final : http::BeforeSend {
  Try(Caller& caller, const CallSpec& call)
      : spec(call),
        caller_(caller),
        rate(caller.options_.rate),
        copied_from_rate(call.reads_for_copy ? caller.options_.copied_from_rate : nullptr),
        begun(caller.runtime_.now()),
        session(caller.options_.retry, caller.budget_, call.attempts_before),
        payload_hash(payload_hash_of(call, hash_storage)) {}
  Try(const Try&) = delete;
  Try& operator=(const Try&) = delete;

  const CallSpec& spec;
  Caller& caller_;
  RequestRate* const rate;
  RequestRate* const copied_from_rate;
  TimePoint granted{};
  bool grant_used = false;
  const TimePoint begun;
  RetrySession session;
  std::string hash_storage;
  const std::string_view payload_hash;
  // Of the last try:
  std::shared_ptr<const Credentials> credentials;
  std::array<char, 64> signature{};
  std::optional<TimePoint> sent_at;  // where it is logged
  milliseconds offset_used{0};
  int requests = 0;
  bool clock_corrected = false, credentials_renewed = false;
  // Of the last answer; status 0: there was none.
  int status = 0;
  std::string request_id;
  std::optional<WallTime> server_date;
  std::optional<milliseconds> hint;

  // A limit, or somebody to be told when it is written.
  bool asks_before_send() const {
    return is_limited() || spec.sent != nullptr || spec.watch != nullptr;
  }
  bool is_limited() const {
    return (rate != nullptr && rate->limits()) ||
           (copied_from_rate != nullptr && copied_from_rate->limits());
  }
  Task<Status> may_send() override;
  bool may_send_now() override;
  void tell(const Error* error) const {
    if (spec.watch != nullptr) spec.watch->answered(caller_.runtime_.now(), error);
  }
  void forget_answer() {
    status = 0;
    request_id.clear();
    server_date.reset();
    hint.reset();
    sent_at.reset();
  }
  void note_answer(const http::Response& response, const Runtime& runtime);
  Error finish(Error error) const;
  void log_answer(const Result<http::Response>& response, Duration took) const;
};

// A grant holds for one request that is on its way at once. A connection that had to be opened
// first, or that turned out to be closed, costs another.
bool Caller::Try::may_send_now() {
  if (is_limited() && (grant_used || caller_.runtime_.now() - granted > kGrantKeeps)) return false;
  grant_used = true;
  const TimePoint now = caller_.runtime_.now();
  if (spec.sent != nullptr) spec.sent->set(now);
  if (spec.watch != nullptr) spec.watch->sent(now);
  return true;
}

Task<Status> Caller::Try::may_send() {
  while (!may_send_now()) {
    Status again = co_await caller_.wait_for_rate(*this);
    if (!again) co_return again;
  }
  co_return Status();
}

void Caller::Try::note_answer(const http::Response& response, const Runtime& runtime) {
  status = response.status;
  if (status < 300) return;
  request_id =
      response.headers.get_or("x-amz-request-id", response.headers.get_or("x-amzn-requestid", ""));
  if (const auto date = response.headers.get("date")) server_date = parse_http_date(*date);
  hint = retry_hint(response.headers, server_date.value_or(runtime.wall_now()));
}

// Completes what only the loop knows, and hides what the server may have echoed.
Error Caller::Try::finish(Error error) const {
  if (error.operation().empty()) error = std::move(error).with_operation(spec.operation);
  if (error.key().empty()) error = std::move(error).with_key(spec.key);
  if (error.http_status() == 0) error = std::move(error).with_status(status);
  if (error.request_id().empty()) error = std::move(error).with_request_id(request_id);
  if (hint && error.retry_after_ms() < 0)
    error = std::move(error).with_retry_after_ms(hint->count());
  error = std::move(error).with_attempts(session.attempts());
  if (!credentials) return redact_error(std::move(error), {});
  return redact_error(
      std::move(error),
      {credentials->secret_access_key.reveal(), credentials->session_token.reveal(),
       credentials->access_key_id, std::string_view(signature.data(), signature.size())});
}

void Caller::Try::log_answer(const Result<http::Response>& response, Duration took) const {
  std::string line = fmt::format(
      "{} {} {}{} -> {} in {} ms, attempt {}", spec.operation, http::to_string(spec.method),
      spec.endpoint->origin.to_string(), redact_target(target_of(spec)),
      response ? std::to_string(response->status) : std::string(to_string(response.error().kind())),
      std::chrono::duration_cast<milliseconds>(took).count(), session.attempts());
  if (!request_id.empty()) line += ", request id " + request_id;
  line = credentials ? redact_text(std::move(line), {credentials->secret_access_key.reveal(),
                                                     credentials->session_token.reveal()})
                     : redact_text(std::move(line), {});
  log_line(LogLevel::kDebug, line);
}

Caller::Caller(Runtime& runtime, http::Transport& transport, CredentialsProvider& credentials,
               RetryBudget& budget, CallerOptions options)
    : runtime_(runtime),
      transport_(transport),
      credentials_(credentials),
      budget_(budget),
      options_(std::move(options)),
      notes_(options_.notes ? options_.notes : std::make_shared<CallNotes>()) {
  options_.notes = notes_;
}
Caller::~Caller() = default;

std::uint64_t Caller::granted_a_second() const {
  return options_.rate != nullptr ? options_.rate->a_second(runtime_.wall_now()) : 0;
}

Task<Result<Answer>> Caller::call(CallSpec spec, Judge judge) {
  co_return co_await perform(spec, judge);
}

Task<Result<Answer>> Caller::perform(const CallSpec& spec, Judge judge) {
  Try state(*this, spec);
  for (;;) {
    Result<http::Response> response = co_await attempt(state);
    note_response(state, response);
    std::optional<Error> error;
    if (!response) {
      error = std::move(response.error());
    } else {
      Result<Answer> answer;
      if (!take_answer(state, *response, *answer))
        answer = co_await read_answer(state, std::move(*response));
      Status judged;
      if (answer) judged = judge(spec, *answer);
      if (answer && judged) {
        state.session.on_success();
        state.tell(nullptr);
        co_return answer;
      }
      error = std::move(answer ? judged.error() : answer.error());
    }
    Status again = co_await settle(state, std::move(*error));
    if (!again) co_return fail(std::move(again.error()));
  }
}

Task<Result<http::Response>> Caller::open(CallSpec spec, Judge judge) {
  Try state(*this, spec);
  for (;;) {
    Result<http::Response> response = co_await attempt(state);
    note_response(state, response);
    std::optional<Error> error;
    if (!response) {
      error = std::move(response.error());
    } else if (response->status / 100 == 2) {
      state.session.on_success();
      state.tell(nullptr);
      co_return response;
    } else {
      Result<Answer> answer = co_await read_answer(state, std::move(*response));
      Status judged;
      if (answer) judged = judge(spec, *answer);
      if (answer && judged) {
        state.session.on_success();
        state.tell(nullptr);
        http::Response whole;
        whole.status = answer->status;
        whole.headers = std::move(answer->headers);
        whole.body = http::make_memory_body(std::move(answer->body));
        co_return whole;
      }
      error = std::move(answer ? judged.error() : answer.error());
    }
    Status again = co_await settle(state, std::move(*error));
    if (!again) co_return fail(std::move(again.error()));
  }
}

// One request, to the head of its answer. What need not be waited for takes no task of its own.
Task<Result<http::Response>> Caller::attempt(Try& state) {
  state.forget_answer();
  if (state.is_limited()) return wait_and_send(state);
  if (!state.spec.anonymous) {
    state.credentials = credentials_.at_hand();
    if (!state.credentials) return wait_and_send(state);
  }
  return send(state);
}

Task<Result<http::Response>> Caller::wait_and_send(Try& state) {
  if (state.is_limited()) {
    Status turn = co_await wait_for_turn(state);
    if (!turn) co_return fail(std::move(turn.error()));
  }
  if (!state.spec.anonymous) {
    Result<Credentials> credentials = co_await credentials_.get();
    if (!credentials) co_return fail(std::move(credentials.error()));
    state.credentials = std::make_shared<const Credentials>(std::move(*credentials));
  }
  co_return co_await send(state);
}

Task<Result<http::Response>> Caller::send(Try& state) {
  http::Request request = build(state);
  if (state.asks_before_send()) request.before_send = &state;
  notes_->count(state.spec.operation, state.requests++ > 0);
  if (log_enabled(LogLevel::kDebug)) state.sent_at = runtime_.now();
  return transport_.send(std::move(request));
}

void Caller::note_response(Try& state, const Result<http::Response>& response) {
  if (response) {
    state.note_answer(*response, runtime_);
    if (!notes_->seen_offset()) see_clock(*response);
  }
  if (state.sent_at) state.log_answer(response, runtime_.now() - *state.sent_at);
}

// Before it is signed: a signature is good for minutes, and many may be waiting.
Task<Status> Caller::wait_for_turn(Try& state) {
  Semaphore& turns = state.copied_from_rate != nullptr ? copies_turns_ : turns_;
  Status acquired = co_await turns.acquire();
  if (!acquired) co_return acquired;
  const Permit turn(turns);
  co_return co_await wait_for_rate(state);
}

Task<Status> Caller::wait_for_rate(Try& state) {
  for (;;) {
    const TimePoint now = runtime_.now();
    const auto later =
        RequestRate::take(state.rate, state.copied_from_rate, now, runtime_.wall_now());
    state.granted = now;
    state.grant_used = false;
    if (!later) co_return Status();
    Status slept = co_await runtime_.sleep_until(*later);
    if (!slept) co_return slept;
  }
}

http::Request Caller::build(Try& state) {
  const CallSpec& spec = state.spec;
  http::Request request;
  request.method = spec.method;
  request.origin = spec.endpoint->origin;
  request.target = target_of(spec);
  std::size_t added = kSigningBytes;
  if (state.credentials) added += state.credentials->session_token.reveal().size();
  request.headers.reserve(spec.headers.size_bytes() + added);
  for (const auto& [name, value] : spec.headers) request.headers.add(name, value);
  request.body = spec.body;
  request.stream = spec.stream;
  request.deadlines = spec.deadlines;
  if (!spec.anonymous) sign(state, request);
  if (!options_.user_agent.empty()) request.headers.add("User-Agent", options_.user_agent);
  return request;
}

// Of most calls it is the same.
const std::string& Caller::host_of(const http::Origin& origin) {
  if (host_.empty() || host_origin_ != origin) {
    host_origin_ = origin;
    host_ = origin.authority();
  }
  return host_;
}

void Caller::sign(Try& state, http::Request& request) {
  const Endpoint& endpoint = *state.spec.endpoint;
  const bool s3 = endpoint.signing_name == "s3";
  state.offset_used = notes_->clock_offset();
  const std::string_view date = signer_.amz_date(runtime_.wall_now() + state.offset_used);
  http::Headers& headers = request.headers;
  headers.add("x-amz-date", date);
  if (s3) headers.add("x-amz-content-sha256", state.payload_hash);
  const Credentials& credentials = *state.credentials;
  if (!credentials.session_token.empty())
    headers.add("x-amz-security-token", credentials.session_token.reveal());
  SigningRequest signing;
  signing.method = http::to_string(request.method);
  signing.host = host_of(endpoint.origin);
  signing.target = request.target;
  fields_.assign(headers.begin(), headers.end());
  signing.headers = fields_;
  signing.payload_hash = state.payload_hash;
  signing.rules = s3 ? UriRules::kS3 : UriRules::kNormalized;
  const std::string authorization =
      signer_.authorization(signing, {date, endpoint.signing_region, endpoint.signing_name},
                            {credentials.access_key_id, credentials.secret_access_key});
  // It ends with the signature.
  authorization.copy(state.signature.data(), state.signature.size(),
                     authorization.size() - state.signature.size());
  headers.add("Authorization", authorization);
}

// A short answer has come as a whole with its head. Else false, and nothing is taken.
bool Caller::take_answer(Try& state, http::Response& response, Answer& answer) {
  auto* direct = dynamic_cast<http::DirectBody*>(response.body.get());
  const bool good = response.status / 100 == 2;
  if (direct == nullptr || (good && state.spec.sink != nullptr)) return false;
  if (!direct->take_rest(answer.body, good ? state.spec.body_limit : kErrorBodyLimit)) return false;
  answer.status = response.status;
  answer.headers = std::move(response.headers);
  return true;
}

Task<Result<Answer>> Caller::read_answer(Try& state, http::Response response) {
  Answer answer;
  answer.status = response.status;
  answer.headers = std::move(response.headers);
  if (answer.status / 100 == 2 && state.spec.sink != nullptr) {
    Status taken = co_await pour(*response.body, *state.spec.sink);
    if (!taken) co_return fail(std::move(taken.error()));
    co_return answer;
  }
  const ByteCount limit = answer.status / 100 == 2 ? state.spec.body_limit : kErrorBodyLimit;
  Status read = co_await http::read_all(*response.body, answer.body, limit);
  if (!read) co_return fail(std::move(read.error()));
  co_return answer;
}

// After a failure: success means "send again now"; else the error that the call ends with.
Task<Status> Caller::settle(Try& state, Error error) {
  if (error.is(ErrorKind::kCancelled)) co_return fail(state.finish(std::move(error)));
  state.tell(&error);
  if (state.spec.sent != nullptr) state.spec.sent->clear();
  if (correct_clock(state, error)) co_return Status();
  if (co_await renew_credentials(state, error)) co_return Status();
  if (!error.is_retryable() || (!state.spec.repeatable && !surely_not_done(error)))
    co_return fail(state.finish(std::move(error)));
  if (state.spec.gives_throttling_back && error.is(ErrorKind::kThrottled))
    co_return fail(state.finish(std::move(error)));
  // Where no server has ever answered, the endpoint is wrong rather than busy.
  if (is_silence(error) && !notes_->seen_offset() &&
      runtime_.now() - state.begun >= kPatienceWithSilence)
    co_return fail(state.finish(std::move(error)));
  std::optional<Duration> hint;
  if (state.hint) hint = *state.hint;
  co_return co_await wait_for_retry(state.session, state.finish(std::move(error)), hint);
}

Task<Status> Caller::wait_for_retry(RetrySession& session, Error error,
                                    std::optional<Duration> hint) {
  const auto cause =
      error.is(ErrorKind::kThrottled) ? RetryCause::kThrottling : RetryCause::kTransient;
  const auto verdict = session.on_failure(cause, runtime_.random_unit(), hint);
  if (verdict.outcome == RetrySession::Outcome::kAttemptsExceeded) co_return fail(std::move(error));
  if (verdict.outcome == RetrySession::Outcome::kBudgetEmpty) {
    const auto wait = std::chrono::ceil<milliseconds>(verdict.delay).count();
    co_return fail(Error(ErrorKind::kRetryBudget, "the shared retry budget is empty; last: " +
                                                      std::string(to_string(error.kind())) + ": " +
                                                      error.message())
                       .with_status(error.http_status())
                       .with_code(error.code())
                       .with_request_id(error.request_id())
                       .with_operation(error.operation())
                       .with_key(error.key())
                       .with_attempts(error.attempts())
                       .with_retry_after_ms(wait));
  }
  Status slept = co_await runtime_.sleep_for(verdict.delay);
  if (!slept)
    co_return fail(std::move(slept.error())
                       .with_operation(error.operation())
                       .with_key(error.key())
                       .with_attempts(session.attempts()));
  co_return Status();
}

// Once is enough: what it is for needs minutes, not milliseconds.
void Caller::see_clock(const http::Response& response) {
  const auto date = response.headers.get("date");
  const auto server = date ? parse_http_date(*date) : std::nullopt;
  if (server) notes_->see_offset(*server - runtime_.wall_now());
}

// The server's clock differs: taken over for all later requests of this caller, and once more for
// this one. Compared with what this try was signed with: others may have corrected it meanwhile.
bool Caller::correct_clock(Try& state, const Error& error) {
  if (state.clock_corrected || state.spec.anonymous || !state.server_date) return false;
  const bool said = error.code() == "RequestTimeTooSkewed";
  if (!said && state.status != 400 && state.status != 401 && state.status != 403) return false;
  const WallTime now = runtime_.wall_now();
  const auto drift = std::chrono::abs(*state.server_date - (now + state.offset_used));
  if (drift < (said ? milliseconds(kLeastDrift) : milliseconds(kSuspiciousDrift))) return false;
  const auto offset = std::chrono::floor<std::chrono::seconds>(*state.server_date - now);
  notes_->correct_clock(offset);
  state.clock_corrected = true;
  log_info("the clock of {} differs by {} s from ours: corrected",
           state.spec.endpoint->origin.to_string(), offset.count());
  return true;
}

// Once a call. When others have renewed meanwhile, theirs are used and nothing is asked for again.
Task<bool> Caller::renew_credentials(Try& state, const Error& error) {
  // Without an answer the provider itself said so, and it has tried.
  if (state.credentials_renewed || state.spec.anonymous || state.status == 0) co_return false;
  if (!is_expired_token(error)) co_return false;
  state.credentials_renewed = true;
  const Result<Credentials> now = co_await credentials_.get();
  if (now && now->access_key_id == state.credentials->access_key_id &&
      now->session_token == state.credentials->session_token)
    credentials_.invalidate();
  co_return true;
}

Status judge_by_status(const CallSpec&, Answer& answer) {
  const int status = answer.status;
  if (status / 100 == 2) return {};
  ErrorKind kind = ErrorKind::kInvalidRequest;
  if (status < 200)
    kind = ErrorKind::kProtocol;
  else if (status < 400)
    kind = ErrorKind::kRedirect;
  else if (status == 401 || status == 403)
    kind = ErrorKind::kAccessDenied;
  else if (status == 404)
    kind = ErrorKind::kNoSuchKey;
  else if (status == 409)
    kind = ErrorKind::kConflict;
  else if (status == 412)
    kind = ErrorKind::kPreconditionFailed;
  else if (status == 429 || status == 503)
    kind = ErrorKind::kThrottled;
  else if (status >= 500)
    kind = ErrorKind::kServer;
  return fail(Error(kind, "the server answered " + std::to_string(status)).with_status(status));
}

}  // namespace s3ferry::aws
