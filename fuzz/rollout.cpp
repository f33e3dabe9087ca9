// What ECS and a container's log say of a release that is to be explained.
#include "base/text.h"
#include "deploy/rollout/evidence.h"
#include "deploy/rollout/revision.h"
#include "target.h"

SLIPWAY_FUZZ_TARGET(rollout) {
    using namespace slipway;
    const auto [first, rest] = fuzz::split_line(input);
    const auto line = deploy::redacted(first);
    fuzz::require(is_valid_utf8(line), "a line is text");
    fuzz::require(line.find_first_of("\r\n\x1b") == std::string::npos, "a line moves no cursor");
    if (const auto image = deploy::parse_image(first)) {
        fuzz::require(image->digest.size() == 71 && !image->repository.empty(), "an image is whole");
        image->ecr_account();
    }
    const auto value = parse_json(rest);
    if (!value || !value->is_object()) return;
    const auto& told = value->get_object();
    fuzz::require(is_valid_utf8(deploy::stopped_task(told, first).text()), "a task is told as text");
    const deploy::Image image{.repository = "app", .digest = "sha256:0"};
    const auto container = deploy::container_for(told, "", image);
    if (!container) return;
    deploy::migration_command(told, *container);
    deploy::log_place(told, *container, first);
    const auto next = deploy::next_revision(told, *container, image);
    fuzz::require(deploy::image_in(next, *container) == image.text(), "the container has the image");
}
