#include "account/domains.h"

#include <algorithm>

#include "account/workspace_rows.h"
#include "base/crypto.h"
#include "base/text.h"

namespace slipway::account {
namespace {

constexpr std::string_view kColumns = "d.id, d.workspace, d.domain, d.token, d.created_at, d.checked_at, d.verified_at";

std::unexpected<Error> no_domain() { return fail(ErrorCode::not_found, "This workspace has no such domain."); }

std::unexpected<Error> proven_elsewhere() {
    return fail(ErrorCode::conflict, "This domain is proven by another workspace.");
}

SecurityEvent event_of(const Actor& actor, std::string event, const std::string& domain) {
    SecurityEvent told{.event = std::move(event), .workspace = actor.principal.workspace.value};
    told.actor_id = actor.principal.key_id.empty() ? actor.principal.user.id : actor.principal.key_id;
    told.visit = actor.visit;
    told.details = {{"domain", domain}};
    return told;
}

// Without a port; of "[::1]:80" what is inside the brackets.
std::string_view host_of(std::string_view host) {
    if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
    return host.substr(0, host.find(':'));
}

}  // namespace

Domain Domains::domain_of(const store::Row& row) const {
    Domain domain;
    domain.id = row.text("id");
    domain.domain = row.text("domain");
    domain.record_name = fmt::format("_{}.{}", options_.prefix, domain.domain);
    domain.record_value = options_.token_prefix + row.text("token");
    domain.target = options_.target;
    domain.created_at = row.instant("created_at");
    if (row.optional_integer("checked_at")) domain.checked_at = row.instant("checked_at");
    if (row.optional_integer("verified_at")) domain.verified_at = row.instant("verified_at");
    domain.verified = domain.verified_at.has_value();
    return domain;
}

Task<Domain> Domains::add(Actor actor, std::string given) {
    SLIPWAY_CO_CHECK(Roles::check(actor.principal, "workspace:settings"));
    SLIPWAY_CO_TRY(const auto name, dns_name(given));
    const auto id = new_id();
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        const auto workspace = actor.principal.workspace;
        SLIPWAY_CO_CHECK(co_await held_workspace(transaction, workspace));
        store::Parameters by_name{workspace.value, name};
        SLIPWAY_CO_TRY(const auto rows,
                       co_await transaction.execute(
                           "select count(*) as n, coalesce(sum(case when domain = $2 then 1 else 0 end), 0) as same "
                           "from domains where workspace = $1",
                           std::move(by_name)));
        if (rows.front().number("same") > 0)
            co_return fail(ErrorCode::conflict, "The workspace has this domain already.");
        if (rows.front().integer("n") >= static_cast<std::int64_t>(kDomainsMax))
            co_return over_quota("domains", kDomainsMax);
        store::Parameters row{id, workspace.value, name, random_token(), now()};
        SLIPWAY_CO_CHECK(co_await transaction.execute(
            "insert into domains(id, workspace, domain, token, created_at) values ($1, $2, $3, $4, $5)",
            std::move(row)));
        auto told = event_of(actor, "domain_added", name);
        co_return co_await audit_.record(transaction, std::move(told));
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact(store::Scope::system(), named_body));
    const store::Scope scope(actor.principal.workspace);
    store::Parameters by_id{id};
    SLIPWAY_CO_TRY(
        const auto rows,
        co_await database_.read(
            scope, fmt::format("select {} from domains d where d.workspace = $workspace and d.id = $1", kColumns),
            std::move(by_id)));
    if (rows.empty()) co_return no_domain();
    co_return domain_of(rows.front());
}

Task<std::vector<Domain>> Domains::list(Actor actor) const {
    SLIPWAY_CO_CHECK(Roles::check(actor.principal, "workspace:read"));
    const store::Scope scope(actor.principal.workspace);
    SLIPWAY_CO_TRY(
        const auto rows,
        co_await database_.read(
            scope, fmt::format("select {} from domains d where d.workspace = $workspace order by d.domain", kColumns)));
    std::vector<Domain> domains;
    for (const auto row : rows) domains.push_back(domain_of(row));
    co_return domains;
}

Task<Domain> Domains::get(Actor actor, std::string id_or_domain) const {
    SLIPWAY_CO_CHECK(Roles::check(actor.principal, "workspace:read"));
    const store::Scope scope(actor.principal.workspace);
    const auto name = dns_name(id_or_domain).value_or("");
    store::Parameters parameters{std::move(id_or_domain), name};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database_.read(scope,
                                           fmt::format("select {} from domains d where d.workspace = $workspace and "
                                                       "(d.id = $1 or d.domain = $2)",
                                                       kColumns),
                                           std::move(parameters)));
    if (rows.empty()) co_return no_domain();
    co_return domain_of(rows.front());
}

Task<Domain> Domains::check(Actor actor, std::string id_or_domain) {
    SLIPWAY_CO_CHECK(Roles::check(actor.principal, "workspace:settings"));
    SLIPWAY_CO_TRY(const auto domain, co_await get(actor, std::move(id_or_domain)));
    SLIPWAY_CO_TRY(const auto records, co_await options_.resolve(domain.record_name));
    const bool proven = std::ranges::find(records, domain.record_value) != records.end();
    bool first = false;
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        const auto current = now();
        std::optional<Instant> verified;
        if (proven) verified = current;
        store::Parameters row{domain.id, current, verified};
        SLIPWAY_CO_TRY(const auto changed,
                       co_await transaction.execute(
                           "update domains set checked_at = $2, verified_at = coalesce(verified_at, $3) where id = $1",
                           std::move(row)));
        if (changed.changed() == 0) co_return no_domain();
        first = proven && !domain.verified;
        if (!first) co_return Result<void>();
        auto told = event_of(actor, "domain_verified", domain.domain);
        co_return co_await audit_.record(transaction, std::move(told));
    };
    const store::Database::Body named_body = body;
    const auto done = co_await database_.transact(store::Scope::system(), named_body);
    if (!done && done.error().code == ErrorCode::conflict) co_return proven_elsewhere();
    SLIPWAY_CO_CHECK(done);
    if (!proven) {
        auto message =
            fmt::format("There is no TXT record {} that says \"{}\" (yet).", domain.record_name, domain.record_value);
        co_return std::unexpected(Error{ErrorCode::invalid, std::move(message), {}}.with("reason", "record_missing"));
    }
    co_return co_await get(actor, domain.id);
}

Task<void> Domains::remove(Actor actor, std::string id_or_domain) {
    SLIPWAY_CO_CHECK(Roles::check(actor.principal, "workspace:settings"));
    SLIPWAY_CO_TRY(const auto domain, co_await get(actor, std::move(id_or_domain)));
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        store::Parameters by_id{domain.id};
        SLIPWAY_CO_TRY(const auto gone,
                       co_await transaction.execute("delete from domains where id = $1", std::move(by_id)));
        if (gone.changed() == 0) co_return no_domain();
        auto told = event_of(actor, "domain_removed", domain.domain);
        co_return co_await audit_.record(transaction, std::move(told));
    };
    const store::Database::Body named_body = body;
    co_return co_await database_.transact(store::Scope::system(), named_body);
}

Task<std::optional<WorkspaceId>> Domains::workspace_of(std::string host) const {
    // The rows of all proven domains together: asked at each request, they stay in memory, and no Host that somebody
    // makes up displaces another.
    static constexpr std::string_view kProven =
        "select d.domain, d.workspace from domains d join workspaces w on w.id = d.workspace where d.verified_at is "
        "not null and w.deleting_at is null order by d.domain";
    SLIPWAY_CO_TRY(const auto rows, co_await database_.read_often(store::Scope::system(), std::string(kProven)));
    auto name = lower_ascii(host_of(host));
    if (name.ends_with('.')) name.pop_back();
    std::optional<WorkspaceId> workspace;
    std::size_t low = 0, high = rows.size();
    while (low < high) {
        const auto middle = (low + high) / 2;
        const auto domain = rows[middle].text("domain");
        if (domain == name) {
            workspace = WorkspaceId{rows[middle].text("workspace")};
            break;
        }
        if (domain < name)
            low = middle + 1;
        else
            high = middle;
    }
    co_return workspace;
}

Task<std::size_t> Domains::recheck(std::size_t at_once) {
    store::Parameters due{now() - options_.recheck_after, at_once};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database_.read(store::Scope::system(),
                                           fmt::format("select {} from domains d where d.verified_at is not null and "
                                                       "d.checked_at < $1 order by d.checked_at limit $2",
                                                       kColumns),
                                           std::move(due)));
    for (const auto row : rows) {
        const auto domain = domain_of(row);
        const auto workspace = row.text("workspace");
        const auto records = co_await options_.resolve(domain.record_name);
        if (!records) continue;  // who does not answer says nothing about the record
        const bool proven = std::ranges::find(*records, domain.record_value) != records->end();
        const auto since = domain.checked_at.value_or(*domain.verified_at);
        // checked_at stays while the record is missed, so that kGrace is counted from when it was last there.
        if (!proven && now() - since < kGrace + options_.recheck_after) continue;
        auto body = [&](store::Transaction& transaction) -> Task<void> {
            std::optional<Instant> verified;
            if (proven) verified = domain.verified_at;
            store::Parameters row_now{domain.id, now(), verified};
            SLIPWAY_CO_CHECK(co_await transaction.execute(
                "update domains set checked_at = $2, verified_at = $3 where id = $1", std::move(row_now)));
            if (proven) co_return Result<void>();
            SecurityEvent told{.event = "domain_removed", .workspace = workspace};
            told.details = {{"domain", domain.domain}, {"record_missing", true}};
            co_return co_await audit_.record(transaction, std::move(told));
        };
        const store::Database::Body named_body = body;
        SLIPWAY_CO_CHECK(co_await database_.transact(store::Scope::system(), named_body));
    }
    co_return rows.size();
}

}  // namespace slipway::account
