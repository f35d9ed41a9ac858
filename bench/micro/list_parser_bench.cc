// A ListObjectsV2 answer of 1,000 keys, as S3 writes it.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "s3/list_parser.h"

namespace s3ferry::s3 {
namespace {

std::string page_of(int keys, bool odd) {
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult "
      "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>bucket</Name><Prefix></Prefix>"
      "<NextContinuationToken>opaque</NextContinuationToken><KeyCount>1000</KeyCount>"
      "<MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>";
  for (int i = 0; i < keys; ++i) {
    const std::string key = odd ? fmt::format("logs/%ED%95%9C+%20/{:09}%26.json", i)
                                : fmt::format("logs/2026/11/22/part-{:09}.json", i);
    out += fmt::format(
        "<Contents><Key>{}</Key><LastModified>2026-11-22T01:02:03.000Z</LastModified>"
        "<ETag>&quot;{:032x}&quot;</ETag><ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm>"
        "<ChecksumType>FULL_OBJECT</ChecksumType><Size>{}</Size>"
        "<StorageClass>STANDARD</StorageClass></Contents>",
        key, i, i * 1000);
  }
  return out + "</ListBucketResult>";
}

void parse(benchmark::State& state, bool odd) {
  const std::string bytes = page_of(1000, odd);
  ListPage page;
  for (auto _ : state) {
    const Status parsed = parse_list_page(bytes, page);
    if (!parsed || page.entries.size() != 1000) state.SkipWithError("the page was not read");
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * bytes.size()));
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * 1000);
}
BENCHMARK_CAPTURE(parse, plain_keys, false);
BENCHMARK_CAPTURE(parse, encoded_keys, true);

}  // namespace
}  // namespace s3ferry::s3
