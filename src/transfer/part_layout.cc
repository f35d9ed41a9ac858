#include "transfer/part_layout.h"

#include <algorithm>

#include <fmt/format.h>

#include "transfer/multipart_plan.h"

namespace s3ferry {
namespace {

// What tools cut by, in MiB, most usual first: aws and most SDKs, the least, boto's and others'.
constexpr ByteCount kUsualMebibytes[] = {8,   5,   16,  64,  32,  128,  100,  10,   15,   20,
                                         25,  50,  6,   7,   12,  24,   40,   48,   80,   96,
                                         200, 250, 256, 500, 512, 1000, 1024, 2048, 4096, 5120};
constexpr ByteCount kUsualMegabytes[] = {8, 10, 16, 20, 25, 50, 64, 100, 200, 250, 500, 1000, 5000};

}  // namespace

PartLayout PartLayout::uniform(ByteCount object, ByteCount part) {
  PartLayout out;
  out.object_bytes_ = object;
  out.part_bytes_ = part;
  const ByteCount count = object == 0 ? 1 : (object - 1) / part + 1;
  out.parts_ = static_cast<std::uint32_t>(std::min<ByteCount>(count, ~std::uint32_t{0}));
  return out;
}

PartLayout PartLayout::of(const std::vector<ByteCount>& lengths) {
  const bool even = std::all_of(lengths.begin(), lengths.end() - 1,
                                [&](ByteCount length) { return length == lengths.front(); }) &&
                    lengths.back() <= lengths.front() &&
                    (lengths.back() > 0 || lengths.size() == 1);
  PartLayout out;
  for (const ByteCount length : lengths) {
    out.object_bytes_ += length;
    out.ends_.push_back(out.object_bytes_);
  }
  out.parts_ = static_cast<std::uint32_t>(lengths.size());
  if (even) return uniform(out.object_bytes_, std::max<ByteCount>(1, lengths.front()));
  return out;
}

PartRange PartLayout::part(std::uint32_t number) const {
  PartRange out;
  out.number = number;
  if (!ends_.empty()) {
    out.offset = number == 1 ? 0 : ends_[number - 2];
    out.length = ends_[number - 1] - out.offset;
    return out;
  }
  out.offset = (number - 1) * part_bytes_;
  out.length = std::min(part_bytes_, object_bytes_ - std::min(object_bytes_, out.offset));
  return out;
}

bool PartLayout::is_allowed() const {
  if (parts_ > kMaxParts) return false;
  for (std::uint32_t number = 1; number <= parts_; ++number) {
    const ByteCount length = part(number).length;
    if (length > kMaxPartBytes || (number < parts_ && length < kMinPartBytes)) return false;
  }
  return true;
}

std::string PartLayout::text() const {
  if (ends_.empty()) return fmt::format("{}/{}", object_bytes_, part_bytes_);
  std::string out = fmt::format("{}:", object_bytes_);
  for (std::uint32_t number = 1; number <= parts_; ++number)
    out += fmt::format("{}{}", number == 1 ? "" : ",", part(number).length);
  return out;
}

std::vector<PartLayout> guess_layouts(ByteCount object, std::uint32_t parts, std::size_t most) {
  std::vector<PartLayout> out;
  if (parts == 0 || object == 0) return out;
  if (parts == 1) {
    out.push_back(PartLayout::uniform(object, object));
    if (!out.front().is_allowed()) out.clear();
    return out;
  }
  // The part sizes that give so many parts.
  const ByteCount least = std::max((object - 1) / parts + 1, kMinPartBytes);
  const ByteCount greatest = std::min((object - 1) / (parts - 1), kMaxPartBytes);
  auto take = [&](ByteCount part) {
    if (part < least || part > greatest || out.size() >= most) return;
    PartLayout layout = PartLayout::uniform(object, part);
    if (layout.parts() == parts && std::find(out.begin(), out.end(), layout) == out.end())
      out.push_back(std::move(layout));
  };
  for (const ByteCount mebibytes : kUsualMebibytes) take(mebibytes * kMiB);
  for (const ByteCount megabytes : kUsualMegabytes) take(megabytes * 1'000'000);
  for (ByteCount part = (least + kMiB - 1) / kMiB * kMiB; part <= greatest && out.size() < most;
       part += kMiB)
    take(part);
  take(least);  // the object divided by the count
  return out;
}

}  // namespace s3ferry
