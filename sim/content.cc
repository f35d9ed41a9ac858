#include "sim/content.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace s3ferry::sim {
namespace {

constexpr ByteCount kReadStep = 256 * kKiB;

void append_word(std::string& out, std::uint64_t word) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(word >> shift));
}

std::uint64_t formula_word(std::uint64_t seed, std::uint64_t index) {
  const std::uint64_t word = mix64(seed ^ (index * 0x2545f4914f6cdd1dULL));
  return std::endian::native == std::endian::little ? word : __builtin_bswap64(word);
}

// The formula's bytes [from, from + size), all of one word.
char* put_formula_bytes(char* to, std::uint64_t seed, ByteCount from, std::size_t size) {
  char word[8];
  const std::uint64_t value = formula_word(seed, from / 8);
  std::memcpy(word, &value, sizeof word);
  std::memcpy(to, word + from % 8, size);
  return to + size;
}

// Whole words at once: a client that is measured must not wait for these.
void append_formula(std::uint64_t seed, ByteCount offset, ByteCount length, std::string& out) {
  const std::size_t start = out.size();
  out.resize(start + length);
  char* to = out.data() + start;
  const std::size_t to_border = std::min<ByteCount>((8 - offset % 8) % 8, length);
  if (to_border > 0) to = put_formula_bytes(to, seed, offset, to_border);
  std::uint64_t index = (offset + to_border) / 8;
  for (std::size_t words = (length - to_border) / 8; words > 0; --words, ++index, to += 8) {
    const std::uint64_t word = formula_word(seed, index);
    std::memcpy(to, &word, sizeof word);
  }
  if (const std::size_t rest = (length - to_border) % 8; rest > 0)
    put_formula_bytes(to, seed, index * 8, rest);
}

std::uint64_t describe(std::uint64_t seed, ByteCount offset, ByteCount length, std::uint64_t salt) {
  return mix64(mix64(seed + salt) ^ mix64(offset * 3 + 1) ^ mix64(length + (salt << 32)));
}

}  // namespace

template <class Visit>
void Content::for_each_piece(const Visit& visit) const {
  if (size_ == 0) return;
  if (!pieces_) {
    visit(only_);
  } else {
    for (const Piece& piece : *pieces_) visit(piece);
  }
}

Content Content::of_bytes(std::string bytes) {
  Content content;
  content.size_ = content.only_.length = bytes.size();
  content.only_.memory = std::make_shared<const std::string>(std::move(bytes));
  return content;
}

Content Content::digested(ByteCount size, std::string md5, std::string crc64nvme) {
  Content content;
  content.size_ = content.only_.length = size;
  content.only_.declared = true;
  content.only_.kept = std::make_shared<const Kept>(Kept{std::move(md5), std::move(crc64nvme)});
  return content;
}

Content Content::formula(std::uint64_t seed, ByteCount size, bool declared) {
  Content content;
  content.size_ = content.only_.length = size;
  content.only_.seed = seed;
  content.only_.declared = declared || size > kExactBytes;
  return content;
}

void Content::append(const Piece& piece) {
  if (piece.length == 0) return;
  if (size_ == 0) {
    only_ = piece;
    pieces_ = nullptr;
    size_ = piece.length;
    return;
  }
  std::vector<Piece> all = pieces_ ? *pieces_ : std::vector<Piece>{only_};
  Piece& last = all.back();
  const bool continues = !last.kept && !piece.kept && last.memory == piece.memory &&
                         last.seed == piece.seed && last.declared == piece.declared &&
                         last.offset + last.length == piece.offset;
  if (continues) {
    last.length += piece.length;
  } else {
    all.push_back(piece);
  }
  size_ += piece.length;
  if (all.size() == 1) {
    only_ = all.front();
    pieces_ = nullptr;
  } else {
    pieces_ = std::make_shared<const std::vector<Piece>>(std::move(all));
  }
}

Content Content::join(const std::vector<Content>& parts) {
  std::vector<Piece> all;
  Content out;
  for (const Content& part : parts) {
    part.for_each_piece([&](const Piece& piece) {
      if (!all.empty() && !all.back().kept && !piece.kept && all.back().memory == piece.memory &&
          all.back().seed == piece.seed && all.back().declared == piece.declared &&
          all.back().offset + all.back().length == piece.offset) {
        all.back().length += piece.length;
      } else {
        all.push_back(piece);
      }
    });
    out.size_ += part.size_;
  }
  if (all.size() == 1) {
    out.only_ = all.front();
  } else if (!all.empty()) {
    out.pieces_ = std::make_shared<const std::vector<Piece>>(std::move(all));
  }
  return out;
}

Content Content::slice(ByteCount offset, ByteCount length) const {
  Content out;
  ByteCount at = 0;
  for_each_piece([&](const Piece& piece) {
    const ByteCount from = std::max(at, offset), to = std::min(at + piece.length, offset + length);
    if (from < to) {
      Piece cut = piece;
      cut.offset += from - at;
      if (to - from < cut.length) cut.kept = nullptr;
      cut.length = to - from;
      out.append(cut);
    }
    at += piece.length;
  });
  return out;
}

void Content::read(ByteCount offset, ByteCount length, std::string& out) const {
  ByteCount at = 0;
  for_each_piece([&](const Piece& piece) {
    const ByteCount from = std::max(at, offset), to = std::min(at + piece.length, offset + length);
    if (from < to) {
      const ByteCount start = piece.offset + from - at;
      if (piece.kept) {
        out.append(to - from, '\0');
      } else if (piece.memory) {
        out.append(*piece.memory, start, to - from);
      } else {
        append_formula(piece.seed, start, to - from, out);
      }
    }
    at += piece.length;
  });
}

std::string Content::bytes() const {
  std::string out;
  out.reserve(size_);
  read(0, size_, out);
  return out;
}

bool Content::declared() const {
  bool any = false;
  for_each_piece([&](const Piece& piece) { any = any || piece.declared; });
  return any;
}

void Content::declared_md5(std::uint64_t seed, ByteCount size, std::uint64_t& high,
                           std::uint64_t& low) {
  // Of no bytes there is one digest.
  high = size == 0 ? 0xd41d8cd98f00b204ULL : describe(seed, 0, size, 1);
  low = size == 0 ? 0xe9800998ecf8427eULL : describe(seed, 0, size, 2);
}

std::string Content::declared_digest(std::uint64_t salt, std::size_t size) const {
  std::string out;
  if (!pieces_) {
    for (std::uint64_t i = 0; out.size() < size; ++i)
      append_word(out, describe(only_.seed, only_.offset, only_.length, salt + i));
  } else {
    std::string text;
    append_word(text, salt);
    for_each_piece([&](const Piece& piece) {
      std::uint64_t seed = piece.seed;
      if (piece.memory) seed = std::hash<std::string>{}(*piece.memory);
      append_word(text, describe(seed, piece.offset, piece.length, salt));
    });
    out = checksum_of(Checksum::kSha256, text);
  }
  out.resize(size);
  return out;
}

void Content::digest_into(Digest& digest) const {
  std::string buffer;
  for_each_piece([&](const Piece& piece) {
    if (piece.memory) {
      digest.update(std::string_view(*piece.memory).substr(piece.offset, piece.length));
      return;
    }
    for (ByteCount done = 0; done < piece.length; done += buffer.size()) {
      buffer.clear();
      append_formula(piece.seed, piece.offset + done, std::min(kReadStep, piece.length - done),
                     buffer);
      digest.update(buffer);
    }
  });
}

std::string Content::md5() const {
  if (!pieces_ && only_.kept) return only_.kept->md5;
  if (declared()) return declared_digest(1, 16);
  auto digest = Digest::md5();
  digest_into(*digest);
  return digest->finish();
}

std::string Content::checksum(Checksum algorithm) const {
  if (!pieces_ && only_.kept && algorithm == Checksum::kCrc64Nvme) return only_.kept->crc64nvme;
  auto digest = Digest::of(algorithm);
  if (declared()) {
    const std::size_t size = digest->finish().size();
    return declared_digest(16 * static_cast<std::uint64_t>(algorithm), size);
  }
  digest_into(*digest);
  return digest->finish();
}

}  // namespace s3ferry::sim
