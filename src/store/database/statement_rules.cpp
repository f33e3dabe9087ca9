#include "store/database/statement_rules.h"

#include <charconv>

namespace slipway::store {
namespace {

constexpr std::size_t kRulesMax = 2048;  // SQL texts remembered; programs have a few hundred

constexpr std::string_view kHasWorkspace =
    "SELECT 1 FROM pragma_table_info($1) WHERE name = 'workspace' COLLATE NOCASE";

Result<std::size_t> source_of(std::string_view name, std::string_view sql) {
    if (name == "$workspace") return StatementRule::kWorkspace;
    std::size_t number = 0;
    if (name.starts_with('$')) {
        const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), number);
        if (error == std::errc() && end == name.data() + name.size() && number > 0) return number;
    }
    return fail(ErrorCode::internal, "Parameters are written $1, $2, … and $workspace, not {} as in: {}",
                name.empty() ? "?" : name, sql);
}

Result<bool> has_workspace(sqlite::Connection& connection, const std::string& table) {
    SLIPWAY_TRY(auto statement, connection.prepare(kHasWorkspace));
    statement.bind(1, table);
    return statement.step();
}

Result<StatementRule> derive(sqlite::Connection& connection, const std::string& sql) {
    SLIPWAY_TRY(const auto shape, connection.inspect(sql));
    if (shape.controls)
        return fail(ErrorCode::internal, "Transactions, pragmas and attached files belong to the database adapter: {}",
                    sql);
    StatementRule rule;
    rule.reads_only = shape.reads_only;
    for (const auto& name : shape.parameters) {
        SLIPWAY_TRY(const auto source, source_of(name, sql));
        rule.sources.push_back(source);
        rule.parameters = std::max(rule.parameters, source);
        rule.names_workspace = rule.names_workspace || source == StatementRule::kWorkspace;
    }
    for (const auto& table : shape.tables) {
        rule.changes_schema = rule.changes_schema || (table == StatementRule::kSchema && !shape.reads_only);
        SLIPWAY_TRY(const bool tenant, has_workspace(connection, table));
        if (tenant) rule.tenant_table = table;
    }
    rule.tables = shape.tables;
    rule.tables.emplace_back(StatementRule::kSchema);
    rule.written = shape.written;
    return rule;
}

std::unexpected<Error> broken(std::string_view rule, std::string_view table, std::string_view sql) {
    Error error{ErrorCode::internal, fmt::format("The statement {}: {}", rule, sql)};
    error.details["rule"] = rule;
    error.details["table"] = table;
    return std::unexpected(std::move(error));
}

}  // namespace

Result<StatementRules::Pointer> StatementRules::find(sqlite::Connection& connection, const std::string& sql) {
    {
        const std::scoped_lock lock(mutex_);
        if (const auto known = rules_.find(sql); known != rules_.end()) return known->second;
    }
    SLIPWAY_TRY(auto derived, derive(connection, sql));
    Pointer rule = std::make_shared<const StatementRule>(std::move(derived));
    const std::scoped_lock lock(mutex_);
    if (rules_.size() >= kRulesMax) rules_.clear();
    rules_.insert_or_assign(sql, rule);
    return rule;
}

void StatementRules::forget() {
    const std::scoped_lock lock(mutex_);
    rules_.clear();
}

Result<StatementRules::Pointer> StatementRules::allow(sqlite::Connection& connection, const Scope& scope,
                                                      const std::string& sql, std::size_t parameters) {
    SLIPWAY_TRY(auto rule, find(connection, sql));
    if (rule->parameters != parameters)
        return fail(ErrorCode::internal, "{} parameters were given where {} are named: {}", parameters,
                    rule->parameters, sql);
    if (scope.workspace()) {
        if (!rule->tenant_table.empty() && !rule->names_workspace)
            return broken(fmt::format("touches {}, whose rows belong to workspaces, without naming $workspace",
                                      rule->tenant_table),
                          rule->tenant_table, sql);
        if (rule->changes_schema) return broken("changes tables inside a workspace", "", sql);
    } else if (rule->names_workspace) {
        return broken("names $workspace, but the scope is the system's", rule->tenant_table, sql);
    }
    return rule;
}

}  // namespace slipway::store
