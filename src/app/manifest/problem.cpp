#include "app/manifest/problem.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

namespace slipway::app {

std::string to_line(const ManifestProblem& problem) {
    std::string text = problem.file.string();
    if (problem.mark.line > 0) text += fmt::format(":{}:{}", problem.mark.line, problem.mark.column);
    text += problem.severity == ManifestProblem::Severity::error ? ": error: " : ": warning: ";
    text += problem.message;
    if (!problem.suggestion.empty()) text += " " + problem.suggestion;
    return text;
}

std::string to_lines(const std::vector<ManifestProblem>& problems) {
    std::string text;
    for (const auto& problem : problems) text += to_line(problem) + "\n";
    return text;
}

void Problems::error(Mark mark, std::string message, std::string suggestion) {
    add(ManifestProblem::Severity::error, mark, std::move(message), std::move(suggestion));
}

void Problems::warning(Mark mark, std::string message, std::string suggestion) {
    add(ManifestProblem::Severity::warning, mark, std::move(message), std::move(suggestion));
}

void Problems::add(ManifestProblem::Severity severity, Mark mark, std::string message, std::string suggestion) {
    if (problems_.size() >= kProblemsMax) {
        ++left_out_;
        return;
    }
    const auto place = [](const ManifestProblem& problem) {
        return std::tuple(problem.mark.line, problem.mark.column);
    };
    const auto behind = std::ranges::upper_bound(problems_, std::tuple(mark.line, mark.column), {}, place);
    problems_.insert(behind, {severity, file_, mark, std::move(message), std::move(suggestion)});
}

std::vector<ManifestProblem> Problems::take() && {
    if (left_out_ > 0)
        problems_.push_back(
            {ManifestProblem::Severity::error, file_, {}, fmt::format("{} more problems.", left_out_), {}});
    return std::move(problems_);
}

}  // namespace slipway::app
