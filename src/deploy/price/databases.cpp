// RDS, Aurora and RDS Proxy.
#include <algorithm>

#include "base/text.h"
#include "deploy/price/pricer.h"

namespace slipway::deploy {
namespace {

constexpr double kIncludedIops = 3000;
constexpr double kAwakeAcu = 0.5;  // the least that an Aurora which may sleep has while it is awake
constexpr double kProxyVcpuMin = 2, kProxyAcuMin = 8;

// "db.r6g.2xlarge" → 8
double vcpus(std::string_view size) {
    const auto dot = size.rfind('.');
    const auto name = dot == std::string_view::npos ? size : size.substr(dot + 1);
    if (!name.ends_with("xlarge")) return 2;
    const auto times = name.substr(0, name.size() - 6);
    double factor = 1;
    if (!times.empty()) factor = std::max(1, std::atoi(std::string(times).c_str()));
    return 4 * factor;
}

std::string_view engine_name(std::string_view engine) { return engine.contains("postgres") ? "postgres" : engine; }

void price_instance(Pricer& pricer, const Resource& database) {
    const double copies = database.flag("multi_az") ? 2 : 1;
    const auto size = database.text("instance_class");
    pricer.hourly(database, "database", fmt::format("rds.{}.{}", engine_name(database.text("engine")), size), copies,
                  fmt::format("{}{}", size, copies > 1 ? ", Multi-AZ" : ""));
    const auto gigabytes = database.number("allocated_storage");
    const auto storage = database.text("storage_type");
    const std::string type(storage.empty() ? "gp2" : storage);
    pricer.add(database, "database", "rds." + type, gigabytes * copies, fmt::format("{} GB of {}", gigabytes, type));
    const auto more = database.number("iops") - kIncludedIops;
    if (more > 0 && type == "gp3")
        pricer.add(database, "database", "rds.gp3.iops", more * copies, fmt::format("{} IOPS more", more));
    if (database.flag("manage_master_user_password"))
        pricer.add(database, "secrets", "secret", 1, "the password that RDS keeps");
}

void price_cluster(Pricer& pricer, const Resource& cluster) {
    const auto* scaling = cluster.block("serverlessv2_scaling_configuration");
    const double least = scaling != nullptr ? number_in(*scaling, "min_capacity", 0) : 0;
    const std::string optimized = cluster.text("storage_type") == "aurora-iopt1" ? ".io-optimized" : "";
    for (const auto* one : pricer.plan.referring(cluster, "aws_rds_cluster_instance", "cluster_identifier")) {
        const auto size = one->text("instance_class");
        if (size != "db.serverless") {
            pricer.hourly(*one, "database", fmt::format("aurora.{}.{}", engine_name(cluster.text("engine")), size), 1,
                          std::string(size));
        } else if (least > 0) {
            pricer.hourly(*one, "database", "aurora.acu" + optimized, least, fmt::format("{} ACU always", least));
        } else {
            const auto hours = pricer.traffic.of("aurora_awake_hours");
            pricer.add(*one, "database", "aurora.acu" + optimized, hours * kAwakeAcu,
                       fmt::format("asleep but for {} hours", hours));
        }
    }
    if (cluster.flag("manage_master_user_password"))
        pricer.add(cluster, "secrets", "secret", 1, "the password that RDS keeps");
}

void price_proxy(Pricer& pricer, const Resource& proxy) {
    double units = kProxyVcpuMin;
    for (const auto* target : pricer.plan.referring(proxy, "aws_db_proxy_target", "db_proxy_name")) {
        for (const auto* instance : pricer.plan.referred(*target, "db_instance_identifier", "aws_db_instance"))
            units = std::max(units, vcpus(instance->text("instance_class")));
        for (const auto* cluster : pricer.plan.referred(*target, "db_cluster_identifier", "aws_rds_cluster")) {
            const auto* scaling = cluster->block("serverlessv2_scaling_configuration");
            if (scaling != nullptr) units = std::max({units, kProxyAcuMin, number_in(*scaling, "min_capacity", 0)});
        }
    }
    pricer.hourly(proxy, "proxy", "rds.proxy", units, fmt::format("for {} vCPU or ACU", units));
}

}  // namespace

void price_databases(Pricer& pricer) {
    for (const auto* one : pricer.plan.of("aws_db_instance")) price_instance(pricer, *one);
    for (const auto* one : pricer.plan.of("aws_rds_cluster")) price_cluster(pricer, *one);
    for (const auto* one : pricer.plan.of("aws_db_proxy")) price_proxy(pricer, *one);
}

}  // namespace slipway::deploy
