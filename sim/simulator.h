#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "http/message.h"
#include "runtime/runtime.h"
#include "sim/spec.h"

namespace s3ferry::sim {

// What a hook is told about a request. The views live during the call.
struct RequestInfo {
  Operation operation = Operation::kUnknown;
  std::string_view bucket, key;
  std::string_view source_bucket, source_key;  // copies
  std::string_view access_key_id;              // empty: unsigned
  int page = 0;                                // listings, from 1
  std::string after;                           // … and the key behind which they begin
  int part = 0;                                // part requests, from 1
  int status = 0;                              // after hooks only
};

struct Bucket;
struct Counters;
struct State;

// A simulated S3 region (or several: each bucket has its own), exact where tools get hurt:
// signatures, two-sided policies, ownership, copy conditions, ETags, multipart, paging, odd keys,
// error texts. What it answers follows s3-facts.md; README.md says what is not simulated.
//
// One thread, the Runtime's. handle() calls may be interleaved; each takes effect at one instant,
// after its latency. Must outlive the answers' bodies. The clock for LastModified, expiry and skew
// is Runtime::wall_now().
class Simulator {
 public:
  explicit Simulator(Runtime& runtime);
  ~Simulator();
  Simulator(const Simulator&) = delete;
  Simulator& operator=(const Simulator&) = delete;

  // Configuration; may go on while requests run. kConfig where something does not fit.
  Status configure(std::string_view json);  // adds what the document describes; README.md
  Status add_account(AccountSpec account);
  Status add_user(UserSpec user);
  Status add_role(RoleSpec role);
  Status add_key(KeySpec key);
  // An account with the user "admin", allowed everything, and one key of that user.
  Status add_account_with_key(std::string id, std::string access_key_id, Secret secret);
  Status add_bucket(BucketSpec bucket);
  void add_latency(LatencySpec latency);
  void add_rate_limit(RateSpec rate);
  void set_rate_limit(RateSpec rate);  // instead of the one for the same bucket and partitions
  // The id counts from 0 in the order of adding.
  std::size_t add_fault(Fault fault);
  int fault_fired(std::size_t id) const;
  bool all_faults_fired() const;
  void clear_faults();
  // Off: unsigned requests and wrong signatures are those of the named key (fast mode for loads).
  void check_signatures(bool on);
  // A bucket in another region: 301 PermanentRedirect instead of 400 AuthorizationHeaderMalformed,
  // where the endpoint's name says no region.
  void redirect_wrong_region(bool on);
  void set_quirks(const Quirks& quirks);

  // The store, past all permissions and counters: for tests, and for hooks that change a bucket
  // between two requests. put_object replaces.
  Status put_object(std::string_view bucket, ObjectSpec object);
  Status erase_object(std::string_view bucket, std::string_view key);
  Status set_bucket_policy(std::string_view bucket, std::string_view policy_json);
  bool has_bucket(std::string_view bucket) const;
  std::optional<ObjectInfo> find_object(std::string_view bucket, std::string_view key) const;
  Result<std::string> read_object(std::string_view bucket, std::string_view key) const;
  std::vector<std::string> keys(std::string_view bucket) const;
  std::size_t open_uploads(std::string_view bucket) const;
  std::size_t open_uploads(std::string_view bucket, std::string_view key) const;
  // Another tool's upload, begun now; and the end of all that are open.
  Status open_upload(std::string_view bucket, std::string_view key);
  void erase_uploads(std::string_view bucket);

  // Called for each request that was understood: before its effect (and after its latency), and
  // with its status when it is done.
  using Hook = std::function<void(const RequestInfo&)>;
  void before_request(Hook hook);
  void after_request(Hook hook);

  const Counters& counters() const;
  std::string counters_json() const;
  void reset_counters();

  // One request. The Host field (or the origin) and the target are read as the wire has them. An
  // error means that the connection ends without an answer; a body that fails while it is read
  // means the same later. The answer has Content-Length; a HEAD's body is empty whatever that says.
  Task<Result<http::Response>> handle(http::Request request);
  // Whether any answer may take time: latencies or faults were added.
  bool may_wait() const;

 private:
  Result<Bucket*> bucket_named(std::string_view name) const;
  std::unique_ptr<State> state_;
};

}  // namespace s3ferry::sim
