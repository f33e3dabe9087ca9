// What every adapter of the cache port has to do, as named checks that report failures as values.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/cache/cache.h"
#include "store/check.h"

namespace slipway::test {

// A new and empty cache.
using CachePlaces = std::function<std::unique_ptr<store::Cache>()>;

struct CacheCheck {
    std::string_view name;
    std::function<Task<void>(store::Cache&)> run;
};

// Those of limits among them.
std::vector<CacheCheck> cache_checks();

struct LimiterCheck {
    std::string_view name;
    Task<void> (*run)(store::Limiter&);
};
std::span<const LimiterCheck> limiter_checks();

// nullopt when the adapter passes; otherwise what went wrong.
std::optional<std::string> failure_of(const CacheCheck& check, const CachePlaces& places);

}  // namespace slipway::test
