#include "account/tables.h"

#include <array>

namespace slipway::account {
namespace {

constexpr std::array<store::Migration, 2> kMigrations{{
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
    {"account", 2, R"sql(
alter table users add column display_name text not null default '';
alter table users add column profile text not null default '{}';
alter table users add column email_verified_at bigint;
alter table users add column password_changed_at bigint;
alter table users add column last_sign_in_at bigint;
alter table users add column anonymous integer not null default 0;
alter table users add column system_role text not null default 'user';
alter table users add column default_workspace text;
alter table workspaces add column title text not null default '';
alter table workspaces add column description text not null default '';
alter table workspaces add column settings text not null default '{}';
alter table workspaces add column personal_of text;
alter table workspaces add column suspended_at bigint;
alter table workspaces add column suspended_reason text;
alter table workspaces add column deleting_at bigint;
alter table workspaces add column updated_at bigint;
alter table memberships add column updated_at bigint;
create table devices (
    id text primary key,
    user_id text not null references users(id) on delete cascade,
    fingerprint text not null,
    name text not null,
    facts text not null,
    trusted_at bigint,
    created_at bigint not null,
    last_seen_at bigint not null,
    unique (user_id, fingerprint)
);
alter table sessions add column device_id text;
alter table sessions add column refresh_key text;
alter table sessions add column generation bigint not null default 0;
alter table sessions add column used_generation bigint not null default 0;
alter table sessions add column rotated_at bigint;
alter table sessions add column last_used_at bigint;
alter table sessions add column ends_at bigint;
alter table sessions add column authenticated_at bigint;
alter table sessions add column assurance integer not null default 1;
alter table sessions add column methods text not null default 'pwd';
alter table sessions add column address text not null default '';
alter table sessions add column user_agent text not null default '';
alter table sessions add column ended_reason text;
create table sign_in_origins (
    user_id text not null references users(id) on delete cascade,
    origin text not null,
    last_seen_at bigint not null,
    primary key (user_id, origin)
);
create table account_codes (
    code_hash text primary key,
    purpose text not null,
    user_id text references users(id) on delete cascade,
    bound_to text not null,
    data text not null,
    failures integer not null,
    created_at bigint not null,
    expires_at bigint not null
);
create index account_codes_user on account_codes(user_id, purpose);
create index account_codes_expiry on account_codes(expires_at);
create table factors (
    id text primary key,
    user_id text not null references users(id) on delete cascade,
    kind text not null,
    name text not null,
    secret text not null,
    data text not null,
    last_step bigint not null,
    created_at bigint not null,
    confirmed_at bigint,
    last_used_at bigint
);
create index factors_user on factors(user_id);
create table recovery_codes (
    user_id text not null references users(id) on delete cascade,
    code_hash text not null,
    created_at bigint not null,
    primary key (user_id, code_hash)
);
create table identities (
    provider text not null,
    subject text not null,
    user_id text not null references users(id) on delete cascade,
    email text not null,
    created_at bigint not null,
    last_used_at bigint,
    primary key (provider, subject)
);
create index identities_user on identities(user_id);
create table signing_keys (
    id text primary key,
    algorithm text not null,
    sealed_key text not null,
    public_key text not null,
    created_at bigint not null,
    retired_at bigint
);
create table access_keys (
    id text primary key,
    workspace text not null references workspaces(id) on delete cascade,
    kind text not null,
    user_id text references users(id) on delete cascade,
    name text not null,
    description text not null,
    prefix text not null,
    key_hash text not null unique,
    role text not null,
    scopes text not null,
    rate_per_minute bigint,
    rate_per_day bigint,
    created_by text,
    created_at bigint not null,
    expires_at bigint,
    last_used_at bigint,
    revoked_at bigint
);
create index access_keys_workspace on access_keys(workspace, kind, created_at);
create index access_keys_user on access_keys(user_id);
create table invitations (
    id text primary key,
    workspace text not null references workspaces(id) on delete cascade,
    email text not null,
    role text not null,
    token_hash text not null unique,
    invited_by text,
    created_at bigint not null,
    expires_at bigint not null,
    accepted_at bigint,
    accepted_by text,
    revoked_at bigint
);
create index invitations_workspace on invitations(workspace, created_at);
create index invitations_email on invitations(email);
create table domains (
    id text primary key,
    workspace text not null references workspaces(id) on delete cascade,
    domain text not null,
    token text not null,
    created_at bigint not null,
    checked_at bigint,
    verified_at bigint,
    unique (workspace, domain)
);
create unique index domains_verified on domains(domain) where verified_at is not null;
create table security_events (
    id text primary key,
    workspace text not null,
    event text not null,
    outcome text not null,
    user_id text not null,
    actor_id text not null,
    address text not null,
    user_agent text not null,
    request_id text not null,
    details text not null,
    at bigint not null,
    seal text not null
);
create index security_events_workspace on security_events(workspace, id);
create index security_events_user on security_events(user_id, id);
)sql"},
}};

constexpr std::array<store::TableAboveWorkspaces, 11> kAboveWorkspaces{{
    {"workspaces", "the list of workspaces itself"},
    {"users", "a person may be a member of many workspaces; memberships tie them"},
    {"sessions", "a sign-in is a person's, before any workspace is chosen"},
    {"sign_in_attempts", "counted before anybody is known"},
    {"sign_in_origins", "counted before anybody is known"},
    {"devices", "a person's, as the sessions on them"},
    {"account_codes", "they prove who somebody is, before any workspace is chosen"},
    {"factors", "a person's, as the password"},
    {"recovery_codes", "a person's, as the factors that they stand in for"},
    {"identities", "a person's at other providers"},
    {"signing_keys", "the application's own"},
}};

}  // namespace

std::span<const store::Migration> migrations() { return kMigrations; }
std::span<const store::TableAboveWorkspaces> tables_above_workspaces() { return kAboveWorkspaces; }

User user_of(const store::Row& row) {
    User user;
    user.id = row.text("id");
    user.number = row.integer("number");
    user.anonymous = row.truth("anonymous");
    if (!user.anonymous) user.email = row.text("email");
    user.username = row.text("username");
    user.display_name = row.text("display_name");
    user.active = row.truth("active");
    user.created_at = row.instant("created_at");
    user.role_name = row.text("role");
    user.role = role_from(user.role_name).value_or(Role::viewer);
    user.workspace = row.text("workspace");
    user.suspended = row.optional_integer("suspended_at").has_value();
    user.system_role = row.text("system_role");
    user.default_workspace = row.text("default_workspace");
    if (auto profile = parse_json(row.text("profile")); profile && profile->is_object())
        user.profile = std::move(profile->as_object());
    if (row.optional_integer("email_verified_at")) user.email_verified_at = row.instant("email_verified_at");
    if (row.optional_integer("last_sign_in_at")) user.last_sign_in_at = row.instant("last_sign_in_at");
    return user;
}

}  // namespace slipway::account
