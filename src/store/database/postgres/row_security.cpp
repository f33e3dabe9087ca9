#include "store/database/postgres/row_security.h"

#include <algorithm>

#include "base/json.h"

namespace slipway::store::postgres {
namespace {

constexpr std::string_view kInsufficientPrivilege = "42501";

// Set once per statement, not per row, by being asked for in a subquery.
constexpr std::string_view kCondition =
    "workspace = (select nullif(current_setting('slipway.workspace', true), '')) or "
    "(select current_setting('slipway.scope', true)) = 'system'";

constexpr std::string_view kTenantTables =
    "select c.relname::text as name, quote_ident(c.relname) as quoted, c.relrowsecurity as secured, "
    "c.relforcerowsecurity as forced, "
    "(select count(*) from pg_policy p where p.polrelid = c.oid) as policies, "
    "coalesce((select pg_get_expr(p.polqual, p.polrelid) || ' / ' || pg_get_expr(p.polwithcheck, p.polrelid) || ' / ' "
    "|| "
    "p.polcmd::text || ' / ' || p.polpermissive::text || ' / ' || p.polroles::text from pg_policy p "
    "where p.polrelid = c.oid and p.polname = $1), '') as policy "
    "from pg_class c where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and exists "
    "(select from pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace' and a.attnum > 0 and not "
    "a.attisdropped) order by c.relname";

constexpr std::string_view kOtherTables =
    "select c.relname::text as name from pg_class c where c.relnamespace = current_schema()::regnamespace and "
    "c.relkind in "
    "('r', 'p') and not exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace' and "
    "a.attnum > 0 and not a.attisdropped) order by c.relname";

constexpr std::string_view kLooseViews =
    "select c.relname::text as name from pg_class c where c.relnamespace = current_schema()::regnamespace and "
    "(c.relkind = "
    "'m' or (c.relkind = 'v' and not coalesce(c.reloptions, '{}') @> '{security_invoker=true}')) order by c.relname";

constexpr std::string_view kMayBypass =
    "select r.rolname::text as name, case when r.rolsuper then 'is a superuser' when r.rolbypassrls then 'has "
    "BYPASSRLS' else "
    "'owns tables' end as why from pg_roles r where pg_has_role(current_user, r.oid, 'member') and (r.rolsuper or "
    "r.rolbypassrls or exists (select from pg_class c where c.relowner = r.oid and c.relkind in ('r', 'p', 'v', 'm') "
    "and "
    "c.relnamespace = current_schema()::regnamespace)) limit 1";

// A name or a value as it may stand in a statement that takes no parameters; quoted by the server.
Task<std::string> quoted(Session& session, std::string_view function, std::string value) {
    Parameters parameters{std::move(value)};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await session.ask(fmt::format("select {}($1::text) as text", function), std::move(parameters)));
    co_return rows.front().text("text");
}

Task<bool> exists_role(Session& session, std::string name) {
    Parameters parameters{std::move(name)};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await session.ask("select 1 as one from pg_roles where rolname = $1", std::move(parameters)));
    co_return !rows.empty();
}

// A block, as GRANT takes no expressions. `role` is quoted.
std::string grants(std::string_view role) {
    return fmt::format(
        "DO $grants$ BEGIN\n"
        "EXECUTE format('grant connect on database %I to {0}', current_database());\n"
        "EXECUTE format('grant usage on schema %I to {0}', current_schema());\n"
        "EXECUTE format('grant select, insert, update, delete on all tables in schema %I to {0}', current_schema());\n"
        "EXECUTE format('grant usage, select on all sequences in schema %I to {0}', current_schema());\n"
        "END $grants$",
        role);
}

Task<void> grant(Session& session, std::string_view role) {
    SLIPWAY_CO_TRY(const auto name, co_await quoted(session, "quote_ident", std::string(role)));
    const auto sql = grants(name);
    SLIPWAY_CO_CHECK(co_await session.ask(sql));
    co_return Result<void>();
}

// Nothing that is right already is touched: each change would lock its table.
std::string policies() {
    return fmt::format(
        "DO $policies$ DECLARE one RECORD; BEGIN\n"
        "FOR one IN SELECT c.oid, quote_ident(c.relname) AS name, c.relrowsecurity, c.relforcerowsecurity "
        "FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND EXISTS "
        "(SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'workspace' AND a.attnum > 0 AND NOT "
        "a.attisdropped) ORDER BY c.relname LOOP\n"
        "IF NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = one.oid AND p.polname = '{0}') THEN\n"
        "EXECUTE 'create policy {0} on ' || one.name || $policy$ using ({1}) with check ({1})$policy$;\n"
        "END IF;\n"
        "IF NOT one.relrowsecurity THEN EXECUTE 'alter table ' || one.name || ' enable row level security'; END IF;\n"
        "IF NOT one.relforcerowsecurity THEN EXECUTE 'alter table ' || one.name || ' force row level security'; END "
        "IF;\n"
        "END LOOP; END $policies$",
        kPolicy, kCondition);
}

}  // namespace

Task<void> secure_tables(Session& session, std::string_view role) {
    const auto sql = policies();
    SLIPWAY_CO_CHECK(co_await session.ask(sql));
    SLIPWAY_CO_TRY(const bool known, co_await exists_role(session, std::string(role)));
    if (known) SLIPWAY_CO_CHECK(co_await grant(session, role));
    co_return Result<void>();
}

std::string secure_tables_script(std::string_view role) {
    return fmt::format("{};\n\n{};\n", policies(), grants(role));
}

namespace {

Task<std::string> role_statement(Connection& connection, Session& session, const Target& application, bool known) {
    SLIPWAY_CO_TRY(const auto name, co_await quoted(session, "quote_ident", application.user));
    std::string verb = known ? "alter" : "create";
    auto sql = fmt::format("{} role {} login noinherit nocreatedb nocreaterole", verb, name);
    if (application.password.empty()) co_return sql;
    char* const verifier = connection.encrypted_password(application.password, application.user);
    if (verifier == nullptr) co_return fail(ErrorCode::internal, "The password of the role could not be prepared.");
    std::string text(verifier);
    connection.pq().PQfreemem(verifier);
    SLIPWAY_CO_TRY(const auto literal, co_await quoted(session, "quote_literal", std::move(text)));
    co_return sql + " password " + literal;
}

// A role that somebody else made, and that the owner has no right to change, stays as it is: whether it may be used is
// looked at when it is (check_role).
Task<void> make_or_leave(Session& session, std::string sql, bool known) {
    if (known) SLIPWAY_CO_CHECK(co_await session.ask("savepoint role"));
    const auto changed = co_await session.ask(sql);
    if (changed) co_return Result<void>();
    if (!known || text_or(changed.error().details, "sqlstate") != kInsufficientPrivilege)
        co_return std::unexpected(changed.error());
    SLIPWAY_CO_CHECK(co_await session.ask("rollback to savepoint role"));
    co_return Result<void>();
}

}  // namespace

Task<void> make_role(Connection& connection, Session& session, const Target& application) {
    SLIPWAY_CO_TRY(const bool known, co_await exists_role(session, application.user));
    SLIPWAY_CO_TRY(auto sql, co_await role_statement(connection, session, application, known));
    SLIPWAY_CO_CHECK(co_await make_or_leave(session, std::move(sql), known));
    if (!application.iam_region.empty()) {
        SLIPWAY_CO_TRY(const bool rds, co_await exists_role(session, "rds_iam"));
        SLIPWAY_CO_TRY(const auto name, co_await quoted(session, "quote_ident", application.user));
        if (rds) SLIPWAY_CO_CHECK(co_await session.ask(fmt::format("grant rds_iam to {}", name)));
    }
    co_return co_await grant(session, application.user);
}

Task<void> check_role(Session& session, std::string_view shown) {
    SLIPWAY_CO_TRY(const auto rows, co_await session.ask(kMayBypass));
    if (rows.empty()) co_return Result<void>();
    co_return fail(
        ErrorCode::forbidden,
        "The role of {} could bypass row-level security: {} {}. Give the application a role of its own, which "
        "`slipway migrate` makes, and the owner's URL to `slipway migrate` only.",
        shown, rows.front().text("name"), rows.front().text("why"));
}

Task<std::vector<std::string>> unsecured_tables(Session& session, std::span<const TableAboveWorkspaces> above) {
    std::vector<std::string> found;
    Parameters policy{kPolicy};
    SLIPWAY_CO_TRY(const auto tables, co_await session.ask(kTenantTables, std::move(policy)));
    for (const auto table : tables) {
        const auto name = table.text("name");
        const auto text = table.text("policy");
        const bool right = text.find("slipway.workspace") != std::string::npos && text.ends_with(" / * / true / {0}") &&
                           table.integer("policies") == 1;
        if (!right) found.push_back(fmt::format("The table {} has not the policy {} alone.", name, kPolicy));
        if (!table.truth("secured") || !table.truth("forced"))
            found.push_back(fmt::format("Row-level security of the table {} is not forced.", name));
    }
    SLIPWAY_CO_TRY(const auto views, co_await session.ask(kLooseViews));
    for (const auto view : views)
        found.push_back(fmt::format("The view {} does not ask as its caller (security_invoker).", view.text("name")));
    SLIPWAY_CO_TRY(const auto others, co_await session.ask(kOtherTables));
    for (const auto other : others) {
        const auto name = other.text("name");
        const auto named = [&](const TableAboveWorkspaces& exempt) { return exempt.table == name; };
        if (!above.empty() && name != "schema_migration" && std::ranges::none_of(above, named))
            found.push_back(
                fmt::format("The table {} has neither a column workspace nor a reason to have none.", name));
    }
    co_return found;
}

}  // namespace slipway::store::postgres
