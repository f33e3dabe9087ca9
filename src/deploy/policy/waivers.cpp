#include "deploy/policy/waivers.h"

#include <charconv>

#include "base/text.h"
#include "deploy/policy/policy_document.h"

namespace slipway::deploy {
namespace {

constexpr std::size_t kColumns = 4, kReasonBytesMin = 10;

bool read_number(std::string_view text, auto& value) {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

std::optional<std::chrono::year_month_day> read_day(std::string_view text) {
    const auto parts = split(text, '-');
    int year = 0;
    unsigned month = 0, day = 0;
    if (parts.size() != 3 || !read_number(parts[0], year) || !read_number(parts[1], month) ||
        !read_number(parts[2], day))
        return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
    return date.ok() ? std::optional(date) : std::nullopt;
}

std::string day_text(std::chrono::year_month_day day) {
    return fmt::format("{:04}-{:02}-{:02}", int(day.year()), unsigned(day.month()), unsigned(day.day()));
}

}  // namespace

Result<std::vector<Waiver>> read_waivers(std::string_view text) {
    std::vector<Waiver> waivers;
    std::size_t number = 0;
    for (const auto line : split(text, '\n')) {
        if (++number == 1 || line.empty()) continue;
        const auto cells = split(line, '\t');
        const auto end = cells.size() == kColumns ? read_day(cells[3]) : std::nullopt;
        if (!end || cells[0].find(':') == std::string_view::npos || cells[1].empty() ||
            cells[2].size() < kReasonBytesMin)
            return fail(
                ErrorCode::invalid,
                "Line {} of the waivers is not STACK:RESOURCE, rule, reason (a sentence), end (2027-03-31) with "
                "tabs between them.",
                number);
        waivers.push_back({std::string(cells[0]), std::string(cells[1]), std::string(cells[2]), *end, number});
    }
    return waivers;
}

void apply_waivers(const std::vector<Waiver>& waivers, std::string_view stack, std::chrono::year_month_day today,
                   Findings& findings) {
    Findings expired;
    for (const auto& waiver : waivers) {
        if (!matches(waiver.resource.substr(0, waiver.resource.find(':')), stack)) continue;
        if (today > waiver.end) {
            expired.push_back(
                {.rule = "waiver.expired",
                 .resource = waiver.resource,
                 .message = fmt::format("The waiver of {} ended on {}.", waiver.rule, day_text(waiver.end)),
                 .fix = "Mend what it covers, or give it a new day and a reason that still holds."});
            continue;
        }
        for (auto& finding : findings) {
            const auto place = fmt::format("{}:{}", stack, finding.resource);
            if (!finding.waived.empty() || !matches(waiver.rule, finding.rule) || !matches(waiver.resource, place))
                continue;
            finding.waived = fmt::format("{} (until {})", waiver.reason, day_text(waiver.end));
            finding.severity = Severity::note;
        }
    }
    findings.insert(findings.end(), expired.begin(), expired.end());
}

}  // namespace slipway::deploy
