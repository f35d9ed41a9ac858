// A ListObjectsV2 answer of 1,000 keys, in pieces as they come from a socket.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "s3/list_parser.h"

namespace s3ferry::s3 {
namespace {

constexpr std::size_t kPiece = 128 * 1024;

std::string object(std::string_view key, int i, std::string_view etag_end, std::string_view more,
                   std::string_view storage_class) {
  return fmt::format(
      "<Contents><Key>{}</Key><LastModified>2026-11-22T01:02:03.000Z</LastModified>"
      "<ETag>&quot;{:032x}{}&quot;</ETag>{}<Size>{}</Size><StorageClass>{}</StorageClass>"
      "</Contents>",
      key, i, etag_end, more, i * 1000, storage_class);
}
std::string page_of(std::string (*object_of)(int)) {
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult "
      "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>bucket</Name><Prefix></Prefix>"
      "<NextContinuationToken>opaque</NextContinuationToken><KeyCount>1000</KeyCount>"
      "<MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>";
  for (int i = 0; i < 1000; ++i) out += object_of(i);
  return out + "</ListBucketResult>";
}

constexpr std::string_view kWhole =
    "<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>";

// All alike, as S3 writes them.
std::string uniform(int i) {
  return object(fmt::format("logs/2026/11/22/part-{:09}.json", i), i, "", kWhole, "STANDARD");
}
std::string escaped(int i) {
  return object(fmt::format("logs/%ED%95%9C+%20/{:09}%26.json", i), i, "", kWhole, "STANDARD");
}
// Objects of five kinds in turn, and one of twenty that must be read element by element.
std::string mixed(int i) {
  const std::string key = fmt::format("logs/2026/11/22/part-{:09}.json", i);
  if (i % 20 == 7) return object(key + "&amp;", i, "", kWhole, "STANDARD");
  switch (i % 5) {
    case 0:
      return object(key, i, "-17", "", "STANDARD_IA");
    case 1:
      return object(key + "%20", i, "",
                    "<ChecksumAlgorithm>CRC32</ChecksumAlgorithm><ChecksumType>FULL_OBJECT"
                    "</ChecksumType>",
                    "GLACIER");
    case 2:
      return object(key, i, "-3",
                    "<ChecksumAlgorithm>SHA256</ChecksumAlgorithm><ChecksumType>COMPOSITE"
                    "</ChecksumType>",
                    "STANDARD");
    case 3:
      return object(key, i, "",
                    "<Owner><ID>75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a"
                    "</ID></Owner>",
                    "INTELLIGENT_TIERING");
    default:
      return uniform(i);
  }
}
// Nothing alike: each object has a member whose text is its own.
std::string unlike(int i) {
  return object(fmt::format("logs/2026/11/22/part-{:09}.json", i), i, "",
                fmt::format("<Owner><DisplayName>owner-{}</DisplayName></Owner>", i), "STANDARD");
}

void read_page(benchmark::State& state, std::string (*object_of)(int)) {
  const std::string bytes = page_of(object_of);
  const std::string_view document = bytes;
  ListPage page;
  for (auto _ : state) {
    ListReader reader(page);
    for (std::size_t at = 0; at < document.size(); at += kPiece)
      if (!reader.take(document.substr(at, kPiece))) state.SkipWithError("a piece was refused");
    if (!reader.finish() || page.entries.size() != 1000) state.SkipWithError("not read");
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * bytes.size()));
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * 1000);
}
BENCHMARK_CAPTURE(read_page, uniform, uniform);
BENCHMARK_CAPTURE(read_page, escaped, escaped);
BENCHMARK_CAPTURE(read_page, mixed, mixed);
BENCHMARK_CAPTURE(read_page, unlike, unlike);

}  // namespace
}  // namespace s3ferry::s3
