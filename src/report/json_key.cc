#include "report/json_key.h"

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace s3ferry {

void put_json_key(nlohmann::ordered_json& object, std::string_view key) {
  if (is_valid_utf8(key)) {
    object["key"] = key;
  } else {
    object["key"] = escape_for_display(key);
    object["key_base64"] = to_base64(key);
  }
}

}  // namespace s3ferry
