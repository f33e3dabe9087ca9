// RDS, Aurora and RDS Proxy.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "deploy/policy/rules.h"

namespace slipway::deploy {
namespace {

using enum Severity;

constexpr std::string_view kDatabases = "aws_db_instance aws_rds_cluster";
constexpr double kOldestMajor = 14;  // PostgreSQL 13 left standard support in 2026-02

bool is_encrypted(const Audit&, const Resource& one) { return one.flag("storage_encrypted"); }
bool is_private(const Audit&, const Resource& one) { return !one.flag("publicly_accessible"); }

bool is_backed_up(const Audit& audit, const Resource& one) {
    return one.number("backup_retention_period") >= (audit.production ? 7 : 1);
}

bool is_protected(const Audit&, const Resource& one) { return one.flag("deletion_protection"); }

bool survives_a_zone(const Audit& audit, const Resource& one) {
    if (one.is("aws_db_instance")) return one.flag("multi_az");
    return audit.plan.referring(one, "aws_rds_cluster_instance", "cluster_identifier").size() >= 2;
}

bool is_mended(const Audit&, const Resource& one) { return one.flag("auto_minor_version_upgrade", true); }
bool shows_load(const Audit&, const Resource& one) { return one.flag("performance_insights_enabled"); }
bool knows_roles(const Audit&, const Resource& one) { return one.flag("iam_database_authentication_enabled"); }
bool exports_logs(const Audit&, const Resource& one) { return one.given("enabled_cloudwatch_logs_exports"); }
bool copies_tags(const Audit&, const Resource& one) { return one.flag("copy_tags_to_snapshot"); }
bool keeps_snapshot(const Audit&, const Resource& one) { return !one.flag("skip_final_snapshot"); }
bool has_modern_authority(const Audit&, const Resource& one) { return one.text("ca_cert_identifier") != "rds-ca-2019"; }

double major_of(const Resource& one) {
    const auto version = one.text("engine_version");
    double major = 0;
    for (const char c : version.substr(0, version.find('.'))) major = c >= '0' && c <= '9' ? major * 10 + (c - '0') : 0;
    return major;
}

bool is_supported(const Audit&, const Resource& one) { return major_of(one) == 0 || major_of(one) >= kOldestMajor; }

std::string parameter(const Resource& group, std::string_view name) {
    for (const auto* one : group.blocks("parameter"))
        if (text_or(*one, "name") == name) return std::string(text_or(*one, "value"));
    return "";
}

ResourceList parameter_groups(const Audit& audit, const Resource& one) {
    return one.is("aws_db_instance")
               ? audit.plan.referred(one, "parameter_group_name", "aws_db_parameter_group")
               : audit.plan.referred(one, "db_cluster_parameter_group_name", "aws_rds_cluster_parameter_group");
}

// PostgreSQL 15 and later force it by default.
bool forces_tls(const Audit& audit, const Resource& one) {
    const auto groups = parameter_groups(audit, one);
    const bool off =
        std::ranges::any_of(groups, [](const Resource* group) { return parameter(*group, "rds.force_ssl") == "0"; });
    const bool on =
        std::ranges::any_of(groups, [](const Resource* group) { return parameter(*group, "rds.force_ssl") == "1"; });
    return !off && (on || major_of(one) >= 15);
}

// pgvector comes by CREATE EXTENSION: in this list it keeps the database from starting.
bool preloads_what_exists(const Audit&, const Resource& group) {
    const auto list = parameter(group, "shared_preload_libraries");
    return !list.contains("vector");
}

bool keeps_no_password(const Audit&, const Resource& one) {
    for (const auto key : {"password", "master_password"})
        if (one.given(key)) return false;
    return true;
}

bool asks_for_tls(const Audit&, const Resource& proxy) { return proxy.flag("require_tls"); }

bool ends_idle_clients(const Audit&, const Resource& proxy) {
    const auto seconds = proxy.number("idle_client_timeout");
    return seconds > 0 && seconds <= 28'800;
}

bool borrows_in_time(const Audit& audit, const Resource& proxy) {
    const auto groups = audit.plan.referring(proxy, "aws_db_proxy_default_target_group", "db_proxy_name");
    return std::ranges::any_of(groups, [](const Resource* group) {
        const auto* pool = group->block("connection_pool_config");
        const auto seconds = pool != nullptr ? number_in(*pool, "connection_borrow_timeout", 0) : 0;
        return seconds > 0 && seconds <= 120;
    });
}

constexpr std::array<Rule, 19> kRules{{
    {"rds.encrypted", kDatabases, error, error, is_encrypted, "What is stored is not encrypted.",
     "storage_encrypted = true."},
    {"rds.private", "aws_db_instance aws_rds_cluster_instance", error, error, is_private,
     "The database has a public address.", "publicly_accessible = false."},
    {"rds.backup", kDatabases, error, error, is_backed_up, "Backups are kept for too few days.",
     "backup_retention_period = 7 in production, 1 at least elsewhere."},
    {"rds.deletion-protection", kDatabases, note, error, is_protected, "One command deletes the database.",
     "deletion_protection = true in production."},
    {"rds.multi-az", kDatabases, note, warning, survives_a_zone, "The loss of a zone ends the database.",
     "multi_az = true, or a second instance in the cluster."},
    {"rds.minor-upgrades", "aws_db_instance aws_rds_cluster_instance", warning, warning, is_mended,
     "Mended versions are not taken over.", "auto_minor_version_upgrade = true."},
    {"rds.insights", "aws_db_instance aws_rds_cluster_instance", note, note, shows_load, "Slow queries leave no trace.",
     "performance_insights_enabled = true (free for 7 days of history)."},
    {"rds.iam", kDatabases, note, note, knows_roles, "Only passwords open it.",
     "iam_database_authentication_enabled = true."},
    {"rds.logs", kDatabases, note, warning, exports_logs, "Its log stays on its own disk.",
     "enabled_cloudwatch_logs_exports = [\"postgresql\"]."},
    {"rds.copy-tags", kDatabases, note, note, copies_tags, "Snapshots have no tags.", "copy_tags_to_snapshot = true."},
    {"rds.tls", kDatabases, warning, error, forces_tls, "Connections without TLS are accepted.",
     "rds.force_ssl = 1 in the parameter group, or PostgreSQL 15 and later."},
    {"rds.authority", "aws_db_instance aws_rds_cluster_instance", error, error, has_modern_authority,
     "Its certificate is of an authority that has ended.", "ca_cert_identifier = \"rds-ca-rsa2048-g1\"."},
    {"rds.final-snapshot", kDatabases, note, error, keeps_snapshot, "What is deleted is gone.",
     "skip_final_snapshot = false."},
    {"rds.supported", kDatabases, error, error, is_supported,
     "This version of PostgreSQL costs extended support by vCPU and hour.", "engine_version 14 or later; 16 at best."},
    {"rds.preload", "aws_db_parameter_group aws_rds_cluster_parameter_group", error, error, preloads_what_exists,
     "pgvector stands in shared_preload_libraries, where it is no library: the database does not start.",
     "Remove it; the migration's CREATE EXTENSION vector is all that it needs."},
    {"rds.password", kDatabases, error, error, keeps_no_password, "The password comes to lie in the state.",
     "manage_master_user_password = true, or password_wo."},
    {"proxy.tls", "aws_db_proxy", error, error, asks_for_tls, "The proxy takes connections without TLS.",
     "require_tls = true."},
    {"proxy.idle", "aws_db_proxy", warning, warning, ends_idle_clients,
     "Idle clients keep the proxy's connections for ever.", "idle_client_timeout = 1800."},
    {"proxy.borrow", "aws_db_proxy", warning, warning, borrows_in_time,
     "How long a client waits for a connection has no bound.",
     "aws_db_proxy_default_target_group with connection_pool_config { connection_borrow_timeout = 30 }."},
}};

}  // namespace

std::span<const Rule> database_rules() { return kRules; }

}  // namespace slipway::deploy
