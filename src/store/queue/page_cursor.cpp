#include "store/queue/page_cursor.h"

#include <charconv>

namespace slipway::store {

Result<PageCursor> PageCursor::from(const std::optional<std::string>& text) {
    PageCursor cursor;
    if (!text) return cursor;
    const auto colon = std::min(text->find(':'), text->size());
    const auto [end, error] = std::from_chars(text->data(), text->data() + colon, cursor.died);
    if (colon == text->size() || error != std::errc() || end != text->data() + colon || cursor.died < 0)
        return fail(ErrorCode::invalid, "The cursor is not one that a page gave.");
    cursor.id = text->substr(colon + 1);
    return cursor;
}

}  // namespace slipway::store
