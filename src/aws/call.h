#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/answer_sink.h"
#include "aws/call_notes.h"
#include "aws/credentials.h"
#include "aws/endpoint.h"
#include "aws/request_rate.h"
#include "aws/retry.h"
#include "aws/sent_note.h"
#include "aws/sigv4.h"
#include "base/error.h"
#include "http/message.h"
#include "http/transport.h"
#include "runtime/runtime.h"
#include "runtime/semaphore.h"

namespace s3ferry::aws {

enum class PayloadHash : std::uint8_t { kSigned, kUnsigned };  // a stream is always unsigned

// Told of each try of a call, on the thread that sends it: for whoever paces calls by how they go.
class AttemptWatch {
 public:
  virtual ~AttemptWatch() = default;
  virtual void sent(TimePoint now) = 0;  // written to its connection; not where it never was
  virtual void answered(TimePoint now, const Error* error) = 0;  // null: it worked
};

// One operation to perform. A value; kept unchanged while it is tried.
struct CallSpec {
  std::string_view operation;  // "CopyObject": a literal, it lives for ever
  http::Method method = http::Method::kGet;
  std::shared_ptr<const Endpoint> endpoint;  // never null when it is sent
  // Below endpoint.base_path, percent-encoded once, starts with '/'. "/" alone means the endpoint
  // itself: the bucket in path style and in virtual-host style alike.
  std::string path = "/";
  // Not encoded; sent in this order. An empty value is sent as "name" alone ("?location").
  std::vector<std::pair<std::string, std::string>> query;
  http::Headers headers;  // all that is not about signing
  std::string body;
  std::shared_ptr<http::BodySource> stream;  // instead of `body`
  PayloadHash payload = PayloadHash::kSigned;
  bool anonymous = false;  // not signed, no credentials asked for
  http::Deadlines deadlines;
  ByteCount body_limit = 16 * kMiB;  // of an answer that call() reads; more is kTooLarge
  std::string key;                   // for errors only
  // False: a write that may have happened must be looked at before it is sent again (rule 8). Then
  // only what surely did not happen is retried: no connection, throttling, wrong clock, old token.
  bool repeatable = true;
  int attempts_before = 0;    // of the same work, when it was given back with kRetryBudget
  void* for_judge = nullptr;  // the judge's own; lives until the call has ended
  // Where a 2xx answer's body goes while it comes; Answer::body is empty then. Of call() only.
  // Lives as long; `body_limit` is its own affair.
  AnswerSink* sink = nullptr;
  bool reads_for_copy = false;    // the server reads an object for it: charged to that side as well
  AttemptWatch* watch = nullptr;  // lives until the call has ended
  SentNote* sent = nullptr;       // lives as long
  bool gives_throttling_back = false;  // kThrottled comes back at once: the caller paces its calls
};

struct Answer {
  int status = 0;
  http::Headers headers;
  std::string body;
};

// Looks at a complete answer: success, or the error it stands for (2xx with an error inside too).
// Runs inside the retry loop, so a retryable error is sent again. It need not fill in operation,
// key, request id, status or attempts; its message must not quote the body beyond the server's own
// message.
// Where the body went into spec.sink, it ends what the sink began.
using Judge = Status (*)(const CallSpec& spec, Answer& answer);
// By status alone: for answers without a body, and for services other than S3.
Status judge_by_status(const CallSpec& spec, Answer& answer);

struct CallerOptions {
  RetryPolicy retry;
  std::string user_agent = "s3ferry";
  std::shared_ptr<CallNotes> notes;  // shared with other callers; null: its own
  // What every try is charged to, and what those of copies are charged to beside it; may be null.
  RequestRate* rate = nullptr;
  RequestRate* copied_from_rate = nullptr;
};

// The signed call and the ONE retry loop. One a side and principal, on one loop: it keeps the
// signing keys, and in its notes the difference of the server's clock and the counters. The
// runtime, transport, provider and budget outlive it, and it outlives its calls.
//
// Errors of both calls, besides the judge's: kCancelled (at once), what the transport said,
// kTruncated, kTooLarge, the provider's errors, and kRetryBudget: the shared budget is empty, the
// cause stands in the message, code and status; give the work back, take it up again after
// retry_after_ms() with attempts_before = attempts(). No secret reaches an error's message.
class Caller {
 public:
  Caller(Runtime& runtime, http::Transport& transport, CredentialsProvider& credentials,
         RetryBudget& budget, CallerOptions options = {});
  virtual ~Caller();
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  // Sends until the judge is content, and returns the whole answer. `spec` outlives the task.
  virtual Task<Result<Answer>> perform(const CallSpec& spec, Judge judge);
  Task<Result<Answer>> call(CallSpec spec, Judge judge);  // the same, keeps the spec itself
  // The same, but a 2xx comes back as soon as its head is there and its body is the caller's to
  // read (a failure in it is not retried here); other answers are read and judged.
  Task<Result<http::Response>> open(CallSpec spec, Judge judge);

  // For a body of open() that broke under way, whose rest is asked for by a new call: the same
  // policy and budget hold. wait_for_retry() takes one more try and waits out its delay; `error` is
  // complete and retryable. Its error is the one to give up with: `error`, kRetryBudget,
  // kCancelled.
  RetrySession retry_session() const { return RetrySession(options_.retry, budget_); }
  Task<Status> wait_for_retry(RetrySession& session, Error error,
                              std::optional<Duration> hint = {});

  // What every try is charged to: so many a second at this time of day, 0 without a limit.
  std::uint64_t granted_a_second() const;

  std::vector<OperationCount> counts() const { return notes_->counts(); }
  std::chrono::milliseconds clock_offset() const { return notes_->clock_offset(); }
  // By the first answer, whole seconds and its way here included; 0 before it.
  std::chrono::milliseconds seen_clock_offset() const {
    return notes_->seen_offset().value_or(std::chrono::milliseconds(0));
  }

 protected:
  const CallerOptions& options() const { return options_; }

 private:
  struct Try;  // what one call carries from attempt to attempt

  Task<Result<http::Response>> attempt(Try& state);
  Task<Result<http::Response>> wait_and_send(Try& state);
  Task<Result<http::Response>> send(Try& state);
  void note_response(Try& state, const Result<http::Response>& response);
  bool take_answer(Try& state, http::Response& response, Answer& answer);
  Task<Status> wait_for_turn(Try& state);
  Task<Status> wait_for_rate(Try& state);
  Task<Result<Answer>> read_answer(Try& state, http::Response response);
  Task<Status> settle(Try& state, Error error);
  Task<bool> renew_credentials(Try& state, const Error& error);
  void see_clock(const http::Response& response);
  bool correct_clock(Try& state, const Error& error);
  http::Request build(Try& state);
  void sign(Try& state, http::Request& request);
  const std::string& host_of(const http::Origin& origin);

  Runtime& runtime_;
  http::Transport& transport_;
  CredentialsProvider& credentials_;
  RetryBudget& budget_;
  CallerOptions options_;
  std::shared_ptr<CallNotes> notes_;
  Signer signer_;
  http::Origin host_origin_;  // whose authority host_ is
  std::string host_;
  std::vector<HeaderField> fields_;  // of the request that is being signed
  // Who waits for a rate asks in turn, so that one timer runs for all; copies need two rates at
  // once, and nobody else waits behind them.
  Semaphore turns_{1}, copies_turns_{1};
};

}  // namespace s3ferry::aws
