#include "sim/command_line.h"

#include <fstream>
#include <map>
#include <sstream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace s3ferry::sim {
namespace {

constexpr const char* kFooter = R"(
A bucket by formula costs no memory, whatever its size. Members of --bucket:
  name=N            required
  owner=ACCOUNT     12 digits; default 111111111111
  region=R  side=source|target (what the counters call it)
  layout=flat|padded|dates|hash-prefixes|uuids|one-directory|long-prefixes|korean
  count=N  prefix=P  seed=N (equal seeds: equal objects)
  min-size=N  max-size=N  missing-every=N  changed-every=N
Their ETags follow from the formula and are no MD5s of the bytes: GET and HEAD show these objects as
encrypted by a KMS key (aws:kms), under which S3's own ETags are none either.

Where neither --config nor --account brings one, there is the account 111111111111 with the access key
S3SIMFAKEACCESSKEY and the secret s3sim-fake-secret-access-key.

While it runs: GET /_s3sim/ tells how to read the counters and set faults. Faults (503s, broken
connections, listings that lie) are JSON, {"faults": [{"operation": "CopyObject", "times": 50,
"response": {"status": 503}}]}, in a --config file or POSTed to /_s3sim/config; all their members
are in docs/formats/faults.md, accounts and buckets in sim/README.md.

Two buckets of a million objects, 40 ms a listing, 30 ms a copy:
  s3sim --port 9000 --latency ListObjectsV2=40 --latency CopyObject=30 \
        --bucket name=src,count=1000000,side=source --bucket name=dst,side=target
  AWS_ACCESS_KEY_ID=S3SIMFAKEACCESSKEY AWS_SECRET_ACCESS_KEY=s3sim-fake-secret-access-key \
        s3ferry sync s3://src s3://dst --endpoint-url http://127.0.0.1:9000
)";

tl::unexpected<Error> usage(std::string text) {
  return fail(ErrorKind::kUsage, std::move(text));
}

const std::map<std::string_view, Layout> kLayouts = {
    {"flat", Layout::kFlat},
    {"padded", Layout::kPadded},
    {"dates", Layout::kDates},
    {"hash-prefixes", Layout::kHashPrefixes},
    {"uuids", Layout::kUuids},
    {"one-directory", Layout::kOneDirectory},
    {"long-prefixes", Layout::kLongPrefixes},
    {"korean", Layout::kKorean},
};

Status set_number(std::string_view name, std::string_view value, SyntheticSpec& content) {
  const auto number = parse_u64(value);
  if (!number) return usage(fmt::format("'{}={}': a number is wanted", name, value));
  if (name == "count")
    content.count = *number;
  else if (name == "seed")
    content.seed = *number;
  else if (name == "min-size")
    content.min_size = *number;
  else if (name == "max-size")
    content.max_size = *number;
  else if (name == "missing-every")
    content.missing_every = *number;
  else if (name == "changed-every")
    content.changed_every = *number;
  else
    return usage(fmt::format("a bucket has no member '{}': see --help", name));
  return {};
}

Status set_member(std::string_view name, std::string_view value, BucketSpec& bucket,
                  SyntheticSpec& content) {
  if (name == "name")
    bucket.name = value;
  else if (name == "owner")
    bucket.owner = value;
  else if (name == "region")
    bucket.region = value;
  else if (name == "prefix")
    content.prefix = value;
  else if (name == "side" && value == "source")
    bucket.side = Side::kSource;
  else if (name == "side" && value == "target")
    bucket.side = Side::kTarget;
  else if (name == "side")
    return usage("side is 'source' or 'target'");
  else if (name == "layout") {
    const auto found = kLayouts.find(value);
    if (found == kLayouts.end())
      return usage(fmt::format("there is no layout '{}': see --help", value));
    content.layout = found->second;
  } else {
    return set_number(name, value, content);
  }
  return {};
}

Result<std::string> read_whole_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream out;
  if (!file || !(out << file.rdbuf()))
    return fail(ErrorKind::kIo, fmt::format("cannot read '{}'", path));
  return out.str();
}

// Of a document that was taken: it may be one of faults alone.
bool holds_accounts(const std::string& text) {
  return nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false).contains("accounts");
}

Status add_account(Simulator& simulator, const std::string& text) {
  const auto first = text.find(':');
  const auto second = first == std::string::npos ? first : text.find(':', first + 1);
  if (second == std::string::npos) return usage("--account wants ID:ACCESS_KEY:SECRET");
  return simulator.add_account_with_key(text.substr(0, first),
                                        text.substr(first + 1, second - first - 1),
                                        Secret(text.substr(second + 1)));
}

}  // namespace

void declare(CLI::App& app, CommandLine& line) {
  app.description(
      "s3sim: a simulated S3 on this machine, exact where tools get hurt. Prints its URLs when it "
      "is ready; ends with SIGTERM or Ctrl-C.");
  app.footer(kFooter);
  app.add_option("--address", line.address, "IP address to listen at")->capture_default_str();
  app.add_option("--port", line.port, "port for http; 0: any free one")->capture_default_str();
  app.add_option("--tls-port", line.tls_port,
                 "port for https, with a certificate made at the start; 0: any free one");
  app.add_option("--ca-file", line.ca_file, "write the certificate's authority here (PEM)");
  app.add_option("--config", line.configs,
                 "JSON file that describes accounts, buckets, faults (docs/formats/faults.md)");
  app.add_option("--account", line.accounts, "ID:ACCESS_KEY:SECRET; may be repeated")
      ->type_name("TEXT")
      ->allow_extra_args(false);
  app.add_option("--bucket,--synthetic", line.buckets, "a bucket, as below; may be repeated")
      ->allow_extra_args(false);
  app.add_option("--latency", line.latencies, "OPERATION=MS or OPERATION=MS+JITTER; '*' for all")
      ->allow_extra_args(false);
  app.add_flag("--no-signature-check", line.unsigned_requests,
               "take unsigned and wrongly signed requests");
  app.add_option("--discard-bodies", line.discard_from,
                 "hash uploads of at least so many bytes as they come, and throw them away: they "
                 "have their ETag and checksum, and read as zeros")
      ->type_name("BYTES");
  app.add_flag("--print-counters", line.counters_at_end, "print the counters at the end");
}

Result<BucketSpec> parse_bucket(std::string_view text) {
  BucketSpec bucket;
  bucket.owner = kDefaultAccount;
  SyntheticSpec content;
  content.max_size = 0;
  content.first_mtime = WallTime(std::chrono::days(20'000));
  while (!text.empty()) {
    const auto comma = text.find(',');
    const std::string_view member = text.substr(0, comma);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    const auto equals = member.find('=');
    if (equals == std::string_view::npos)
      return usage(fmt::format("'{}' is not NAME=VALUE: see --help", member));
    const Status set =
        set_member(member.substr(0, equals), member.substr(equals + 1), bucket, content);
    if (!set) return fail(set.error());
  }
  if (bucket.name.empty()) return usage("a bucket wants a name=…");
  content.max_size = std::max(content.max_size, content.min_size);
  if (content.count > 0) bucket.synthetic = content;
  return bucket;
}

Result<LatencySpec> parse_latency(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos) return usage("--latency wants OPERATION=MS");
  LatencySpec latency;
  const std::string_view name = text.substr(0, equals);
  if (name != "*") {
    latency.operation = parse_operation(name);
    if (!latency.operation) return usage(fmt::format("there is no operation '{}'", name));
  }
  const std::string_view value = text.substr(equals + 1);
  const auto plus = value.find('+');
  const auto fixed = parse_u64(value.substr(0, plus));
  const auto jitter = plus == std::string_view::npos ? std::optional<std::uint64_t>(0)
                                                     : parse_u64(value.substr(plus + 1));
  if (!fixed || !jitter) return usage(fmt::format("'{}' is not a number of milliseconds", value));
  latency.fixed = std::chrono::milliseconds(*fixed);
  latency.jitter = std::chrono::milliseconds(*jitter);
  return latency;
}

Status describe(Simulator& simulator, const CommandLine& line) {
  bool brings_accounts = !line.accounts.empty();
  for (const std::string& path : line.configs) {
    auto text = read_whole_file(path);
    if (!text) return fail(std::move(text.error()));
    const Status configured = simulator.configure(*text);
    if (!configured)
      return fail(ErrorKind::kConfig, fmt::format("{}: {}", path, configured.error().message()));
    brings_accounts = brings_accounts || holds_accounts(*text);
  }
  for (const std::string& account : line.accounts) {
    const Status added = add_account(simulator, account);
    if (!added) return added;
  }
  if (!brings_accounts) {
    const Status added =
        simulator.add_account_with_key(kDefaultAccount, kDefaultAccessKey, Secret(kDefaultSecret));
    if (!added) return added;
  }
  for (const std::string& text : line.buckets) {
    auto bucket = parse_bucket(text);
    if (!bucket) return fail(std::move(bucket.error()));
    const Status added = simulator.add_bucket(std::move(*bucket));
    if (!added) return added;
  }
  for (const std::string& text : line.latencies) {
    auto latency = parse_latency(text);
    if (!latency) return fail(std::move(latency.error()));
    simulator.add_latency(*latency);
  }
  simulator.check_signatures(!line.unsigned_requests);
  return {};
}

}  // namespace s3ferry::sim
