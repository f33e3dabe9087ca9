#include "net/router.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "base/text.h"

namespace slipway::net {
namespace {

constexpr std::size_t kMethods = 7;
constexpr std::size_t kWebSocket = kMethods;  // the slot after the methods

enum class Kind : unsigned char { literal, text, integer, rest };

struct Segment {
    Kind kind = Kind::literal;
    std::string_view name;  // of the parameter, or the literal
};

Segment segment_of(std::string_view text) {
    if (text.size() < 2 || text.front() != '{' || text.back() != '}') return {Kind::literal, text};
    const auto inside = text.substr(1, text.size() - 2);
    const auto colon = inside.find(':');
    if (colon == std::string_view::npos) return {Kind::text, inside};
    return {inside.substr(colon + 1) == "rest" ? Kind::rest : Kind::integer, inside.substr(0, colon)};
}

std::string_view without_trailing_slash(std::string_view path) {
    if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    return path;
}

// The first segment of "/a/b" is "a"; what follows it ("/b", or nothing) stays in `path`.
std::string_view take_segment(std::string_view& path) {
    path.remove_prefix(1);
    const auto end = std::min(path.find('/'), path.size());
    const auto segment = path.substr(0, end);
    path.remove_prefix(end);
    return segment;
}

bool is_number(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_parameter_name(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
}

}  // namespace

Result<void> check_pattern(std::string_view pattern) {
    if (!pattern.starts_with('/')) return fail(ErrorCode::invalid, "The route '{}' does not begin with '/'.", pattern);
    std::vector<std::string_view> names;
    for (auto rest = without_trailing_slash(pattern); !rest.empty() && pattern != "/";) {
        const auto text = take_segment(rest);
        if (text.empty()) return fail(ErrorCode::invalid, "The route '{}' has an empty segment.", pattern);
        if (text.find_first_of("{}") == std::string_view::npos) continue;
        const auto [kind, name] = segment_of(text);
        const auto suffix = text.substr(std::min(text.find(':'), text.size()));
        if (kind == Kind::literal || !is_parameter_name(name) ||
            (!suffix.empty() && suffix != ":rest}" && suffix != ":int}"))
            return fail(ErrorCode::invalid,
                        "The route '{}' has a bad segment '{}'; parameters are whole segments: {{name}}, "
                        "{{name:int}} or {{name:rest}}.",
                        pattern, text);
        if (std::ranges::find(names, name) != names.end())
            return fail(ErrorCode::invalid, "The route '{}' has the parameter '{}' twice.", pattern, name);
        if (kind == Kind::rest && !rest.empty())
            return fail(ErrorCode::invalid, "The route '{}' goes on after '{}', which takes all.", pattern, text);
        names.push_back(name);
    }
    return {};
}

// A node stands for the segments from the root to it. What routes end here lies in `ends`, by method.
struct Router::Node {
    struct End {
        const Route* route = nullptr;
        std::vector<std::string> names;
    };

    std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
    std::unique_ptr<Node> integer, text, rest;
    std::array<End, kMethods + 1> ends;

    std::unique_ptr<Node>& child(const Segment& segment) {
        switch (segment.kind) {
            case Kind::integer:
                return integer;
            case Kind::text:
                return text;
            case Kind::rest:
                return rest;
            case Kind::literal:
                break;
        }
        return literals[std::string(segment.name)];
    }

    const Node* find(const Segment& segment) const {
        switch (segment.kind) {
            case Kind::integer:
                return integer.get();
            case Kind::text:
                return text.get();
            case Kind::rest:
                return rest.get();
            case Kind::literal:
                break;
        }
        const auto found = literals.find(segment.name);
        return found == literals.end() ? nullptr : found->second.get();
    }

    struct Search {
        std::size_t slot;
        std::array<bool, kMethods> allowed{};
        std::vector<std::string_view> values;
        const End* found = nullptr;
    };
    // Tries the more specific child first and comes back when nothing below it has the method.
    void search(std::string_view path, Search& search) const;
    void finish(Search& search) const;
    void descend(const Node* node, std::string_view value, std::string_view path, Search& search) const;
};

void Router::Node::finish(Search& search) const {
    for (std::size_t i = 0; i < kMethods; ++i)
        if (ends[i].route != nullptr) search.allowed[i] = true;
    constexpr auto kGet = static_cast<std::size_t>(Method::get), kHead = static_cast<std::size_t>(Method::head);
    if (ends[kGet].route != nullptr) search.allowed[kHead] = true;
    const auto* end = &ends[search.slot];
    if (end->route == nullptr && (search.slot == kHead || search.slot == kWebSocket)) end = &ends[kGet];
    if (end->route != nullptr) search.found = end;
}

void Router::Node::descend(const Node* node, std::string_view value, std::string_view path, Search& search) const {
    if (node == nullptr || search.found != nullptr) return;
    search.values.push_back(value);
    node->search(path, search);
    if (search.found == nullptr) search.values.pop_back();
}

void Router::Node::search(std::string_view path, Search& search) const {
    if (path.empty()) return finish(search);
    const auto whole = path;
    const auto segment = take_segment(path);
    const auto literal = literals.find(segment);
    if (literal != literals.end()) literal->second->search(path, search);
    if (is_number(segment)) descend(integer.get(), segment, path, search);
    if (!segment.empty()) descend(text.get(), segment, path, search);
    if (whole.size() > 1) descend(rest.get(), whole.substr(1), {}, search);
}

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

void Router::insert(std::size_t slot, std::unique_ptr<Route> route, bool replaces) {
    if (const auto valid = check_pattern(route->pattern); !valid) throw std::invalid_argument(valid.error().message);
    Node* node = root_.get();
    std::vector<std::string> names;
    for (auto rest = without_trailing_slash(route->pattern); !rest.empty() && rest != "/";) {
        const auto segment = segment_of(take_segment(rest));
        if (segment.kind != Kind::literal) names.emplace_back(segment.name);
        auto& child = node->child(segment);
        if (!child) child = std::make_unique<Node>();
        node = child.get();
    }
    auto& end = node->ends[slot];
    if (!replaces && end.route != nullptr)
        throw std::invalid_argument("The route '" + route->pattern + "' exists already.");
    if (replaces && end.route == nullptr)
        throw std::invalid_argument("There is no route '" + route->pattern + "' to replace.");
    std::erase_if(routes_, [&end](const auto& other) { return other.get() == end.route; });
    end = {route.get(), std::move(names)};
    routes_.push_back(std::move(route));
}

void Router::add(Method method, std::string pattern, Operation operation, Handler handler) {
    insert(static_cast<std::size_t>(method),
           std::make_unique<Route>(method, std::move(pattern), std::move(operation), std::move(handler)));
}

void Router::replace(Method method, std::string pattern, Operation operation, Handler handler) {
    insert(static_cast<std::size_t>(method),
           std::make_unique<Route>(method, std::move(pattern), std::move(operation), std::move(handler)), true);
}

void Router::add_websocket(std::string pattern, Operation operation, WebSocketHandler handler) {
    insert(kWebSocket,
           std::make_unique<Route>(Method::get, std::move(pattern), std::move(operation), std::move(handler)));
}

bool Router::occupied(std::size_t slot, std::string_view pattern) const {
    const Node* node = root_.get();
    for (auto rest = without_trailing_slash(pattern); node != nullptr && !rest.empty() && rest != "/";)
        node = node->find(segment_of(take_segment(rest)));
    return node != nullptr && node->ends[slot].route != nullptr;
}

bool Router::has(Method method, std::string_view pattern) const {
    return occupied(static_cast<std::size_t>(method), pattern);
}
bool Router::has_websocket(std::string_view pattern) const { return occupied(kWebSocket, pattern); }

Match Router::match(Method method, std::string_view path, bool upgrade) const {
    Node::Search search{.slot = upgrade && method == Method::get ? kWebSocket : static_cast<std::size_t>(method)};
    path = without_trailing_slash(path);
    root_->search(path == "/" ? std::string_view() : path, search);
    Match match;
    if (search.found != nullptr) {
        match.route = search.found->route;
        match.parameters.reserve(search.values.size());
        for (std::size_t i = 0; i < search.values.size(); ++i)
            match.parameters.emplace_back(search.found->names[i], std::string(search.values[i]));
        return match;
    }
    for (std::size_t i = 0; i < kMethods; ++i)
        if (search.allowed[i]) match.allowed.push_back(static_cast<Method>(i));
    return match;
}

}  // namespace slipway::net
