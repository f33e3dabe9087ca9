#include <fstream>
#include <iterator>

#include "app/script/state.h"

namespace slipway::app {
namespace {

Result<std::string> read_source(const std::filesystem::path& path, const std::string& name) {
    std::error_code problem;
    const auto size = std::filesystem::file_size(path, problem);
    if (problem) return fail(ErrorCode::invalid, "{} cannot be read: {}.", name, problem.message());
    if (size > kScriptFileBytesMax)
        return fail(ErrorCode::invalid, "{} has {} bytes; a script may have {}.", name, size, kScriptFileBytesMax);
    std::ifstream file(path, std::ios::binary);
    std::string text(std::istreambuf_iterator<char>(file), {});
    if (file.bad() || !file.is_open()) return fail(ErrorCode::invalid, "{} cannot be read.", name);
    return text;
}

}  // namespace

// Symbolic links are not followed and hidden folders left out: a script is a file of the application.
Result<ScriptSources> read_sources(const std::filesystem::path& folder) {
    ScriptSources sources;
    std::error_code problem;
    std::filesystem::recursive_directory_iterator entry(folder, problem);
    if (problem)
        return fail(ErrorCode::invalid, "The folder {} cannot be read: {}.", folder.string(), problem.message());
    for (const auto end = std::filesystem::recursive_directory_iterator(); entry != end; entry.increment(problem)) {
        if (entry->is_directory() && entry->path().filename().string().starts_with('.'))
            entry.disable_recursion_pending();
        if (entry->is_symlink() || !entry->is_regular_file() || entry->path().extension() != ".lua") continue;
        if (sources.size() >= kScriptFilesMax)
            return fail(ErrorCode::invalid, "The folder {} has more than {} Lua files.", folder.string(),
                        kScriptFilesMax);
        const auto name = entry->path().lexically_relative(folder).generic_string();
        SLIPWAY_TRY(sources[name], read_source(entry->path(), name));
    }
    if (problem)
        return fail(ErrorCode::invalid, "The folder {} cannot be read: {}.", folder.string(), problem.message());
    return sources;
}

}  // namespace slipway::app
