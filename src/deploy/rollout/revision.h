// Task definitions as data: the next revision of one, and what is read of it. The forms are those of the ECS API
// ("RegisterTaskDefinition", "DescribeTaskDefinition").
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace slipway::deploy {

// REPOSITORY@sha256:DIGEST. A tag may mean another image a minute later, so it is none.
struct Image {
    std::string repository;  // "123456789012.dkr.ecr.us-east-1.amazonaws.com/app"
    std::string digest;      // "sha256:…"

    std::string text() const { return repository + "@" + digest; }
    // The name within a registry of ECR; empty elsewhere.
    std::string ecr_name() const;
    std::string ecr_account() const;
};
Result<Image> parse_image(std::string_view text);

// The container that gets the image: `name`, or the only one whose image is of the same repository, or the only
// essential one. `invalid` names those that there are.
Result<std::string> container_for(const json::object& definition, std::string_view name, const Image& image);

// What RegisterTaskDefinition takes of what DescribeTaskDefinition answered, with the image in that container and its
// digest as SLIPWAY_RELEASE in that container's environment.
json::object next_revision(const json::object& definition, std::string_view container, const Image& image);

const json::object* container_in(const json::object& definition, std::string_view name);
// The image of a container, or "".
std::string_view image_in(const json::object& definition, std::string_view container);

// The words by which a container migrates: its own command where that begins with "migrate", "migrate APP" for "serve
// APP", "migrate" where the image's own command serves; else none.
std::vector<std::string> migration_command(const json::object& definition, std::string_view container);

// Where the awslogs driver writes what a container of a task says.
struct LogPlace {
    std::string group, stream;
};
std::optional<LogPlace> log_place(const json::object& definition, std::string_view container,
                                  std::string_view task_arn);

// "app:12" of "arn:aws:ecs:us-east-1:123456789012:task-definition/app:12".
std::string_view short_name(std::string_view arn);

}  // namespace slipway::deploy
