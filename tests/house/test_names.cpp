#include "house/test_names.h"

#include <regex>

#include "house/source.h"

namespace slipway::house {

std::set<std::string> cpp_tests(const std::filesystem::path& root) {
    static const std::regex kTest("\\b(TEST|TEST_F|TEST_P|TYPED_TEST|TYPED_TEST_P)\\(\\s*(\\w+)\\s*,\\s*(\\w+)\\s*\\)");
    std::set<std::string> names;
    for (const auto& source : sources_below(root, "tests")) {
        if (!source.path.ends_with(".cpp") || source.path.find("/fixtures/") != std::string::npos) continue;
        const auto& code = source.code;
        for (auto match = std::sregex_iterator(code.begin(), code.end(), kTest); match != std::sregex_iterator();
             ++match)
            names.insert((*match)[2].str() + "." + (*match)[3].str());
    }
    return names;
}

std::string fault_of(const std::filesystem::path& root, const std::set<std::string>& known, const std::string& test) {
    const auto colons = test.find("::");
    if (colons == std::string::npos) return known.contains(test) ? "" : "there is no test " + test + " below tests/";
    const auto file = test.substr(0, colons), function = test.substr(colons + 2);
    const auto path = root / file;
    if (!file.starts_with("tests/") || !std::filesystem::is_regular_file(path)) return "there is no file " + file;
    if (!function.starts_with("test_")) return function + " is not a name that pytest runs";
    const auto text = "\n" + read_text(path);
    const bool found = text.find("\ndef " + function + "(") != std::string::npos ||
                       text.find("\n    def " + function + "(") != std::string::npos;
    return found ? "" : "there is no function " + function + " in " + file;
}

}  // namespace slipway::house
