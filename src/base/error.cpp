#include "base/error.h"

#include <array>
#include <utility>

namespace slipway {
namespace {
constexpr std::array<std::pair<ErrorCode, std::string_view>, 10> kNames{{
    {ErrorCode::not_found, "not_found"},
    {ErrorCode::invalid, "invalid"},
    {ErrorCode::conflict, "conflict"},
    {ErrorCode::unauthorized, "unauthorized"},
    {ErrorCode::forbidden, "forbidden"},
    {ErrorCode::rate_limited, "rate_limited"},
    {ErrorCode::budget_exceeded, "budget_exceeded"},
    {ErrorCode::upstream, "upstream"},
    {ErrorCode::unavailable, "unavailable"},
    {ErrorCode::internal, "internal"},
}};
// net/openapi.cpp counts up to it.
static_assert(static_cast<std::size_t>(ErrorCode::internal) + 1 == kNames.size());
}  // namespace

std::string_view to_string(ErrorCode code) {
    for (const auto& [value, name] : kNames)
        if (value == code) return name;
    return "internal";
}

std::optional<ErrorCode> error_code_from(std::string_view wanted) {
    for (const auto& [value, name] : kNames)
        if (name == wanted) return value;
    return std::nullopt;
}

}  // namespace slipway
