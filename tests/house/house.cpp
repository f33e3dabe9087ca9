#include "house/house.h"

#include "house/checks.h"

namespace slipway::house {

std::vector<Finding> check_house(const std::filesystem::path& root) {
    std::vector<Finding> findings;
    const auto rooms = read_rooms(root, findings);
    const auto sources = sources_below(root, "src");
    check_includes(rooms, sources, findings);
    check_words(root, sources, findings);
    check_sizes(sources, findings);
    check_json(root, sources, findings);
    check_awaits(sources, findings);
    check_checklist(root, findings);
    return findings;
}

std::string to_text(const std::vector<Finding>& findings) {
    std::string text;
    for (const auto& finding : findings) text += finding.place + ": " + finding.rule + ": " + finding.message + "\n";
    return text;
}

}  // namespace slipway::house
