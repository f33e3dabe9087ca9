#include "account/tables.h"

#include <array>

namespace slipway::account {
namespace {

constexpr std::array<store::Migration, 1> kMigrations{{
    {"account", 1, R"sql(
create table workspaces (
    id text primary key,
    name text not null unique,
    created_at bigint not null
);
create table users (
    id text primary key,
    number bigint not null unique,
    email text not null unique,
    username text not null,
    username_folded text not null unique,
    password_hash text not null,
    active integer not null default 1,
    created_at bigint not null,
    updated_at bigint not null
);
create table memberships (
    workspace text not null references workspaces(id) on delete cascade,
    user_id text not null references users(id) on delete cascade,
    role text not null,
    created_at bigint not null,
    primary key (workspace, user_id)
);
create index memberships_user on memberships(user_id);
create table sessions (
    id text primary key,
    user_id text not null references users(id) on delete cascade,
    refresh_hash text not null unique,
    previous_hash text,
    created_at bigint not null,
    expires_at bigint not null,
    revoked_at bigint
);
create index sessions_user on sessions(user_id);
create index sessions_expiry on sessions(expires_at);
create index sessions_previous on sessions(previous_hash);
create table sign_in_attempts (
    subject text primary key,
    failures integer not null,
    window_ends_at bigint not null
);
)sql"},
}};

constexpr std::array<store::TableAboveWorkspaces, 4> kAboveWorkspaces{{
    {"workspaces", "the list of workspaces itself"},
    {"users", "a person may be a member of many workspaces; memberships tie them"},
    {"sessions", "a sign-in is a person's, before any workspace is chosen"},
    {"sign_in_attempts", "counted before anybody is known"},
}};

}  // namespace

std::span<const store::Migration> migrations() { return kMigrations; }
std::span<const store::TableAboveWorkspaces> tables_above_workspaces() { return kAboveWorkspaces; }

User user_of(const store::Row& row) {
    User user;
    user.id = row.text("id");
    user.number = row.integer("number");
    user.email = row.text("email");
    user.username = row.text("username");
    user.active = row.truth("active");
    user.created_at = row.instant("created_at");
    user.role = role_from(row.text("role")).value_or(Role::viewer);
    return user;
}

}  // namespace slipway::account
