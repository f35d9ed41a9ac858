// One signed CopyObject: what each request of a sync pays for its signature.
#include <benchmark/benchmark.h>

#include "aws/sigv4.h"

namespace s3ferry::aws {
namespace {

void sign_copy_object(benchmark::State& state) {
  Signer signer;
  const Secret secret("bench-fake-secret-access-key");
  const std::vector<HeaderField> headers = {
      {"x-amz-content-sha256", kEmptyPayloadSha256},
      {"x-amz-copy-source", "/source-bucket/some/prefix/2026/11/22/object-000012345.json"},
      {"x-amz-copy-source-if-match", "\"0123456789abcdef0123456789abcdef\""},
      {"x-amz-date", "20261122T010203Z"},
      {"x-amz-storage-class", "STANDARD"},
  };
  SigningRequest request;
  request.method = "PUT";
  request.host = "target-bucket.s3.ap-northeast-2.amazonaws.com";
  request.target = "/some/prefix/2026/11/22/object-000012345.json";
  request.headers = headers;
  request.payload_hash = kEmptyPayloadSha256;
  const SigningScope scope{"20261122T010203Z", "ap-northeast-2", "s3"};
  const SigningKey key{"BENCHFAKEACCESSKEYID", secret};
  for (auto _ : state) benchmark::DoNotOptimize(signer.authorization(request, scope, key));
}
BENCHMARK(sign_copy_object);

}  // namespace
}  // namespace s3ferry::aws
