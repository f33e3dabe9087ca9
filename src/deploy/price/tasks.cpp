// Services of ECS on Fargate: vCPU and memory of the task, on demand or Spot, and its public address.
#include "deploy/plan/tasks.h"

#include <algorithm>
#include <cmath>

#include "deploy/price/pricer.h"

namespace slipway::deploy {
namespace {

void price_service(Pricer& pricer, const Service& service) {
    const auto& resource = *service.resource;
    if (service.task == nullptr) {
        pricer.unresolved(resource, "Which task definition the service runs cannot be read from the plan.",
                          "Refer to the task definition's arn in task_definition, not through a local value.");
        return;
    }
    const auto* task = service.task;
    const double vcpu = task->number("cpu") / 1024, gb = task->number("memory") / 1024;
    const std::string_view kind = service.arm ? "arm" : "x86";
    const auto lines = [&](double count, double share, std::string_view how) {
        if (count == 0) return;
        const auto what = [&](std::string_view of) { return fmt::format("{} × {}, {}{}", count, of, kind, how); };
        pricer.hourly(resource, "tasks", fmt::format("fargate.{}.vcpu", kind), count * vcpu * share,
                      what(fmt::format("{} vCPU", vcpu)));
        pricer.hourly(resource, "tasks", fmt::format("fargate.{}.gb", kind), count * gb * share,
                      what(fmt::format("{} GB", gb)));
        const auto* storage = task->block("ephemeral_storage");
        const auto more = storage != nullptr ? number_in(*storage, "size_in_gib", 20) - 20 : 0;
        if (more > 0)
            pricer.hourly(resource, "tasks", "fargate.storage", count * more, fmt::format("{} GB of disk", more));
    };
    lines(service.on_demand, 1, "");
    const auto* spot = PriceTable::built_in().find("fargate.spot");
    lines(service.spot, spot != nullptr ? spot->usd : 1, ", Spot (an estimate)");
    if (service.public_address)
        pricer.hourly(resource, "addresses", "ipv4", service.on_demand + service.spot, "public addresses of tasks");
}

}  // namespace

void price_tasks(Pricer& pricer) {
    for (const auto& service : services_of(pricer.plan)) price_service(pricer, service);
}

}  // namespace slipway::deploy
