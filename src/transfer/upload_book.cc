#include "transfer/upload_book.h"

#include <nlohmann/json.hpp>

namespace s3ferry {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kPage = 1000;

}  // namespace

std::string upload_facts(const PlannedUpload& intent) {
  Json out;
  out["source_etag"] = intent.source_etag.view();
  out["size"] = intent.size;
  out["layout"] = intent.layout;
  out["began_ms"] = intent.began.time_since_epoch().count();
  if (intent.by_key) out["by_key"] = true;
  if (intent.seen_known) {
    out["seen"] = Json::array();
    for (const UploadId& seen : intent.seen) out["seen"].push_back(seen.view());
  }
  return out.dump(-1, ' ', true, Json::error_handler_t::replace);
}

Status read_upload_facts(std::string_view text, PlannedUpload& intent) {
  try {
    const Json in = Json::parse(text);
    intent.source_etag = ETag(in.at("source_etag").get<std::string>());
    intent.size = in.at("size").get<ByteCount>();
    intent.layout = in.at("layout").get<std::string>();
    intent.began = WallTime(std::chrono::milliseconds(in.at("began_ms").get<std::int64_t>()));
    intent.by_key = in.value("by_key", false);
    intent.seen_known = in.contains("seen");
    if (intent.seen_known)
      for (const Json& seen : in.at("seen")) intent.seen.emplace_back(seen.get<std::string>());
  } catch (const Json::exception& fault) {
    return fail(ErrorKind::kIo,
                std::string("an upload in the journal cannot be read: ") + fault.what());
  }
  return {};
}

Task<Result<std::unique_ptr<UploadBook>>> UploadBook::open(WorkStore& store,
                                                           std::optional<WallTime> run_began) {
  std::unique_ptr<UploadBook> book(new UploadBook(store));
  std::optional<std::string> after;
  for (;;) {
    Result<std::vector<UploadIntent>> page = co_await store.uploads(after, kPage);
    if (!page) co_return fail(std::move(page.error()));
    if (page->empty()) co_return book;
    for (UploadIntent& stored : *page) {
      PlannedUpload intent;
      Status read = read_upload_facts(stored.facts, intent);
      if (!read) co_return fail(std::move(read.error()));
      intent.key = ObjectKey(stored.key);
      intent.upload = UploadId(std::move(stored.upload_id));
      const bool of_this_run = run_began && stored.intended >= *run_began;
      if (!of_this_run) intent.layout.clear();  // fits no plan
      after = stored.key;
      book->open_.insert_or_assign(std::move(stored.key), std::move(intent));
    }
  }
}

Task<Status> UploadBook::begin(PlannedUpload intent) {
  const std::string key = intent.key.str();
  if (open_.contains(key))
    co_return fail(ErrorKind::kConflict, "an upload is written down at this key already");
  std::string facts = upload_facts(intent);
  open_.insert_or_assign(key, std::move(intent));
  co_return co_await store_.put_upload(key, std::move(facts));
}

Task<Status> UploadBook::created(ObjectKey key, UploadId upload, bool by_key) {
  const auto found = open_.find(key.str());
  if (found != open_.end()) {
    found->second.upload = upload;
    found->second.by_key = by_key;
    std::string facts = by_key ? upload_facts(found->second) : std::string();
    Status told = by_key ? co_await store_.put_upload(key.str(), std::move(facts)) : Status();
    if (!told) co_return told;
  }
  co_return co_await store_.upload_created(key.str(), upload.str());
}

// Where this is lost, the next try finds that the server no longer knows the upload.
Task<Status> UploadBook::ended(ObjectKey key) {
  if (open_.erase(key.str()) == 0) co_return Status();
  co_return store_.upload_ended(key.str());
}

std::optional<PlannedUpload> UploadBook::find(const ObjectKey& key) const {
  const auto found = open_.find(key.str());
  return found == open_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<PlannedUpload> UploadBook::not_ended() const {
  std::vector<PlannedUpload> out;
  for (const auto& [key, intent] : open_) out.push_back(intent);
  return out;
}

}  // namespace s3ferry
