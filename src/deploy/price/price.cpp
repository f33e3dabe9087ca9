#include "deploy/price/price.h"

#include <algorithm>

#include "base/text.h"
#include "deploy/price/pricer.h"

namespace slipway::deploy {

double PriceSheet::of(std::string_view category) const {
    double sum = 0;
    for (const auto& line : lines)
        if (line.category == category) sum += line.usd;
    return sum;
}

void Pricer::put(PriceLine line, std::string_view item) {
    line.price = table_.find(item);
    if (line.price == nullptr) {
        sheet_.findings.push_back({.rule = "price.unknown",
                                   .resource = line.resource,
                                   .message = fmt::format("There is no price of {}.", item),
                                   .fix = "Choose another size, or add the price to src/deploy/price/prices.tsv."});
        return;
    }
    if (line.price->free > 0) {
        auto& left = free_left_.try_emplace(std::string(item), line.price->free).first->second;
        const auto taken = std::min(left, line.quantity);
        left -= taken;
        line.quantity -= taken;
    }
    line.usd = line.quantity * line.price->usd;
    sheet_.lines.push_back(std::move(line));
}

void Pricer::add(const Resource& resource, std::string_view category, std::string_view item, double quantity,
                 std::string what) {
    put({.resource = resource.address,
         .category = std::string(category),
         .what = std::move(what),
         .quantity = quantity},
        item);
}

void Pricer::hourly(const Resource& resource, std::string_view category, std::string_view item, double count,
                    std::string what) {
    add(resource, category, item, count * kHoursOfMonth, std::move(what));
}

void Pricer::add_traffic(std::string_view category, std::string_view item, double quantity, std::string what) {
    put({.category = std::string(category), .what = std::move(what), .quantity = quantity, .traffic = true}, item);
}

void Pricer::unresolved(const Resource& resource, std::string message, std::string fix) {
    sheet_.findings.push_back({.rule = "price.unresolved",
                               .resource = resource.address,
                               .message = std::move(message),
                               .fix = std::move(fix)});
}

void Pricer::without_resource(const TrafficKey& key) {
    sheet_.findings.push_back({.rule = "price.traffic",
                               .severity = Severity::note,
                               .message = fmt::format("The traffic file declares {}, and the plan has no {}.", key.key,
                                                      split(key.types, ' ').front()),
                               .fix = "Remove it from the traffic file, or it is of another environment."});
}

PriceSheet Pricer::finish() && {
    for (const auto& resource : plan.resources())
        if (!resource.data && !priced_types().contains(resource.type) && !is_free(resource.type))
            sheet_.findings.push_back(
                {.rule = "price.unknown",
                 .resource = resource.address,
                 .message = fmt::format("Whether {} costs anything is not known here.", resource.type),
                 .fix =
                     "Add it to src/deploy/price/free_types.txt if it is free, else a price and how it is counted."});
    for (const auto& line : sheet_.lines) {
        sheet_.total += line.usd;
        if (!line.traffic) sheet_.idle += line.usd;
    }
    return std::move(sheet_);
}

PriceSheet price(const Plan& plan, const Traffic& traffic, const PriceTable& table) {
    Pricer pricer(plan, traffic, table);
    price_tasks(pricer);
    price_databases(pricer);
    price_caches(pricer);
    price_network(pricer);
    price_machines(pricer);
    price_rest(pricer);
    price_traffic(pricer);
    return std::move(pricer).finish();
}

}  // namespace slipway::deploy
