#include "deploy/rollout/revision.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"

namespace slipway::deploy {
namespace {

constexpr std::string_view kDigest = "@sha256:";
constexpr std::size_t kDigestDigits = 64;
constexpr std::string_view kRelease = "SLIPWAY_RELEASE";

// What of an answer may be registered again; the rest is about the old revision.
constexpr std::array<std::string_view, 16> kRegistered{"family",
                                                       "taskRoleArn",
                                                       "executionRoleArn",
                                                       "networkMode",
                                                       "containerDefinitions",
                                                       "volumes",
                                                       "placementConstraints",
                                                       "requiresCompatibilities",
                                                       "cpu",
                                                       "memory",
                                                       "pidMode",
                                                       "ipcMode",
                                                       "proxyConfiguration",
                                                       "ephemeralStorage",
                                                       "runtimePlatform",
                                                       "enableFaultInjection"};

std::string_view repository_of(std::string_view image) {
    image = image.substr(0, image.find('@'));
    const auto slash = image.rfind('/');
    const auto colon = image.find(':', slash == std::string_view::npos ? 0 : slash);
    return image.substr(0, colon);
}

void set_release(json::object& container, const Image& image) {
    json::array kept;
    if (const auto* variables = array_in(container, "environment"))
        for (const auto& each : *variables)
            if (each.is_object() && text_or(each.get_object(), "name") != kRelease) kept.push_back(each);
    kept.push_back(json::object{{"name", kRelease}, {"value", image.digest}});
    container["environment"] = std::move(kept);
}

}  // namespace

std::string Image::ecr_name() const {
    const auto slash = repository.find('/');
    if (slash == std::string::npos || repository.find(".dkr.ecr.") > slash) return "";
    return repository.substr(slash + 1);
}

std::string Image::ecr_account() const { return ecr_name().empty() ? "" : repository.substr(0, repository.find('.')); }

Result<Image> parse_image(std::string_view text) {
    const auto at = text.find(kDigest);
    const auto digest = at == std::string_view::npos ? std::string_view() : text.substr(at + kDigest.size());
    const bool whole = digest.size() == kDigestDigits && std::ranges::all_of(digest, [](char c) {
                           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                       });
    if (!whole || at == 0)
        return fail(ErrorCode::invalid,
                    "The image is REPOSITORY@sha256:DIGEST with 64 digits, as the push of it tells: a tag may mean "
                    "another image by the time that it is pulled.");
    return Image{.repository = std::string(repository_of(text)), .digest = std::string(text.substr(at + 1))};
}

const json::object* container_in(const json::object& definition, std::string_view name) {
    const auto* containers = array_in(definition, "containerDefinitions");
    if (containers == nullptr) return nullptr;
    for (const auto& each : *containers)
        if (const auto* container = each.if_object(); container != nullptr && text_or(*container, "name") == name)
            return container;
    return nullptr;
}

std::string_view image_in(const json::object& definition, std::string_view container) {
    const auto* found = container_in(definition, container);
    return found == nullptr ? std::string_view() : text_or(*found, "image");
}

Result<std::string> container_for(const json::object& definition, std::string_view name, const Image& image) {
    std::vector<std::string> all, of_repository, essential;
    if (const auto* containers = array_in(definition, "containerDefinitions"))
        for (const auto& each : *containers) {
            const auto* container = each.if_object();
            if (container == nullptr) continue;
            const std::string called(text_or(*container, "name"));
            all.push_back(called);
            if (repository_of(text_or(*container, "image")) == image.repository) of_repository.push_back(called);
            if (bool_or(*container, "essential", true)) essential.push_back(called);
        }
    if (!name.empty() && std::ranges::find(all, name) != all.end()) return std::string(name);
    if (name.empty() && of_repository.size() == 1) return of_repository.front();
    if (name.empty() && of_repository.empty() && essential.size() == 1) return essential.front();
    return fail(ErrorCode::invalid, "Say with --container which container gets the image: {}.", join(all, ", "));
}

json::object next_revision(const json::object& definition, std::string_view container, const Image& image) {
    json::object next;
    for (const auto name : kRegistered)
        if (const auto* value = find(definition, name)) next[name] = *value;
    auto* containers = next["containerDefinitions"].if_array();
    if (containers == nullptr) return next;
    for (auto& each : *containers) {
        auto* changed = each.if_object();
        if (changed == nullptr || text_or(*changed, "name") != container) continue;
        (*changed)["image"] = image.text();
        set_release(*changed, image);
    }
    return next;
}

std::vector<std::string> migration_command(const json::object& definition, std::string_view container) {
    const auto* found = container_in(definition, container);
    if (found == nullptr) return {};
    const auto* command = array_in(*found, "command");
    if (command == nullptr || command->empty()) return {"migrate"};
    std::vector<std::string> words;
    for (const auto& word : *command)
        if (word.is_string()) words.push_back(to_text(word.get_string()));
    const auto serve = std::ranges::find(words, "serve");
    if (!words.empty() && words.front() == "migrate") return words;
    if (serve == words.end()) return {};
    const auto application = serve + 1;
    if (application == words.end() || application->starts_with("-")) return {"migrate"};
    return {"migrate", *application};
}

std::optional<LogPlace> log_place(const json::object& definition, std::string_view container,
                                  std::string_view task_arn) {
    const auto* found = container_in(definition, container);
    const auto* driver = found == nullptr ? nullptr : object_in(*found, "logConfiguration");
    if (driver == nullptr || text_or(*driver, "logDriver") != "awslogs") return std::nullopt;
    const auto* options = object_in(*driver, "options");
    if (options == nullptr) return std::nullopt;
    const auto group = text_or(*options, "awslogs-group"), prefix = text_or(*options, "awslogs-stream-prefix");
    if (group.empty() || prefix.empty()) return std::nullopt;
    return LogPlace{.group = std::string(group),
                    .stream = fmt::format("{}/{}/{}", prefix, container, short_name(task_arn))};
}

std::string_view short_name(std::string_view arn) { return arn.substr(arn.rfind('/') + 1); }

}  // namespace slipway::deploy
