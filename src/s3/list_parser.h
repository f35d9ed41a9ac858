#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "aws/answer_sink.h"
#include "base/error.h"
#include "s3/entry_templates.h"
#include "s3/list_page.h"
#include "s3/list_times.h"
#include "s3/xml_cursor.h"

namespace s3ferry::s3 {

struct ListLimits {
  ListLimits() = default;
  std::size_t max_bytes = 32 * kMiB;
  std::size_t max_depth = 32;
  std::size_t max_entries = 100'000;  // S3 gives 1,000 at most; others may not
};

// Reads a ListBucketResult in one pass, while its bytes come, into `page`, which outlives it. Keeps
// nothing of the document but what is not yet a whole element. Keys come back as raw bytes:
// entities resolved, then %XX and '+' where the answer says EncodingType=url. Elements that it does
// not know are skipped, but must be well formed. After an error the page is empty. begin() starts
// anew.
//   kTruncated: empty, or ends before the root element does.
//   kProtocol:  not well-formed, not a ListBucketResult, a DOCTYPE, or a member that is missing or
//               no number, time or boolean. (Both may be asked for again.)
//   kListing:   well-formed, but says that it is truncated and gives no token.
//   kTooLarge:  over a limit.
// The order of keys is not looked at here.
class ListReader final : public aws::AnswerSink {
 public:
  explicit ListReader(ListPage& page, ListLimits limits = ListLimits());

  void begin() override;
  // The next bytes, which may end anywhere. Where the root element is another one than a listing's,
  // a small document is kept for other_document() and finish() says so.
  Status take(std::string_view bytes) override;
  Status finish();
  // All of a document that is no listing.
  const std::string& other_document() const { return other_; }

 private:
  using Tag = XmlCursor::Tag;
  enum class Place { kBeforeRoot, kInRoot, kAfterRoot, kOtherRoot };
  enum Member : unsigned {
    kKey = 1,
    kSize = 2,
    kETag = 4,
    kTime = 8,
    kClass = 16,
    kTruncated = 1,
    kToken = 2,
    kEncoding = 4,
  };
  std::string_view take_usual(std::string_view bytes);
  void usual_entries(const char*& at, const char* end);
  bool read_window(bool last, std::size_t& used);
  bool enter_root(bool last);
  bool next_element(bool last, bool& whole);
  bool root_member(const Tag& tag);
  bool contents(const Tag& tag);
  bool contents_member(const Tag& tag, ListEntry& entry);
  bool usual_member(ListEntry& entry, bool& taken);
  bool next_contents_member(const Tag& parent, Tag& tag, bool& more);
  bool common_prefixes(const Tag& tag);
  bool once(unsigned& seen, Member member);
  bool read_size(std::string_view text, ByteCount& out);
  bool read_time(std::string_view text, WallTime& out);
  std::string_view storage_class(std::string_view text);
  bool url_decode(std::string_view& text);
  bool complete();
  Status failed(Error error);

  ListPage& page_;
  const ListLimits limits_;
  XmlCursor xml_;
  EntryTemplates templates_;
  ListTimes times_;
  Place place_ = Place::kBeforeRoot;
  std::string window_;      // came and is not yet read
  std::size_t enough_ = 0;  // of the window, for another look at it
  std::size_t total_ = 0;   // bytes that came
  std::size_t read_ = 0;    // bytes in front of the window
  std::string other_, root_name_;
  Tag root_;
  std::vector<std::size_t> escaped_;  // entries whose keys hold a '%' or a '+'
  std::string_view last_class_;       // in the page
  unsigned seen_ = 0, entry_seen_ = 0;
};

// A document that is there as a whole. `page` is replaced.
Status parse_list_page(std::string_view body, ListLimits limits, ListPage& page);
inline Status parse_list_page(std::string_view body, ListPage& page) {
  return parse_list_page(body, ListLimits(), page);
}

}  // namespace s3ferry::s3
