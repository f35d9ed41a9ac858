#include "s3/connection.h"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "s3/answers.h"
#include "s3/judges.h"
#include "s3/link.h"
#include "s3/spec.h"

namespace s3ferry::s3 {
namespace detail {
namespace {

struct Whole {
  using Sent = aws::Answer;
  using Out = aws::Answer;
  static Task<Result<Sent>> send(aws::Caller& caller, const aws::CallSpec& spec, aws::Judge judge) {
    return caller.perform(spec, judge);
  }
  struct Kept {};
  static void begin(aws::CallSpec&, Kept&) {}
  static Result<Out> finish(const aws::CallSpec&, Sent& sent, Kept&) { return std::move(sent); }
};
struct Opened {
  using Sent = http::Response;
  using Out = http::Response;
  static Task<Result<Sent>> send(aws::Caller& caller, const aws::CallSpec& spec, aws::Judge judge) {
    return caller.open(spec, judge);
  }
  using Kept = Whole::Kept;
  static void begin(aws::CallSpec&, Kept&) {}
  static Result<Out> finish(const aws::CallSpec&, Sent& sent, Kept&) { return std::move(sent); }
};
struct Copied : Whole {
  using Out = CopyResult;
  using Kept = std::optional<CopyResult>;  // what judge_copy read already
  static void begin(aws::CallSpec& spec, Kept& kept) { spec.for_judge = &kept; }
  static Result<Out> finish(const aws::CallSpec& spec, Sent& sent, Kept& kept) {
    if (kept) return std::move(*kept);
    auto result = read_copy_result(sent.headers, sent.body);
    if (!result) return fail(located(std::move(result.error()), spec));
    return result;
  }
};

// A value that could end its line would put a header of somebody else's choosing into the request.
Status check_headers(const aws::CallSpec& spec) {
  for (const auto& [name, value] : spec.headers) {
    unsigned char found = 0;  // no branches: it is vectorised
    for (const char c : value)
      found |= static_cast<unsigned char>((static_cast<unsigned char>(c) < 0x20 && c != '\t') ||
                                          c == 0x7F);
    if (found != 0)
      return fail(
          Error(ErrorKind::kInvalidRequest,
                fmt::format("the value of {} holds a control character, which HTTP cannot carry",
                            name))
              .with_operation(spec.operation)
              .with_key(spec.key));
  }
  return Status();
}

}  // namespace

Result<std::shared_ptr<const aws::Endpoint>> Link::endpoint_in(const BucketName& bucket,
                                                               const std::string& region) const {
  aws::EndpointParams params = params_;
  params.region = region;
  params.bucket = bucket.str();
  auto found = aws::resolve_s3_endpoint(params);
  if (!found) return fail(std::move(found.error()));
  return std::make_shared<const aws::Endpoint>(std::move(*found));
}

Result<Link::Route*> Link::route(const BucketName& bucket) {
  if (const auto found = routes_.find(bucket); found != routes_.end()) return &found->second;
  auto endpoint = endpoint_in(bucket, params_.region);
  if (!endpoint) return fail(std::move(endpoint.error()));
  Route made{(*endpoint)->signing_region, std::move(*endpoint), false};
  return &routes_.emplace(bucket, std::move(made)).first->second;
}

std::string Link::region_of(const BucketName& bucket) const {
  const auto found = routes_.find(bucket);
  return found == routes_.end() ? params_.region : found->second.region;
}

void Link::remember(const BucketName& bucket, std::string region) {
  auto endpoint = endpoint_in(bucket, region);
  if (!endpoint) return;
  routes_[bucket] = Route{std::move(region), std::move(*endpoint), true};
}

// Only a region is taken from the answer, never a host; it must be one, in the same partition, and
// another than the one just asked.
bool Link::follow(const BucketName& bucket, Route& route, const Error& error) {
  const std::string region = error.region();
  if (bucket.empty() || region.empty() || region == route.endpoint->signing_region) return false;
  if (!aws::is_valid_region(region)) return false;
  if (params_.endpoint_url.empty() &&
      aws::partition_of(region) != aws::partition_of(route.endpoint->signing_region))
    return false;
  auto endpoint = endpoint_in(bucket, region);
  if (!endpoint) return false;
  route = Route{region, std::move(*endpoint), false};
  return true;
}

template <class T>
Error Link::unresolved(const Route& route, Result<T>& answer) const {
  Error error = std::move(answer.error());
  // A wrong-region answer that names the region we asked is about something else.
  if (error.region() == route.endpoint->signing_region && error.http_status() == 400 &&
      error.code().empty())
    return Error(ErrorKind::kInvalidRequest, "the server refused the request without a reason")
        .with_status(400)
        .with_request_id(error.request_id())
        .with_operation(error.operation())
        .with_key(error.key())
        .with_attempts(error.attempts());
  return error;
}

template <class Way>
Task<Result<typename Way::Out>> Link::perform(const BucketName& bucket, aws::CallSpec spec,
                                              aws::Judge judge) {
  if (Status good = check_headers(spec); !good) co_return fail(std::move(good.error()));
  auto found = route(bucket);
  if (!found) co_return fail(std::move(found.error()));
  Route& route = **found;  // a map's element stays where it is
  typename Way::Kept kept;
  Way::begin(spec, kept);
  for (bool again = false;; again = true) {
    const bool was_confirmed = route.confirmed;
    spec.endpoint = route.endpoint;
    Result<typename Way::Sent> answer = co_await Way::send(caller_, spec, judge);
    if (answer) {
      route.confirmed = true;
      co_return Way::finish(spec, *answer, kept);
    }
    if (!answer.error().is(ErrorKind::kRedirect)) co_return fail(std::move(answer.error()));
    if (again) co_return fail(unresolved(route, answer));
    // Another call may have followed the same redirect meanwhile.
    const bool moved = *route.endpoint != *spec.endpoint;
    const bool followed = moved || follow(bucket, route, answer.error());
    // Where the bucket had answered before, this is for the next call, and this one is told.
    if (!followed || was_confirmed) co_return fail(unresolved(route, answer));
  }
}

Task<Result<aws::Answer>> Link::call(const BucketName& bucket, aws::CallSpec spec,
                                     aws::Judge judge) {
  return perform<Whole>(bucket, std::move(spec), judge);
}

Task<Result<http::Response>> Link::open(const BucketName& bucket, aws::CallSpec spec,
                                        aws::Judge judge) {
  return perform<Opened>(bucket, std::move(spec), judge);
}

Task<Result<CopyResult>> Link::copy(const BucketName& bucket, aws::CallSpec spec) {
  return perform<Copied>(bucket, std::move(spec), &judge_copy);
}

}  // namespace detail

Connection::Connection(aws::Caller& caller, const aws::EndpointParams& params)
    : link_(std::make_unique<detail::Link>(caller, params)) {}
Connection::~Connection() = default;

std::string Connection::region_of(const BucketName& bucket) const {
  return link_->region_of(bucket);
}
void Connection::remember_region(const BucketName& bucket, std::string region) {
  link_->remember(bucket, std::move(region));
}

}  // namespace s3ferry::s3
