// Runs S3 endpoint rules: params to URL and signing properties, or an error.

#include <fmt/format.h>

#include "aws/endpoint.h"
#include "vectors/runner.h"

namespace s3ferry::vectors {
namespace {

aws::EndpointParams read_params(const Json& json) {
  aws::EndpointParams params;
  params.region = json.value("Region", "");
  params.bucket = json.value("Bucket", "");
  params.endpoint_url = json.value("Endpoint", "");
  params.force_path_style = json.value("ForcePathStyle", false);
  params.use_dualstack = json.value("UseDualStack", false);
  params.use_fips = json.value("UseFIPS", false);
  params.use_accelerate = json.value("Accelerate", false);
  params.use_global = json.value("UseGlobalEndpoint", false);
  params.use_object_lambda = json.value("UseObjectLambdaEndpoint", false);
  return params;
}

// What the expected signing properties demand; schemes that are not SigV4 are out of scope.
std::string check_signing(const Json& endpoint, const aws::Endpoint& got) {
  if (!endpoint.contains("properties") || !endpoint["properties"].contains("authSchemes"))
    return {};
  for (const Json& scheme : endpoint["properties"]["authSchemes"]) {
    if (scheme.value("name", "") != "sigv4") continue;
    const std::string region = scheme.value("signingRegion", ""),
                      name = scheme.value("signingName", "");
    if (region != got.signing_region || name != got.signing_name)
      return fmt::format("signed for {}/{}, wanted {}/{}", got.signing_region, got.signing_name,
                         region, name);
    return {};
  }
  return "no sigv4 among the expected schemes";
}

void run_case(const Json& test, Report& report) {
  const std::string name =
      fmt::format("{} #{}", test.value("documentation", "(no name)"), test.value("x-index", -1));
  const std::string category = test.value("x-category", "core");
  if (test["params"].value("UseS3ExpressControlEndpoint", false)) {
    report.skip(name, "directory buckets (S3 Express) are not supported");
    return;
  }
  const auto got = resolve_s3_endpoint(read_params(test["params"]));
  const Json& expect = test["expect"];
  if (expect.contains("error")) {
    if (!got)
      report.pass(name);
    else
      report.fail(name, fmt::format("got {}, wanted the error: {}", got->url(),
                                    expect["error"].get<std::string>()));
    return;
  }
  if (!got) {
    if (category != "core" && got.error().is(ErrorKind::kUnsupported))
      report.skip(name, got.error().message());
    else
      report.fail(name, "an error instead of an endpoint: " + got.error().message());
    return;
  }
  const std::string wanted = expect["endpoint"]["url"];
  if (got->url() != wanted) {
    report.fail(name, fmt::format("got {}, wanted {}", got->url(), wanted));
    return;
  }
  const std::string problem = check_signing(expect["endpoint"], *got);
  problem.empty() ? report.pass(name) : report.fail(name, problem);
}

}  // namespace

Runner endpoints_runner() {
  return {"endpoints",
          [](std::string_view folder, const Json& document) {
            return folder == "endpoints" && document.contains("testCases");
          },
          [](const Json& document, Report& report) {
            for (const Json& test : document["testCases"]) run_case(test, report);
          }};
}

}  // namespace s3ferry::vectors
