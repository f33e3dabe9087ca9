#include "house/fault_matrix.h"

#include <algorithm>
#include <array>
#include <regex>
#include <sstream>

#include "house/checks.h"
#include "house/test_names.h"

namespace slipway::house {
namespace {

constexpr std::string_view kOthers = "others", kReason = "n/a: ";
// They choose among adapters, or are the half that several share.
constexpr std::array<std::string_view, 3> kNoAdapters{"open_cache", "open_channels", "index_on"};

// Functions of src/store that give a port, with the header that declares them.
std::map<std::string, std::string> adapters_of(const std::vector<Source>& sources) {
    static const std::regex kOpener(
        "unique_ptr<(?:Database|Index|Objects|Cache|Limiter|Channels|Queue|Secrets|Mail)>>?\\s+(\\w+)\\s*\\(");
    std::map<std::string, std::string> adapters;
    for (const auto& source : sources) {
        if (!source.path.starts_with("src/store/") || !source.path.ends_with(".h")) continue;
        const auto& code = source.code;
        for (auto match = std::sregex_iterator(code.begin(), code.end(), kOpener); match != std::sregex_iterator();
             ++match)
            if (std::ranges::find(kNoAdapters, (*match)[1].str()) == kNoAdapters.end())
                adapters[(*match)[1]] = source.path;
    }
    return adapters;
}

std::vector<std::string> fields_of(const std::string& line) {
    std::vector<std::string> fields;
    std::istringstream parts(line);
    for (std::string field; std::getline(parts, field, '\t');) fields.push_back(field);
    return fields;
}

std::vector<std::string> tests_of(const std::string& proof) {
    static const std::regex kComma(",\\s*");
    if (proof.starts_with(kReason)) return {};
    return {std::sregex_token_iterator(proof.begin(), proof.end(), kComma, -1), std::sregex_token_iterator()};
}

bool is_fault(const std::string& name) {
    return name == kOthers || std::ranges::find(fault_names(), name) != fault_names().end();
}

// What is wrong with a line by itself; empty when nothing is.
std::string problem_of(const std::vector<std::string>& fields) {
    if (fields.size() != 3 || fields[2].empty()) return "a cell is: adapter, tab, fault, tab, proof";
    if (!is_fault(fields[1])) return "there is no fault '" + fields[1] + "'";
    const bool reason = fields[2].starts_with(kReason) && fields[2].size() > kReason.size();
    if (fields[1] == kOthers && !reason) return "all others at once cannot be but for a reason: 'n/a: …'";
    if (!reason && fields[2].starts_with("n/a")) return "'n/a: ' needs a reason";
    return {};
}

void read_rows(const Source& list, FaultMatrix& matrix, std::vector<Finding>& findings) {
    std::istringstream lines(list.text);
    std::string line;
    for (std::size_t number = 1; std::getline(lines, line); ++number) {
        if (line.empty() || line.starts_with('#')) continue;
        const auto fields = fields_of(line);
        auto problem = problem_of(fields);
        if (problem.empty() && !matrix.proofs[fields[0]].emplace(fields[1], fields[2]).second)
            problem = fields[0] + " has two cells for '" + fields[1] + "'";
        if (!problem.empty()) findings.push_back({"faults", place_of(list, number), problem});
    }
}

}  // namespace

const std::vector<std::string>& fault_names() {
    static const std::vector<std::string> names{
        "down at start", "down in the middle", "slow",     "cut answer",  "connections",
        "read-only",     "full disk",          "password", "certificate", "clock"};
    return names;
}

FaultMatrix read_fault_matrix(const std::filesystem::path& root, std::vector<Finding>& findings) {
    FaultMatrix matrix;
    for (const auto& source : sources_below(root, "tests"))
        if (source.path.ends_with("/faults.tsv") && source.path.find("/fixtures/") == std::string::npos)
            read_rows(source, matrix, findings);
    for (auto& [adapter, cells] : matrix.proofs) {
        const auto others = cells.extract(std::string(kOthers));
        if (others.empty()) continue;
        for (const auto& fault : fault_names()) cells.emplace(fault, others.mapped());
    }
    return matrix;
}

void check_faults(const std::filesystem::path& root, const std::vector<Source>& sources,
                  std::vector<Finding>& findings) {
    const auto matrix = read_fault_matrix(root, findings);
    const auto known = cpp_tests(root);
    const auto adapters = adapters_of(sources);
    std::set<std::string> seen;
    for (const auto& [adapter, cells] : matrix.proofs) {
        const auto opener = adapter.substr(0, adapter.find(' '));
        seen.insert(opener);
        const auto place = adapters.find(opener);
        if (place == adapters.end()) findings.push_back({"faults", adapter, "nothing of src/store opens it"});
        for (const auto& fault : fault_names())
            if (!cells.contains(fault)) findings.push_back({"faults", adapter, "no test shows '" + fault + "'"});
        for (const auto& [fault, proof] : cells)
            for (const auto& test : tests_of(proof))
                if (const auto problem = fault_of(root, known, test); !problem.empty())
                    findings.push_back({"faults", adapter, fault + ": " + problem});
    }
    for (const auto& [opener, header] : adapters)
        if (!seen.contains(opener)) findings.push_back({"faults", header, opener + " has no row in any faults.tsv"});
}

std::string to_table(const FaultMatrix& matrix) {
    std::size_t width = 0;
    for (const auto& [adapter, cells] : matrix.proofs) width = std::max(width, adapter.size());
    std::ostringstream table;
    table << std::string(width, ' ');
    for (const auto& fault : fault_names()) table << "  " << fault;
    table << '\n';
    for (const auto& [adapter, cells] : matrix.proofs) {
        table << adapter << std::string(width - adapter.size(), ' ');
        for (const auto& fault : fault_names()) {
            const auto cell = cells.find(fault);
            const auto tests = cell == cells.end() ? 0 : tests_of(cell->second).size();
            const auto mark = cell == cells.end() ? "?" : tests == 0 ? "-" : std::to_string(tests);
            table << "  " << std::string(fault.size() - mark.size(), ' ') << mark;
        }
        table << '\n';
    }
    return table.str();
}

}  // namespace slipway::house
