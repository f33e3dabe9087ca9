// Lines of patterns up to an empty one, then lines of paths. The router's tree finds what a plain look at every pattern
// finds.
#include "net/router.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "target.h"

namespace {

using namespace slipway;

using Segments = std::vector<std::string_view>;

Segments segments_of(std::string_view path) {
    if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    if (path == "/" || path.empty()) return {};
    return split(path.substr(1), '/');
}

// How specific a segment of a pattern is: literal, integer, text, rest.
int rank_of(std::string_view segment) {
    if (!segment.starts_with('{')) return 0;
    return segment.ends_with(":int}") ? 1 : segment.ends_with(":rest}") ? 3 : 2;
}

bool is_number(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// The ranks of the segments when the pattern fits the path.
std::optional<std::vector<int>> fit(const Segments& pattern, const Segments& path) {
    std::vector<int> ranks;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const auto rank = rank_of(pattern[i]);
        if (i >= path.size()) return std::nullopt;
        ranks.push_back(rank);
        if (rank == 3) {
            const bool nothing = i + 1 == path.size() && path[i].empty();
            return nothing ? std::nullopt : std::optional(ranks);
        }
        if (rank == 0 && pattern[i] != path[i]) return std::nullopt;
        if (rank == 1 && !is_number(path[i])) return std::nullopt;
        if (rank == 2 && path[i].empty()) return std::nullopt;
    }
    return pattern.size() == path.size() ? std::optional(ranks) : std::nullopt;
}

void check_path(const net::Router& router, std::string_view path) {
    const net::Route* best = nullptr;
    std::vector<int> best_ranks;
    for (const auto& route : router.routes()) {
        const auto ranks = fit(segments_of(route->pattern), segments_of(path));
        if (ranks && (best == nullptr || *ranks < best_ranks)) {
            best = route.get();
            best_ranks = *ranks;
        }
    }
    const auto match = router.match(net::Method::get, path);
    fuzz::require(match.route == best, "the tree finds the most specific pattern that fits");
    fuzz::require(router.match(net::Method::head, path).route == best, "HEAD is served by GET");
    const auto other = router.match(net::Method::post, path);
    fuzz::require(other.route == nullptr && other.allowed.empty() == (best == nullptr),
                  "405 only where there is a route");
    if (best == nullptr) return;
    const auto names = std::ranges::count(best->pattern, '{');
    fuzz::require(static_cast<std::ptrdiff_t>(match.parameters.size()) == names, "each parameter has a value");
    for (const auto& [name, value] : match.parameters)
        fuzz::require(!value.empty() && path.contains(value), "values are parts of the path");
}

}  // namespace

SLIPWAY_FUZZ_TARGET(router) {
    net::Router router;
    const net::Handler nothing = [](net::Request&) -> asio::awaitable<net::Response> {
        co_return net::Response::empty();
    };
    bool patterns = true;
    std::size_t count = 0;
    for (const auto line : split(input, '\n')) {
        if (++count > 64) return;
        if (patterns && line.empty()) {
            patterns = false;
        } else if (patterns) {
            if (net::check_pattern(line) && !router.has(net::Method::get, line)) {
                router.add(net::Method::get, std::string(line), {}, nothing);
                fuzz::require(router.has(net::Method::get, line), "what was added is there");
            }
        } else if (line.starts_with('/')) {
            check_path(router, line);
        }
    }
}
