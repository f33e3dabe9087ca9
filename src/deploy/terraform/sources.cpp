#include "deploy/terraform/sources.h"

#include <algorithm>
#include <regex>

#include "app/manifest/yaml.h"
#include "base/text.h"

namespace slipway::deploy {
namespace {

namespace fs = std::filesystem;

// A quoted text that begins at `at`; its end, past the closing quote.
std::size_t after_text(std::string_view text, std::size_t at) {
    for (++at; at < text.size() && text[at] != '"' && text[at] != '\n'; ++at)
        if (text[at] == '\\') ++at;
    return std::min(at + 1, text.size());
}

Result<void> read_folder(const fs::path& folder, Sources& sources) {
    std::error_code error;
    bool any = false;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        if (entry->path().extension() != ".tf") continue;
        if (sources.text.size() >= kSourceFilesMax)
            return fail(ErrorCode::invalid, "The stack has more than {} files.", kSourceFilesMax);
        SLIPWAY_TRY(auto text, app::read_text_file(entry->path(), kSourceBytesMax));
        sources.text.emplace(entry->path(), without_comments(text));
        any = true;
    }
    if (!any)
        return fail(ErrorCode::not_found, "There is no Terraform in '{}': it has no file that ends in .tf.",
                    folder.string());
    sources.folders.push_back(folder);
    return {};
}

std::vector<fs::path> modules_called(const Sources& sources, const fs::path& folder) {
    static const std::regex kSource(R"re(source\s*=\s*"(\.\.?/[^"]+)")re");
    std::vector<fs::path> called;
    for (const auto& [file, text] : sources.text) {
        if (file.parent_path() != folder) continue;
        for (std::sregex_iterator match(text.begin(), text.end(), kSource), end; match != end; ++match)
            called.push_back((folder / (*match)[1].str()).lexically_normal());
    }
    return called;
}

}  // namespace

std::string without_comments(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size();) {
        const auto rest = text.substr(i);
        if (text[i] == '"') {
            const auto end = after_text(text, i);
            plain += text.substr(i, end - i);
            i = end;
        } else if (text[i] == '#' || rest.starts_with("//")) {
            i = std::min(text.find('\n', i), text.size());
        } else if (rest.starts_with("/*")) {
            const auto end = text.find("*/", i + 2);
            i = end == std::string_view::npos ? text.size() : end + 2;
        } else {
            plain += text[i++];
        }
    }
    return plain;
}

std::vector<std::string> blocks_with(std::string_view text, std::string_view head) {
    std::vector<std::string> blocks;
    for (std::size_t at = 0; (at = text.find(head, at)) != std::string_view::npos; at += head.size()) {
        const auto open = text.find('{', at);
        if (open == std::string_view::npos) break;
        std::size_t end = open + 1;
        for (int depth = 1; end < text.size() && depth > 0;) {
            if (text[end] == '"') {
                end = after_text(text, end);
                continue;
            }
            depth += text[end] == '{' ? 1 : text[end] == '}' ? -1 : 0;
            ++end;
        }
        blocks.emplace_back(text.substr(open, end - open));
    }
    return blocks;
}

Result<Sources> Sources::read(const fs::path& stack) {
    std::error_code error;
    Sources sources;
    sources.stack = fs::canonical(stack, error);
    if (error) return fail(ErrorCode::not_found, "There is no folder '{}' with a stack of Terraform.", stack.string());
    SLIPWAY_CHECK(read_folder(sources.stack, sources));
    for (std::size_t i = 0; i < sources.folders.size(); ++i)
        for (const auto& called : modules_called(sources, sources.folders[i])) {
            const auto folder = fs::weakly_canonical(called, error);
            if (std::ranges::find(sources.folders, folder) == sources.folders.end())
                SLIPWAY_CHECK(read_folder(folder, sources));
        }
    return sources;
}

std::string Sources::backend() const {
    static const std::regex kBackend(R"re(backend\s+"([a-z0-9]+)"\s*\{)re");
    for (const auto& [file, hcl] : text) {
        std::smatch match;
        if (file.parent_path() == stack && std::regex_search(hcl, match, kBackend)) return match[1];
    }
    return "";
}

bool Sources::locks_state() const {
    static const std::regex kLock(R"re((use_lockfile\s*=\s*true|dynamodb_table\s*=))re");
    return std::ranges::any_of(text, [&](const auto& file) {
        return file.first.parent_path() == stack && std::regex_search(file.second, kLock);
    });
}

std::vector<std::string> Sources::provider_aliases() const {
    static const std::regex kAlias(R"re(alias\s*=\s*"([A-Za-z0-9_-]+)")re");
    std::vector<std::string> aliases;
    for (const auto& [file, hcl] : text) {
        if (file.parent_path() != stack) continue;
        for (const auto& block : blocks_with(hcl, "provider \"aws\"")) {
            std::smatch match;
            aliases.push_back(std::regex_search(block, match, kAlias) ? match[1].str() : "");
        }
    }
    return aliases;
}

std::vector<std::string> Sources::unencoded_passwords() const {
    static const std::regex kUrl(R"re((postgres(ql)?|rediss?)://[^"@]*:\$\{([^}]*)\}@)re");
    std::vector<std::string> files;
    for (const auto& [file, hcl] : text)
        for (std::sregex_iterator match(hcl.begin(), hcl.end(), kUrl), end; match != end; ++match)
            if ((*match)[3].str().find("urlencode(") == std::string::npos) {
                files.push_back(file.lexically_relative(stack).string());
                break;
            }
    return files;
}

bool Sources::ignores_changes_of(std::string_view attribute) const {
    const std::regex ignored(fmt::format(R"re(ignore_changes\s*=\s*\[[^\]]*\b{}\b)re", attribute));
    return std::ranges::any_of(text, [&](const auto& file) { return std::regex_search(file.second, ignored); });
}

}  // namespace slipway::deploy
