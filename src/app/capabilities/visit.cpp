#include "app/capabilities/visit.h"

#include "base/text.h"

namespace slipway::app {

account::Visit visit_of(const net::Request& request) {
    const auto user_agent = to_valid_utf8(request.headers.get("User-Agent"));
    return {request.remote_address, std::string(cut_utf8(user_agent, kVisitBytesMax)), request.request_id};
}

}  // namespace slipway::app
