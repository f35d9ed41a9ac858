#pragma once

#include <string>
#include <string_view>

namespace s3ferry {

// Which lines NAME=VALUE of two settings texts differ, for a person: "--delete (was no, is yes),
// --compare (was aws, is etag)". Empty: none. Values are escaped and cut.
std::string differing_settings(std::string_view stored, std::string_view asked);

}  // namespace s3ferry
