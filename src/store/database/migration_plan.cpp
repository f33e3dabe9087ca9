#include "store/database/migration_plan.h"

#include <algorithm>
#include <map>

#include "base/crypto.h"
#include "base/log.h"
#include "base/text.h"
#include "store/database/migration_kind.h"

namespace slipway::store {
namespace {

using Recorded = std::map<std::int64_t, const AppliedMigration*>;  // by number

// What a program that knows the steps up to `newest_known` has to say to those behind.
Result<void> check_newer(std::string_view capability, const Recorded& recorded, std::int64_t newest_known,
                         MigrationPlan& plan) {
    for (auto step = recorded.upper_bound(newest_known); step != recorded.end(); ++step) {
        const auto& [number, row] = *step;
        if (row->works_from.value_or(number) > newest_known)
            return fail(ErrorCode::conflict,
                        "The data of {0} is newer (step {1}) than this program (step {2}), and step {3} {4}. Use a "
                        "newer version of the program, one that knows step {3} of {0}; or restore a backup from before "
                        "the upgrade with `slipway restore`.",
                        capability, recorded.rbegin()->first, newest_known, row->works_from.value_or(number),
                        row->works_from ? "removed what this program uses" : "may have removed what it uses");
        plan.newer.push_back(fmt::format("{} {}", capability, number));
    }
    return {};
}

Result<void> check_gaps(std::string_view capability, const Recorded& recorded) {
    if (recorded.empty()) return {};
    const auto newest = recorded.rbegin()->first;
    if (recorded.begin()->first == 1 && newest == static_cast<std::int64_t>(recorded.size())) return {};
    return fail(ErrorCode::conflict,
                "The record of applied migrations of {} has a gap before step {}; restore a backup.", capability,
                newest);
}

// The newest works_from of a capability's rows; nothing when it has none, so that no program uses its tables.
std::optional<std::int64_t> newest_noted(std::string_view capability, std::span<const AppliedMigration> applied) {
    std::optional<std::int64_t> newest;
    for (const auto& row : applied)
        if (row.capability == capability) newest = std::max(newest.value_or(0), row.works_from.value_or(0));
    return newest;
}

// A step that is not recorded: now, or later.
Result<void> add_missing(const Migration& step, bool waits, MigrationPlan& plan) {
    const auto held = std::ranges::find(plan.waiting, step.capability, &Migration::capability);
    if (waits) {
        plan.waiting.push_back(&step);
    } else if (held == plan.waiting.end()) {
        plan.missing.push_back(&step);
    } else {
        return fail(ErrorCode::conflict,
                    "Step {0} of {1} needs step {2}, which removes what older releases use and so waits. Stop or "
                    "replace all servers of a release before this one, then run `slipway migrate --contract`.",
                    step.number, step.capability, (*held)->number);
    }
    return {};
}

Result<std::map<std::string_view, std::int64_t>> newest_of(std::span<const Migration> migrations) {
    std::map<std::string_view, std::int64_t> newest_known;
    for (const auto& migration : migrations) {
        auto& newest = newest_known[migration.capability];
        if (migration.number != newest + 1)
            return fail(ErrorCode::internal, "The migrations of {} go from {} to {}; numbers have no gaps.",
                        migration.capability, newest, migration.number);
        newest = migration.number;
    }
    return newest_known;
}

std::string names_of(std::span<const Migration* const> steps) {
    std::vector<std::string> names;
    for (const auto* const step : steps) names.push_back(fmt::format("{} {}", step->capability, step->number));
    return join(names, ", ");
}

}  // namespace

std::string checksum_of(const Migration& migration) { return sha256_hex(migration.sql); }

std::int64_t works_from(std::span<const Migration> migrations, const Migration& step,
                        std::span<const AppliedMigration> applied) {
    const auto noted = newest_noted(step.capability, applied);
    std::int64_t newest = noted.value_or(0);
    for (const auto& each : migrations)
        if (each.capability == step.capability && (!noted || each.number <= step.number) &&
            kind_of(each) == MigrationKind::contract)
            newest = std::max<std::int64_t>(newest, each.number);
    return newest;
}

bool contracts(const Migration& step, std::span<const AppliedMigration> applied) {
    const auto noted = newest_noted(step.capability, applied);
    return noted && *noted < step.number && kind_of(step) == MigrationKind::contract;
}

std::vector<AppliedMigration> applied_from(const Rows& rows) {
    std::vector<AppliedMigration> applied;
    for (const auto row : rows)
        applied.push_back(
            {row.text("capability"), row.integer("number"), row.text("checksum"), row.optional_integer("works_from")});
    return applied;
}

Task<std::vector<AppliedMigration>> applied_steps(Database& database) {
    std::string known = database.dialect().shared ? "SELECT to_regclass('schema_migration') IS NOT NULL AS known"
                                                  : "SELECT count(*) AS known FROM sqlite_schema WHERE name = "
                                                    "'schema_migration'";
    SLIPWAY_CO_TRY(const auto history, co_await database.read(Scope::system(), std::move(known)));
    if (!history.front().truth("known")) co_return std::vector<AppliedMigration>();
    SLIPWAY_CO_TRY(const auto rows, co_await database.read(Scope::system(), std::string(kAppliedSteps)));
    co_return applied_from(rows);
}

Result<MigrationPlan> plan_migrations(std::span<const Migration> migrations, std::span<const AppliedMigration> applied,
                                      ContractSteps contract) {
    std::map<std::string, Recorded, std::less<>> recorded;
    for (const auto& row : applied) recorded[row.capability].emplace(row.number, &row);
    SLIPWAY_TRY(const auto newest_known, newest_of(migrations));
    MigrationPlan plan;
    for (const auto& [capability, newest] : newest_known) {
        const auto& steps = recorded[std::string(capability)];
        SLIPWAY_CHECK(check_gaps(capability, steps));
        SLIPWAY_CHECK(check_newer(capability, steps, newest, plan));
    }
    for (const auto& migration : migrations) {
        const auto& steps = recorded[std::string(migration.capability)];
        const auto step = steps.find(migration.number);
        if (step == steps.end()) {
            const bool waits = contract == ContractSteps::wait && contracts(migration, applied);
            SLIPWAY_CHECK(add_missing(migration, waits, plan));
        } else if (step->second->checksum != checksum_of(migration)) {
            return fail(ErrorCode::conflict,
                        "Step {} of {} was applied in another wording than this program knows; the data belongs to "
                        "another version.",
                        migration.number, migration.capability);
        } else if (!step->second->works_from) {
            plan.unnoted.push_back(&migration);
        }
    }
    return plan;
}

void log_plan(const MigrationPlan& plan) {
    if (!plan.newer.empty())
        log::warning("data of a newer release",
                     {{"steps", join(plan.newer, ", ")}, {"note", "they only add, so this release goes on working"}});
    if (!plan.waiting.empty())
        log::info("migrations wait for `slipway migrate --contract`", {{"steps", names_of(plan.waiting)}});
}

}  // namespace slipway::store
