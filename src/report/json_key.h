#pragma once

#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace s3ferry {

// Puts "key" into a JSON object. A key is bytes, JSON text is UTF-8: other bytes are escaped for
// the eye, and given in "key_base64" beside it.
void put_json_key(nlohmann::ordered_json& object, std::string_view key);

}  // namespace s3ferry
