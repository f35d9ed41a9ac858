#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "base/types.h"
#include "runtime/task.h"

namespace s3ferry::http {

enum class Method { kGet, kHead, kPut, kPost, kDelete };
std::string_view to_string(Method method);

// An ordered list of header fields, all in one piece of memory. Names are compared without case;
// add() keeps duplicates. The views that it gives live as long as it is unchanged; to move it is
// none.
class Headers {
 public:
  using Field = std::pair<std::string_view, std::string_view>;  // name, value

  Headers() = default;
  Headers(Headers&& other) noexcept
      : bytes_(std::move(other.bytes_)),
        size_(std::exchange(other.size_, 0)),
        room_(std::exchange(other.room_, 0)),
        count_(std::exchange(other.count_, 0)) {}
  Headers(const Headers& other) { *this = other; }
  Headers& operator=(Headers&& other) noexcept {
    bytes_ = std::move(other.bytes_);
    size_ = std::exchange(other.size_, 0);
    room_ = std::exchange(other.room_, 0);
    count_ = std::exchange(other.count_, 0);
    return *this;
  }
  Headers& operator=(const Headers& other);
  ~Headers() = default;

  void add(std::string_view name, std::string_view value);
  void set(std::string_view name, std::string value);  // replaces all of that name
  void remove(std::string_view name);
  // The first value, or nullopt.
  std::optional<std::string_view> get(std::string_view name) const;
  std::string_view get_or(std::string_view name, std::string_view otherwise) const {
    return get(name).value_or(otherwise);
  }
  std::size_t size() const { return count_; }
  std::size_t size_bytes() const { return size_; }
  void reserve(std::size_t bytes);

  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Field;
    using difference_type = std::ptrdiff_t;
    using pointer = const Field*;
    using reference = Field;
    explicit Iterator(const char* at) : at_(at) {}
    Field operator*() const {
      const Sizes sizes = sizes_at(at_);
      const char* name = at_ + sizeof sizes;
      return {{name, sizes.name}, {name + sizes.name, sizes.value}};
    }
    Iterator& operator++() {
      const Sizes sizes = sizes_at(at_);
      at_ += sizeof sizes + sizes.name + sizes.value;
      return *this;
    }
    bool operator==(const Iterator&) const = default;

   private:
    const char* at_;
  };
  Iterator begin() const { return Iterator(bytes_.get()); }
  Iterator end() const { return Iterator(bytes_.get() + size_); }

 private:
  // Each field: its sizes, its name, its value.
  struct Sizes {
    std::uint32_t name, value;
  };
  static Sizes sizes_at(const char* at) {
    Sizes sizes;
    std::memcpy(&sizes, at, sizeof sizes);
    return sizes;
  }
  std::unique_ptr<char[]> grow(std::size_t wanted);

  std::unique_ptr<char[]> bytes_;
  std::uint32_t size_ = 0, room_ = 0, count_ = 0;
};

// Where a request goes: scheme, host (no brackets around IPv6), port.
struct Origin {
  bool tls = true;
  std::string host;
  std::uint16_t port = 443;

  // "host" or "host:port" where the port is not the scheme's default; IPv6 in brackets. The Host
  // header and what SigV4 signs.
  std::string authority() const;
  std::string to_string() const;  // "https://host:port"
  friend bool operator==(const Origin&, const Origin&) = default;
  friend auto operator<=>(const Origin&, const Origin&) = default;
};

struct Url {
  Origin origin;
  std::string path;   // "/" or longer, as written
  std::string query;  // without '?'
};
// Absolute http:// or https:// URL; user info and fragments are refused (kConfig).
Result<Url> parse_url(std::string_view text);

// Upper bounds on waiting; each runs anew for each request (rule 8).
struct Deadlines {
  Duration connect = std::chrono::seconds(10);     // name, TCP and TLS
  Duration first_byte = std::chrono::seconds(60);  // from the request sent to the status line
  Duration idle = std::chrono::seconds(60);        // between two reads or two writes
};

// A source of bytes, read once from front to back. Not thread-safe.
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  // The next bytes, valid until the next call; an empty view is the end. An answer that ends before
  // its declared length is kTruncated. After an error every call returns an error.
  virtual Task<Result<std::string_view>> read() = 0;
  // The whole body's length where the answer says it; else 0. To reserve by, not to rely on.
  virtual ByteCount length_hint() const { return 0; }
};

// What a request carries. Either `bytes`, or a stream of exactly `length` bytes that `open` starts
// anew for each try (so that a retry sends the same body).
class BodySource {
 public:
  virtual ~BodySource() = default;
  virtual ByteCount length() const = 0;
  virtual Task<Result<std::unique_ptr<BodyReader>>> open() = 0;
};

// Asked for leave right before a request is written, when its connection is there already. An error
// ends the request unsent.
class BeforeSend {
 public:
  virtual ~BeforeSend() = default;
  virtual Task<Status> may_send() = 0;
  // The same where nothing is to be waited for; else false, and nothing was done.
  virtual bool may_send_now() { return false; }
};

struct Request {
  Method method = Method::kGet;
  Origin origin;
  std::string target = "/";  // origin-form, sent as it is: path, '?', query
  Headers
      headers;  // complete but for Host and Content-Length, which the transport writes if absent
  std::string body;
  std::shared_ptr<BodySource> stream;  // instead of `body`
  Deadlines deadlines;
  BeforeSend* before_send = nullptr;  // outlives the sending; may be null

  ByteCount body_length() const { return stream ? stream->length() : body.size(); }
};

// Head and body of an answer. The connection goes back to the pool once the body was read to its
// end; dropping the body earlier closes it.
struct Response {
  int status = 0;
  Headers headers;
  std::unique_ptr<BodyReader> body;  // never null
};

// Reads the rest of `body` into `out` (appended). More than `limit_bytes` is kTooLarge.
Task<Status> read_all(BodyReader& body, std::string& out, ByteCount limit_bytes);

// A body that is in memory: for simulated answers and tests.
std::unique_ptr<BodyReader> make_memory_body(std::string bytes);

}  // namespace s3ferry::http
