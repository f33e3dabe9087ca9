#include "agent/prompt.h"

#include "base/text.h"

namespace slipway::agent {

std::string fill(std::string_view prompt, const PromptValues& values) {
    std::string filled;
    // Kept as long as the model answers, so it has no room to spare.
    auto size = prompt.size();
    for (const auto& [name, value] : values) size += value.size();
    filled.reserve(size);
    while (true) {
        const auto open = prompt.find("{{");
        filled += prompt.substr(0, open);
        if (open == std::string_view::npos) return filled;
        const auto close = prompt.find("}}", open);
        if (close == std::string_view::npos) return filled.append(prompt.substr(open));
        const auto value = values.find(trim(prompt.substr(open + 2, close - open - 2)));
        if (value != values.end()) filled += value->second;
        prompt.remove_prefix(close + 2);
    }
}

std::string render_passages(const std::vector<knowledge::Found>& found) {
    std::string text;
    int number = 0;
    for (const auto& passage : found) {
        const auto place = knowledge::describe(passage.place);
        auto body = passage.before + (passage.before.empty() ? "" : "\n") + passage.text +
                    (passage.after.empty() ? "" : "\n") + passage.after;
        body = replace_all(std::move(body), "</passage>", "< /passage>");
        text += fmt::format("<passage number=\"{}\" title=\"{}\"{}>\n{}\n</passage>\n", ++number,
                            replace_all(passage.document.title, "\"", "'"),
                            place.empty() ? "" : fmt::format(" place=\"{}\"", replace_all(place, "\"", "'")), body);
    }
    return text;
}

}  // namespace slipway::agent
