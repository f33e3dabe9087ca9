// docs/checklist.tsv: a header, then rows "id<tab>test". A test is Suite.Name of a C++ test below tests/, or
// file.py::function. docs/security.md: tables whose last column names such tests between backticks.
#include <algorithm>
#include <regex>
#include <sstream>

#include "house/checks.h"
#include "house/test_names.h"

namespace slipway::house {
namespace {

// Rows of "| promise | `test`, `test` |"; the line of dashes and the head of a table are none.
void check_promises(const std::filesystem::path& root, const std::set<std::string>& known,
                    std::vector<Finding>& findings) {
    static const std::regex kName("`([^`]+)`");
    const Source document{"docs/security.md", read_text(root / "docs/security.md"), {}};
    std::istringstream lines(document.text);
    std::string line;
    for (std::size_t number = 1; std::getline(lines, line); ++number) {
        if (!line.starts_with("| ") || line.starts_with("| promise |") || line.starts_with("| id |") ||
            is_asvs_row(line))
            continue;
        const auto proof = line.substr(0, line.size() - 2).rfind("| ");
        const auto cell = line.substr(proof);
        auto match = std::sregex_iterator(cell.begin(), cell.end(), kName);
        if (match == std::sregex_iterator())
            findings.push_back({"checklist", place_of(document, number), "a promise names the test that proves it"});
        for (; match != std::sregex_iterator(); ++match)
            if (const auto fault = fault_of(root, known, (*match)[1]); !fault.empty())
                findings.push_back({"checklist", place_of(document, number), fault});
    }
}

}  // namespace

void check_checklist(const std::filesystem::path& root, std::vector<Finding>& findings) {
    const Source list{"docs/checklist.tsv", read_text(root / "docs/checklist.tsv"), {}};
    if (list.text.empty()) {
        findings.push_back({"checklist", list.path, "the file is missing"});
        return;
    }
    const auto known = cpp_tests(root);
    check_promises(root, known, findings);
    check_asvs(root, known, findings);
    std::size_t number = 0;
    for (std::size_t begin = 0; begin < list.text.size();) {
        const auto end = std::min(list.text.find('\n', begin), list.text.size());
        const auto row = list.text.substr(begin, end - begin);
        begin = end + 1;
        if (++number == 1 || row.empty()) continue;
        const auto tab = row.find('\t');
        const auto test = tab == std::string::npos ? std::string() : row.substr(tab + 1);
        const auto fault = test.empty() ? "a row is: id, tab, name of the test" : fault_of(root, known, test);
        if (!fault.empty()) findings.push_back({"checklist", place_of(list, number), fault});
    }
    if (number < 2) findings.push_back({"checklist", list.path, "it has no rows"});
}

}  // namespace slipway::house
