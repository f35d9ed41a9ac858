#pragma once

#include <string>
#include <vector>

namespace s3ferry::testing {

// Keys that tools lose: legal in S3, awkward everywhere else. All distinct, none longer than 1,024
// bytes; in no order.
inline std::vector<std::string> odd_keys() {
  return {
      "plain.txt",
      "with space.txt",
      " leading and trailing space ",
      "plus+sign",
      "per%cent %41 %2F %zz",
      "amp&lt;<>\"'quote",
      "/leading/slash",
      "double//slash",
      "trailing/slash/",
      "//",
      "./dot",
      "../dot-dot",
      "a/./b",
      "a/../b",
      ".",
      "..",
      "tab\there",
      "line\nfeed",
      "carriage\rreturn",
      "bell\x07",
      std::string("soh\x01") + "end",
      "del\x7f",
      "caf\xc3\xa9",                                        // é composed
      "cafe\xcc\x81",                                       // e and a combining accent
      "\xed\x95\x9c\xea\xb5\xad\xec\x96\xb4/\xed\x82\xa4",  // Hangul
      "emoji-\xf0\x9f\x9a\xa2",
      "noncharacter-\xef\xbf\xbe",  // U+FFFE
      "private-\xee\x80\x80",       // U+E000 sorts before emoji in bytes, after in UTF-16
      "back\\slash",
      "question?mark=1&x",
      "hash#tag",
      "semi;colon:at@comma,tilde~star*",
      "[brackets]{braces}|pipe^caret`tick",
      "UPPER/lower",
      "upper/LOWER",
      "-dash-first",
      "looks-like.xml<Key>",
      "&amp;",
      "&#10;",
      std::string(1024, 'k'),
      std::string(300, 'd') + "/" + std::string(300, 'e') + "/" + std::string(300, 'f'),
  };
}

}  // namespace s3ferry::testing
