#include "model/chat_model.h"

namespace slipway::model {

std::string_view to_string(Role role) {
    switch (role) {
        case Role::system:
            return "system";
        case Role::user:
            return "user";
        case Role::assistant:
            return "assistant";
        case Role::tool:
            return "tool";
    }
    return "user";
}

std::string_view to_string(StopReason reason) {
    switch (reason) {
        case StopReason::end:
            return "end";
        case StopReason::length:
            return "length";
        case StopReason::tool_calls:
            return "tool_calls";
        case StopReason::content_filter:
            return "content_filter";
        case StopReason::refused:
            return "refused";
    }
    return "end";
}

}  // namespace slipway::model
