#include "house/house.h"

#include <algorithm>
#include <functional>

#include "house/checks.h"
#include "house/functions.h"

namespace slipway::house {

std::vector<Finding> check_house(const std::filesystem::path& root) {
    std::vector<Finding> findings;
    const auto rooms = read_rooms(root, findings);
    const auto sources = sources_below(root, "src");
    check_includes(rooms, sources, findings);
    check_words(root, sources, findings);
    check_sizes(sources, findings);
    check_manuals(sources, findings);
    check_json(root, sources, findings);
    check_columns(sources, findings);
    check_awaits(sources, findings);
    check_checklist(root, findings);
    check_faults(root, sources, findings);
    return findings;
}

Sizes sizes_of(const std::filesystem::path& root) {
    Sizes sizes;
    for (const auto& source : sources_below(root, "src")) {
        if (!source.is_cpp()) continue;
        sizes.files.push_back({line_of(source.text, source.text.size()) - 1, source.path});
        for (const auto& function : functions_of(source))
            sizes.functions.push_back({function.lines, function.name + " (" + function.place + ")"});
    }
    std::ranges::sort(sizes.files, std::greater());
    std::ranges::sort(sizes.functions, std::greater());
    return sizes;
}

std::string to_text(const std::vector<Finding>& findings) {
    std::string text;
    for (const auto& finding : findings) text += finding.place + ": " + finding.rule + ": " + finding.message + "\n";
    return text;
}

}  // namespace slipway::house
