#include "store/index/pushdown.h"

#include <algorithm>

namespace slipway::store {
namespace {

// Other values than text equal no namespace and no id, nor does text with a NUL, which they cannot hold.
std::vector<std::string> texts(const std::vector<json::value>& values) {
    std::vector<std::string> found;
    for (const auto& value : values)
        if (value.is_string() && !std::string_view(value.get_string()).contains('\0'))
            found.push_back(to_text(value.get_string()));
    return found;
}

void restrict_to(std::optional<std::vector<std::string>>& allowed, std::vector<std::string> values) {
    if (allowed)
        std::erase_if(values,
                      [&](const std::string& value) { return std::ranges::find(*allowed, value) == allowed->end(); });
    allowed = std::move(values);
}

void take(const Filter& filter, Pushdown& pushed) {
    if (filter.kind == Filter::Kind::all_of) {
        for (const auto& child : filter.children) take(child, pushed);
    } else if ((filter.kind == Filter::Kind::equals || filter.kind == Filter::Kind::in) &&
               filter.field == "namespace") {
        restrict_to(pushed.namespaces, texts(filter.values));
    } else if ((filter.kind == Filter::Kind::equals || filter.kind == Filter::Kind::in) && filter.field == "id") {
        restrict_to(pushed.ids, texts(filter.values));
    } else {
        pushed.is_complete = false;
    }
}

}  // namespace

Pushdown pushdown(const Filter& filter) {
    Pushdown pushed;
    take(filter, pushed);
    return pushed;
}

}  // namespace slipway::store
