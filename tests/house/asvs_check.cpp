// tests/house/asvs.tsv: the requirements of OWASP ASVS 5.0 that are to be kept (chapters 6 to 10, levels 1 and 2; ids
// and levels as published). docs/security.md has one row for each: "| V6.2.1 | 1 | how | `test`, `test` |", or in the
// last cell "does not apply" or "open", when the third says why.
#include <map>
#include <regex>
#include <sstream>

#include "house/checks.h"
#include "house/test_names.h"

namespace slipway::house {
namespace {

std::vector<std::string> cells_of(std::string_view line) {
    std::vector<std::string> cells;
    for (std::size_t begin = line.find("| "); begin != std::string_view::npos;) {
        const auto end = line.find(" |", begin + 1);
        if (end == std::string_view::npos) break;
        cells.emplace_back(line.substr(begin + 2, end - begin - 2));
        begin = line.find("| ", end + 1);
    }
    return cells;
}

std::string fault_of_row(const std::filesystem::path& root, const std::set<std::string>& known,
                         const std::vector<std::string>& cells, const std::string& level) {
    static const std::regex kName("`([^`]+)`");
    if (cells.size() != 4) return "a row is: id, level, how it is kept, test";
    if (cells[1] != level) return "its level is " + level;
    if (cells[2].empty()) return "how it is kept, or why it is not, is missing";
    if (cells[3] == "does not apply" || cells[3] == "open") return {};
    auto match = std::sregex_iterator(cells[3].begin(), cells[3].end(), kName);
    if (match == std::sregex_iterator()) return "the last cell names a test, or says: does not apply, or open";
    for (; match != std::sregex_iterator(); ++match)
        if (auto fault = fault_of(root, known, (*match)[1]); !fault.empty()) return fault;
    return {};
}

}  // namespace

bool is_asvs_row(std::string_view line) {
    return line.size() > 3 && line.starts_with("| V") && line[3] >= '0' && line[3] <= '9';
}

void check_asvs(const std::filesystem::path& root, const std::set<std::string>& known, std::vector<Finding>& findings) {
    const Source list{"tests/house/asvs.tsv", read_text(root / "tests/house/asvs.tsv"), {}};
    if (list.text.empty()) return;
    std::map<std::string, std::string> wanted;
    std::istringstream rows(list.text);
    std::string line;
    for (std::getline(rows, line); std::getline(rows, line);) {
        const auto tab = line.find('\t');
        if (tab != std::string::npos) wanted[line.substr(0, tab)] = line.substr(tab + 1);
    }
    const Source document{"docs/security.md", read_text(root / "docs/security.md"), {}};
    std::istringstream lines(document.text);
    for (std::size_t number = 1; std::getline(lines, line); ++number) {
        if (!is_asvs_row(line)) continue;
        const auto cells = cells_of(line);
        const auto found = cells.empty() ? wanted.end() : wanted.find(cells.front());
        const auto fault = found == wanted.end() ? std::string("no such requirement is to be kept, or it stands twice")
                                                 : fault_of_row(root, known, cells, found->second);
        if (!fault.empty()) findings.push_back({"checklist", place_of(document, number), fault});
        if (found != wanted.end()) wanted.erase(found);
    }
    for (const auto& [id, level] : wanted)
        findings.push_back({"checklist", document.path, "the table of ASVS 5.0 has no row " + id});
}

}  // namespace slipway::house
