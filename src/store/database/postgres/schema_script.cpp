#include "store/database/postgres/schema_script.h"

#include <algorithm>

#include "base/text.h"
#include "store/database/dialect.h"
#include "store/database/migration_plan.h"
#include "store/database/postgres/adapter.h"
#include "store/database/postgres/row_security.h"

namespace slipway::store {
namespace {

constexpr std::size_t kRoleBytesMax = 63;  // of a name in PostgreSQL

bool is_role(std::string_view name) {
    const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
    const auto fits = [&](char c) { return is_lower(c) || (c >= '0' && c <= '9') || c == '_'; };
    return !name.empty() && name.size() <= kRoleBytesMax && is_lower(name.front()) && std::ranges::all_of(name, fits);
}

}  // namespace

Result<std::string> postgres_schema_script(std::span<const Migration> migrations, std::string_view role) {
    if (!is_role(role))
        return fail(ErrorCode::invalid,
                    "The name of the role has lower-case letters, digits and _, begins with a letter, and has at most "
                    "{} bytes.",
                    kRoleBytesMax);
    std::string script = fmt::format(
        "BEGIN;\n\nDO $$ BEGIN\n"
        "IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{0}') THEN\n"
        "CREATE ROLE \"{0}\" LOGIN NOINHERIT NOCREATEDB NOCREATEROLE;\n"
        "END IF; END $$;\n\n{1};\n",
        role, kMigrationTable);
    for (const auto& step : migrations) {
        SLIPWAY_TRY(const auto written, in_dialect(step.sql, postgres::kPostgresDialect));
        const auto sql = trim(written);
        script += fmt::format(
            "\n-- {} {}\n{}{}\nINSERT INTO schema_migration (capability, number, checksum, applied_at, "
            "works_from) VALUES ('{}', {}, '{}', {}, {});\n",
            step.capability, step.number, sql, sql.ends_with(';') ? "" : ";", step.capability, step.number,
            checksum_of(step), postgres::kPostgresDialect.clock_ms, works_from(migrations, step, {}));
    }
    return script + "\n-- Row-level security\n" + postgres::secure_tables_script(role) + "\nCOMMIT;\n";
}

}  // namespace slipway::store
