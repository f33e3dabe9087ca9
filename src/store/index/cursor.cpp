#include "store/index/cursor.h"

#include "base/crypto.h"
#include "store/index/validation.h"

namespace slipway::store {
namespace {

constexpr std::string_view kCursorPrefix = "after:";

}  // namespace

std::string cursor_after(std::string_view id) { return to_base64url(std::string(kCursorPrefix) + std::string(id)); }

Result<std::optional<std::string>> id_of_cursor(const std::optional<std::string>& cursor) {
    if (!cursor) return std::nullopt;
    const auto bytes = from_base64url(*cursor);
    if (!bytes || !bytes->starts_with(kCursorPrefix) || bytes->size() > kCursorPrefix.size() + IndexLimits::id_bytes)
        return fail(ErrorCode::invalid, "The cursor is not one of this index; begin again without a cursor.");
    return bytes->substr(kCursorPrefix.size());
}

}  // namespace slipway::store
