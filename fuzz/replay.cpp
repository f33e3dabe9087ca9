// Runs a target over every file of its corpus, and over small changes of each: cut at many places, one byte changed,
// one left out. That needs no fuzzer, takes seconds, and finds again what was once found.
//
//     fuzz_replay TARGET FOLDER
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "target.h"

namespace slipway::fuzz {
namespace {

constexpr std::size_t kChangesMax = 100;  // per file and kind of change

std::vector<std::filesystem::path> files_of(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        if (entry.is_regular_file()) files.push_back(entry.path());
    std::ranges::sort(files);
    return files;
}

void run_changes(Target target, const std::string& input) {
    const auto stride = std::max<std::size_t>(1, input.size() / kChangesMax);
    for (std::size_t at = 0; at < input.size(); at += stride) {
        target(std::string_view(input).substr(0, at));
        auto changed = input;
        changed[at] = static_cast<char>(changed[at] ^ (1 << (at % 8)));
        target(changed);
        changed.erase(at, 1);
        target(changed);
    }
}

int replay(std::string_view name, const std::filesystem::path& folder) {
    const auto found = targets().find(name);
    const auto files = found == targets().end() ? std::vector<std::filesystem::path>() : files_of(folder);
    if (files.empty()) {
        std::fprintf(stderr, "there is no target %s, or no file in %s\n", std::string(name).c_str(), folder.c_str());
        return 2;
    }
    found->second({});
    for (const auto& path : files) {
        std::ifstream file(path, std::ios::binary);
        const std::string input((std::istreambuf_iterator<char>(file)), {});
        std::printf("%s\n", path.filename().c_str());
        std::fflush(stdout);
        found->second(input);
        run_changes(found->second, input);
    }
    return 0;
}

}  // namespace
}  // namespace slipway::fuzz

int main(int count, char** arguments) {
    if (count != 3) return 2;
    return slipway::fuzz::replay(arguments[1], arguments[2]);
}
