#include "job/tables.h"

#include <array>

namespace slipway::job {
namespace {

constexpr std::array<store::Migration, 1> kMigrations{{
    {"job", 1, R"sql(
create table job (
    workspace text not null,
    id text not null,
    name text not null,
    state text not null,
    attempts integer not null,
    attempts_max integer not null,
    created_at bigint not null,
    started_at bigint,
    finished_at bigint,
    reason text not null,
    primary key (workspace, id)
);
create index job_finished on job(finished_at);
create table job_schedule (
    workspace text not null,
    name text not null,
    due bigint not null,
    primary key (workspace, name)
);
)sql"},
}};

}  // namespace

std::span<const store::Migration> migrations() { return kMigrations; }

Task<void> note_queued(store::Database& database, WorkspaceId workspace, std::string id, const NewJob& job) {
    store::Parameters parameters{std::move(id), job.name, to_string(State::queued), job.attempts_max, now()};
    SLIPWAY_CO_CHECK(co_await database.write(std::move(workspace),
                                             "insert into job (workspace, id, name, state, attempts, attempts_max, "
                                             "created_at, reason) values ($workspace, $1, $2, $3, 0, $4, $5, '') "
                                             "on conflict (workspace, id) do nothing",
                                             std::move(parameters)));
    co_return Result<void>();
}

Task<void> note_started(store::Database& database, WorkspaceId workspace, Info job) {
    store::Parameters parameters{std::move(job.id),
                                 std::move(job.name),
                                 to_string(State::running),
                                 job.attempts,
                                 job.attempts_max,
                                 job.created,
                                 now()};
    SLIPWAY_CO_CHECK(co_await database.write(
        std::move(workspace),
        "insert into job (workspace, id, name, state, attempts, attempts_max, created_at, started_at, reason) values "
        "($workspace, $1, $2, $3, $4, $5, $6, $7, '') on conflict (workspace, id) do update set "
        "state = excluded.state, attempts = excluded.attempts, started_at = excluded.started_at, finished_at = null",
        std::move(parameters)));
    co_return Result<void>();
}

Task<void> note_ended(store::Database& database, WorkspaceId workspace, std::string id, State state,
                      std::string reason) {
    std::optional<Instant> finished;
    if (state != State::queued) finished = now();
    store::Parameters parameters{std::move(id), to_string(state), finished, std::move(reason)};
    SLIPWAY_CO_CHECK(co_await database.write(std::move(workspace),
                                             "update job set state = $2, finished_at = $3, reason = $4 where "
                                             "workspace = $workspace and id = $1",
                                             std::move(parameters)));
    co_return Result<void>();
}

Task<std::int64_t> forget_jobs(store::Database& database, Instant finished_before, std::size_t count_max) {
    store::Parameters parameters{finished_before, count_max};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database.write(store::Scope::system(),
                                           "delete from job where (workspace, id) in (select workspace, id from job "
                                           "where finished_at < $1 order by finished_at limit $2)",
                                           std::move(parameters)));
    co_return rows.changed();
}

Info info_from(const store::Row& row) {
    Info info;
    info.id = row.text("id");
    info.name = row.text("name");
    info.state = state_from(row.text("state")).value_or(State::queued);
    info.attempts = static_cast<int>(row.integer("attempts"));
    info.attempts_max = static_cast<int>(row.integer("attempts_max"));
    info.created = row.instant("created_at");
    if (const auto at = row.optional_integer("started_at")) info.started = from_unix_ms(*at);
    if (const auto at = row.optional_integer("finished_at")) info.finished = from_unix_ms(*at);
    info.reason = row.text("reason");
    return info;
}

}  // namespace slipway::job
