#include "deploy/plan/finding.h"

#include <algorithm>
#include <tuple>

namespace slipway::deploy {
namespace {

auto key(const Finding& finding) { return std::tie(finding.severity, finding.rule, finding.resource, finding.message); }

}  // namespace

std::string_view to_string(Severity severity) {
    switch (severity) {
        case Severity::error:
            return "error";
        case Severity::warning:
            return "warning";
        case Severity::note:
            return "note";
    }
    return "";
}

void sort(Findings& findings) {
    std::ranges::sort(findings, {}, key);
    const auto same = [](const Finding& a, const Finding& b) { return key(a) == key(b); };
    const auto rest = std::ranges::unique(findings, same);
    findings.erase(rest.begin(), rest.end());
}

}  // namespace slipway::deploy
