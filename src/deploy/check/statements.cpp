// What was said about the cost and the sizes, beside what the plan has.
#include <array>

#include "deploy/check/check.h"
#include "deploy/plan/tasks.h"

namespace slipway::deploy {
namespace {

constexpr double kPartTold = 0.9;    // a line that reaches this part of the list price counts as told
constexpr double kMentioned = 0.45;  // dollars below which a line that was left out does not count

struct Sized {
    std::string_view type, attribute, category;
};
constexpr std::array<Sized, 3> kSized{{{"aws_db_instance", "instance_class", "database"},
                                       {"aws_elasticache_replication_group", "node_type", "cache"},
                                       {"aws_rds_cluster_instance", "instance_class", "database"}}};

void add(Findings& findings, std::string_view rule, std::string resource, std::string message, std::string fix) {
    findings.push_back({.rule = std::string(rule),
                        .severity = Severity::warning,
                        .resource = std::move(resource),
                        .message = std::move(message),
                        .fix = std::move(fix)});
}

double sum_of(const PriceSheet& price, const EstimateLine& line) {
    double sum = 0;
    for (const auto& category : line.covers) sum += price.of(category);
    return sum;
}

double count_of(const Plan& plan, std::string_view category) {
    double count = 0;
    if (category == "cache")
        for (const auto* group : plan.of("aws_elasticache_replication_group"))
            count += group->number("num_cache_clusters", 1);
    if (category == "tasks")
        for (const auto& service : services_of(plan)) count += service.on_demand + service.spot;
    if (category == "secrets") count = static_cast<double>(plan.of("aws_secretsmanager_secret").size());
    return count;
}

// The line says on which size, which count it rests.
void check_basis(const Subject& subject, const EstimateLine& line, Findings& findings) {
    for (const auto& sized : kSized) {
        if (line.size.empty() || !holds(line.covers, std::string(sized.category))) continue;
        for (const auto* one : subject.plan.of(sized.type))
            if (one->text(sized.attribute) != line.size)
                add(findings, "C7", one->address,
                    fmt::format("\"{}\" is priced as {}, the plan has {}{}.", line.what, line.size,
                                one->text(sized.attribute), one->flag("multi_az") ? ", Multi-AZ" : ""),
                    "Settle on one size, and price that.");
    }
    for (const auto& [category, rule] :
         {std::pair{"cache", "C4"}, std::pair{"secrets", "C9"}, std::pair{"tasks", "C24"}}) {
        if (line.count == 0 || !holds(line.covers, std::string(category))) continue;
        const auto planned = count_of(subject.plan, category);
        if (planned != line.count)
            add(findings, rule, "",
                fmt::format("\"{}\" is priced as {}, the plan has {}.", line.what, line.count, planned),
                "Count them once, in the plan, and take the price from there.");
    }
}

void check_line(const Subject& subject, const EstimateLine& line, Findings& findings) {
    check_basis(subject, line, findings);
    const auto sum = sum_of(subject.price, line);
    if (line.builds > 0)
        add(findings, "C17", "",
            fmt::format("\"{}\" prices {} builds as if each took a minute.", line.what, line.builds),
            "Count minutes and gigabytes; both are in the traffic file.");
    if (line.free_year && sum > kMentioned)
        add(findings, "C18", "",
            fmt::format(
                "\"{}\" rests on twelve free months, which accounts made since 2025-07-15 do not have: {:.2f} $ from "
                "the first day.",
                line.what, sum),
            "Price it from the first day.");
    else if (line.most < kPartTold * sum)
        add(findings, holds(line.covers, std::string("tasks")) ? "C24" : "C8", "",
            fmt::format("\"{}\" is estimated at {:.2f} $, the list price is {:.2f} $.", line.what, line.most, sum),
            "Take the list price; the lines below say of what it consists.");
}

// What costs and is in no line of the table.
void check_left_out(const Subject& subject, Findings& findings) {
    std::map<std::string, double> left_out;
    for (const auto& line : subject.price.lines)
        if (!line.traffic && !subject.estimate->covers(line.category)) left_out[line.category] += line.usd;
    std::erase_if(left_out, [](const auto& one) { return one.second <= kMentioned; });
    if (left_out.empty()) return;
    double sum = 0;
    std::string text;
    for (const auto& [category, usd] : left_out) {
        sum += usd;
        text += fmt::format("{}{} {:.2f} $", text.empty() ? "" : ", ", category, usd);
    }
    add(findings, "C5", "", fmt::format("The document's cost table does not have: {}.", text),
        "Add these lines to it.");
    if (subject.budget > 0 && sum > subject.budget)
        add(findings, "C19", "",
            fmt::format("What the table leaves out costs more than the whole budget of {:.2f} $.", subject.budget),
            "A NAT instance instead of a gateway, a tunnel or an internal load balancer behind CloudFront instead of a "
            "public one.");
}

}  // namespace

void check_statements(const Subject& subject, Findings& findings) {
    if (subject.budget > 0 && subject.price.total > subject.budget)
        findings.push_back({.rule = "price.budget",
                            .severity = subject.budget_binds ? Severity::error : Severity::warning,
                            .message = fmt::format("The plan costs {:.2f} $ a month, the budget is {:.2f} $.",
                                                   subject.price.total, subject.budget),
                            .fix = "Look at the largest lines; economy.tfvars has the cheapest shape."});
    if (subject.estimate == nullptr) return;
    for (const auto& sized : kSized)
        if (const auto said = subject.estimate->sizes.find(std::string(sized.type));
            said != subject.estimate->sizes.end())
            for (const auto* one : subject.plan.of(sized.type))
                if (one->text(sized.attribute) != said->second)
                    add(findings, "C3", one->address,
                        fmt::format("The document's text says {}, the plan has {}.", said->second,
                                    one->text(sized.attribute)),
                        "Settle on one size.");
    for (const auto& line : subject.estimate->lines) check_line(subject, line, findings);
    check_left_out(subject, findings);
}

}  // namespace slipway::deploy
