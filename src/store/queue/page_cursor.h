// Where a page of dead letters ends: time of death and id. Part of the adapters.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"

namespace slipway::store {

inline constexpr std::size_t kDeadLettersMax = 1'000;

struct PageCursor {
    std::int64_t died = -1;
    std::string id;

    std::string text() const { return fmt::format("{}:{}", died, id); }
    // `invalid` unless it is the text of one; the beginning for nullopt.
    static Result<PageCursor> from(const std::optional<std::string>& text);
};

}  // namespace slipway::store
