#include <algorithm>
#include <cmath>

#include "deploy/review/review.h"

namespace slipway::deploy {
namespace {

// Lines of one category and resource kind read better as one sum; the JSON has them all.
struct Part {
    std::string category;
    double usd = 0;
    std::vector<const PriceLine*> lines;
};

std::vector<Part> parts_of(const PriceSheet& price) {
    std::vector<Part> parts;
    for (const auto& line : price.lines) {
        if (line.usd == 0) continue;
        auto found = std::ranges::find(parts, line.category, &Part::category);
        if (found == parts.end()) found = parts.insert(parts.end(), Part{.category = line.category});
        found->usd += line.usd;
        found->lines.push_back(&line);
    }
    std::ranges::sort(parts, std::greater(), &Part::usd);
    return parts;
}

std::string source_of(const PriceLine& line) {
    return fmt::format("{} ({}, {}, {})", line.price->item, line.price->source, line.price->date,
                       line.price->confidence);
}

std::string estimate_text(const Estimate& estimate) {
    if (estimate.most == 0) return "";
    return estimate.least == estimate.most ? fmt::format("{:.2f}", estimate.most)
                                           : fmt::format("{:.2f} to {:.2f}", estimate.least, estimate.most);
}

std::string counts_text(const Review& review) {
    std::string text;
    for (const auto& [action, count] : review.actions)
        text += fmt::format("{}{} to {}", text.empty() ? "" : ", ", count, action);
    return text.empty() ? "nothing to do" : text;
}

std::string verdict(const Review& review) {
    const auto errors = review.count(Severity::error), warnings = review.count(Severity::warning);
    return fmt::format("{} errors, {} warnings, {} notes", errors, warnings, review.count(Severity::note));
}

std::string price_summary(const Review& review) {
    auto text = fmt::format("{:.2f} $ a month ({:.2f} $ when nobody comes)", review.price.total, review.price.idle);
    if (review.budget > 0) text += fmt::format(", budget {:.2f} $", review.budget);
    if (review.estimate)
        if (const auto estimate = estimate_text(*review.estimate); !estimate.empty())
            text += fmt::format(", the document's estimate {} $", estimate);
    return text;
}

// Rounding towards -0.00 helps nobody.
double cents(double usd) { return std::round(usd * 100) / 100; }

std::string escaped(std::string_view text) {
    std::string cell;
    for (const char c : text) {
        if (c == '|') cell += '\\';
        cell += c == '\n' ? ' ' : c;
    }
    return cell;
}

}  // namespace

std::string to_text(const Review& review) {
    auto text = fmt::format("{}, {}{}{}\n{}\n", review.stack, review.environment, review.region.empty() ? "" : ", ",
                            review.region, counts_text(review));
    for (const auto& [address, actions] : review.changes) text += fmt::format("  {:8} {}\n", actions.front(), address);
    text += fmt::format("\nPrice: {}\n", price_summary(review));
    for (const auto& part : parts_of(review.price)) {
        text += fmt::format("  {:>10.2f}  {}\n", part.usd, part.category);
        for (const auto* line : part.lines)
            text += fmt::format("  {:>10}    {:>9.2f}  {}{}{}  {}\n", "", line->usd, line->what,
                                line->resource.empty() ? "" : "  ", line->resource, source_of(*line));
    }
    text += fmt::format("\nFindings: {}\n", verdict(review));
    for (const auto& finding : review.findings) {
        text += fmt::format("{}: {}: {}{}{}\n", to_string(finding.severity), finding.rule, finding.resource,
                            finding.resource.empty() ? "" : ": ", finding.message);
        text += finding.waived.empty() ? fmt::format("    fix: {}\n", finding.fix)
                                       : fmt::format("    waived: {}\n", finding.waived);
    }
    return text;
}

std::string to_markdown(const Review& review) {
    auto text =
        fmt::format("# {}, {}\n\n{}.\n\n**{}**. {}.\n\n## Price\n\n| part | $ a month | of which |\n|---|---:|---|\n",
                    review.stack, review.environment, counts_text(review), price_summary(review), verdict(review));
    for (const auto& part : parts_of(review.price)) {
        std::string lines;
        for (const auto* line : part.lines)
            lines += fmt::format("{}{:.2f} {} ({}, {}, {})", lines.empty() ? "" : "; ", line->usd, line->what,
                                 line->price->item, line->price->date, line->price->confidence);
        text += fmt::format("| {} | {:.2f} | {} |\n", part.category, part.usd, escaped(lines));
    }
    text += "\n## Findings\n\n| severity | rule | resource | what is wrong | fix |\n|---|---|---|---|---|\n";
    for (const auto& finding : review.findings)
        text += fmt::format("| {} | {} | {} | {} | {} |\n", to_string(finding.severity), finding.rule,
                            finding.resource.empty() ? "" : fmt::format("`{}`", escaped(finding.resource)),
                            escaped(finding.message),
                            escaped(finding.waived.empty() ? finding.fix : "waived: " + finding.waived));
    text += "\n## Changes\n\n";
    for (const auto& [address, actions] : review.changes) text += fmt::format("- {} `{}`\n", actions.front(), address);
    return text;
}

json::object to_json(const Review& review) {
    json::array lines, findings, changes;
    for (const auto& line : review.price.lines)
        lines.push_back({{"resource", line.resource},
                         {"category", line.category},
                         {"what", line.what},
                         {"item", line.price->item},
                         {"quantity", line.quantity},
                         {"unit", line.price->unit},
                         {"unit_usd", line.price->usd},
                         {"usd", cents(line.usd)},
                         {"traffic", line.traffic},
                         {"source", line.price->source},
                         {"date", line.price->date},
                         {"confidence", std::string(1, line.price->confidence)}});
    for (const auto& finding : review.findings) {
        json::object one{{"rule", finding.rule},
                         {"severity", to_string(finding.severity)},
                         {"resource", finding.resource},
                         {"message", finding.message},
                         {"fix", finding.fix}};
        if (!finding.waived.empty()) one["waived"] = finding.waived;
        findings.push_back(std::move(one));
    }
    for (const auto& [address, actions] : review.changes)
        changes.push_back({{"resource", address}, {"action", actions.front()}});
    json::object price{
        {"total", cents(review.price.total)}, {"idle", cents(review.price.idle)}, {"lines", std::move(lines)}};
    if (review.budget > 0) price["budget"] = review.budget;
    if (review.estimate && review.estimate->most > 0)
        price["estimate"] = json::array{review.estimate->least, review.estimate->most};
    return {{"stack", review.stack},
            {"environment", review.environment},
            {"region", review.region},
            {"changes", std::move(changes)},
            {"price", std::move(price)},
            {"findings", std::move(findings)},
            {"errors", review.count(Severity::error)}};
}

}  // namespace slipway::deploy
