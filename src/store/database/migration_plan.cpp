#include "store/database/migration_plan.h"

#include "base/crypto.h"

namespace slipway::store {
namespace {

using Recorded = std::map<std::int64_t, std::string>;  // checksum by number

Result<void> check_recorded(std::string_view capability, const Recorded& recorded, std::int64_t newest_known) {
    if (recorded.empty()) return {};
    const auto newest = recorded.rbegin()->first;
    if (newest > newest_known)
        return fail(ErrorCode::conflict,
                    "The data of {} is newer (step {}) than this program (step {}). Use a newer version of the "
                    "program, or restore a "
                    "backup from before the upgrade with `slipway restore`.",
                    capability, newest, newest_known);
    if (recorded.begin()->first != 1 || newest != static_cast<std::int64_t>(recorded.size()))
        return fail(ErrorCode::conflict,
                    "The record of applied migrations of {} has a gap before step {}; restore a backup.", capability,
                    newest);
    return {};
}

}  // namespace

std::string checksum_of(const Migration& migration) { return sha256_hex(migration.sql); }

Result<std::vector<const Migration*>> plan_migrations(std::span<const Migration> migrations,
                                                      std::span<const AppliedMigration> applied) {
    std::map<std::string, Recorded, std::less<>> recorded;
    for (const auto& row : applied) recorded[row.capability].emplace(row.number, row.checksum);
    std::map<std::string_view, std::int64_t> newest_known;
    for (const auto& migration : migrations) {
        auto& newest = newest_known[migration.capability];
        if (migration.number != newest + 1)
            return fail(ErrorCode::internal, "The migrations of {} go from {} to {}; numbers have no gaps.",
                        migration.capability, newest, migration.number);
        newest = migration.number;
    }
    for (const auto& [capability, newest] : newest_known) {
        SLIPWAY_CHECK(check_recorded(capability, recorded[std::string(capability)], newest));
    }

    std::vector<const Migration*> missing;
    for (const auto& migration : migrations) {
        const auto& steps = recorded[std::string(migration.capability)];
        const auto step = steps.find(migration.number);
        if (step == steps.end()) {
            missing.push_back(&migration);
        } else if (step->second != checksum_of(migration)) {
            return fail(ErrorCode::conflict,
                        "Step {} of {} was applied in another wording than this program knows; the data belongs to "
                        "another version.",
                        migration.number, migration.capability);
        }
    }
    return missing;
}

}  // namespace slipway::store
