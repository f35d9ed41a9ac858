#include "sim/body.h"

#include <algorithm>
#include <utility>

namespace s3ferry::sim {
namespace {

constexpr ByteCount kStep = 256 * kKiB;

class ContentBody final : public http::BodyReader {
 public:
  ContentBody(Runtime& runtime, Content content, BodyManner manner)
      : runtime_(runtime), content_(std::move(content)), manner_(manner) {}

  Task<Result<std::string_view>> read() override {
    if (manner_.chunk_bytes > 0 && at_ < content_.size()) {
      Status slept = co_await runtime_.sleep_for(manner_.chunk_pause);
      if (!slept) co_return fail(std::move(slept.error()));
    }
    ByteCount end = content_.size();
    if (manner_.break_after_bytes) end = std::min(end, *manner_.break_after_bytes);
    if (at_ >= end && end < content_.size())
      co_return fail(ErrorKind::kTruncated, "the connection broke inside the body");
    const ByteCount step = manner_.chunk_bytes > 0 ? manner_.chunk_bytes : kStep;
    const ByteCount length = std::min(step, end - at_);
    buffer_.clear();
    content_.read(at_, length, buffer_);
    at_ += length;
    co_return std::string_view(buffer_);
  }

 private:
  Runtime& runtime_;
  Content content_;
  BodyManner manner_;
  ByteCount at_ = 0;
  std::string buffer_;
};

class PageBody final : public http::BodyReader {
 public:
  explicit PageBody(PageText page) : page_(std::move(page)) {}
  ByteCount length_hint() const override { return page_.size(); }
  Task<Result<std::string_view>> read() override {
    if (std::exchange(done_, true)) co_return std::string_view();
    co_return page_.view();
  }

 private:
  PageText page_;
  bool done_ = false;
};

}  // namespace

std::unique_ptr<http::BodyReader> make_page_body(PageText page) {
  return std::make_unique<PageBody>(std::move(page));
}

std::unique_ptr<http::BodyReader> make_content_body(Runtime& runtime, Content content,
                                                    BodyManner manner) {
  return std::make_unique<ContentBody>(runtime, std::move(content), manner);
}

}  // namespace s3ferry::sim
