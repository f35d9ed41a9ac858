#pragma once

#include <string>

#include "http/message.h"

namespace s3ferry::http {

// Appends the request line and the header fields to `out`, ending with the empty line. Adds Host
// and Content-Length where absent. `proxy_authorization` non-null: absolute form, for a proxy;
// sent as Proxy-Authorization unless empty.
// kInvalidRequest, with `out` unchanged, when a field or the target holds what would break the
// request's frame (CR, LF, NUL, blanks in a name), names a transfer coding, or contradicts the
// body's length. The message holds the field's name, never its value.
Status append_request_head(std::string& out, const Request& request,
                           const std::string* proxy_authorization);

// CONNECT, to open a tunnel through a proxy.
void append_connect_head(std::string& out, const Origin& origin,
                         const std::string& proxy_authorization);

}  // namespace s3ferry::http
