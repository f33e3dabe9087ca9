// EFS.
#include <algorithm>
#include <array>

#include "deploy/policy/rules.h"

namespace slipway::deploy {
namespace {

using enum Severity;

bool is_encrypted(const Audit&, const Resource& one) { return one.flag("encrypted"); }

bool is_backed_up(const Audit& audit, const Resource& one) {
    const auto policies = audit.plan.referring(one, "aws_efs_backup_policy", "file_system_id");
    return !policies.empty() || !audit.plan.of("aws_backup_selection").empty();
}

bool is_bounded(const Audit&, const Resource& point) {
    const auto* root = point.block("root_directory");
    return !point.blocks("posix_user").empty() && root != nullptr && text_or(*root, "path").size() > 1;
}

bool mounts_by_point(const Audit&, const Resource& task) {
    return std::ranges::all_of(task.blocks("volume"), [&](const json::object* volume) {
        return std::ranges::all_of(blocks_in(*volume, "efs_volume_configuration"), [](const json::object* efs) {
            const auto authorization = blocks_in(*efs, "authorization_config");
            return !authorization.empty() && text_or(*authorization.front(), "iam") == "ENABLED";
        });
    });
}

constexpr std::array<Rule, 4> kRules{{
    {"efs.encrypted", "aws_efs_file_system", error, error, is_encrypted, "The files are not encrypted.",
     "encrypted = true."},
    {"efs.backup", "aws_efs_file_system", warning, error, is_backed_up, "There is no copy of the files.",
     "aws_efs_backup_policy with status = \"ENABLED\"."},
    {"efs.access-point", "aws_efs_access_point", error, error, is_bounded,
     "The access point is the whole file system, or of any user.",
     "root_directory with a path of its own, and posix_user."},
    {"efs.authorization", "aws_ecs_task_definition", warning, error, mounts_by_point,
     "A task mounts EFS without saying who it is.", "authorization_config { access_point_id, iam = \"ENABLED\" }."},
}};

}  // namespace

std::span<const Rule> file_rules() { return kRules; }

}  // namespace slipway::deploy
