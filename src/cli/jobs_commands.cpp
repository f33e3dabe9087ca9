// slipway jobs
#include <cstdio>

#include "cli/commands.h"
#include "cli/terminal.h"

namespace slipway::cli {
namespace {

int print_job(const Result<json::object>& job) {
    if (!job) return report(job.error());
    fmt::print("{}\n", write_json(*job));
    return kDone;
}

std::vector<std::string> row_of(const json::object& job) {
    return {std::string(text_or(job, "id")),
            printable(text_or(job, "name")),
            std::string(text_or(job, "state")),
            fmt::format("{}/{}", integer_or(job, "attempts", 0), integer_or(job, "attempts_max", 0)),
            std::string(text_or(job, "created_at")),
            printable(text_or(job, "reason"))};
}

}  // namespace

int jobs_list(const Target& target, const JobArguments& arguments, bool json_wanted) {
    auto link = connect(target);
    if (!link) return report(link.error());
    const json::object wanted{{"state", arguments.state}, {"cursor", arguments.cursor}, {"limit", arguments.limit}};
    const auto page = (*link)->run("jobs.list", wanted);
    if (!page) return report(page.error());
    if (json_wanted) {
        fmt::print("{}\n", write_json(*page));
        return kDone;
    }
    std::vector<std::vector<std::string>> rows{{"ID", "NAME", "STATE", "ATTEMPTS", "CREATED", "REASON"}};
    if (const auto* jobs = array_in(*page, "jobs"))
        for (const auto& job : *jobs)
            if (const auto* object = job.if_object()) rows.push_back(row_of(*object));
    if (rows.size() == 1) {
        fmt::print("There are no {}jobs.\n", arguments.state.empty() ? "" : arguments.state + " ");
        return kDone;
    }
    fmt::print("{}", table(rows));
    if (const auto next = text_or(*page, "next"); !next.empty()) fmt::print("More with --after {}\n", next);
    return kDone;
}

int jobs_show(const Target& target, const JobArguments& arguments) {
    auto link = connect(target);
    if (!link) return report(link.error());
    return print_job((*link)->run("jobs.show", {{"id", arguments.id}}));
}

int jobs_start(const Target& target, const JobArguments& arguments) {
    json::object wanted{{"name", arguments.name}, {"key", arguments.key}, {"delay_ms", arguments.delay_seconds * 1000}};
    if (!arguments.arguments.empty()) {
        auto given = parse_json(arguments.arguments);
        if (!given || !given->is_object()) {
            fmt::print(stderr, "error: --arguments is a JSON object, such as '{{\"name\": \"value\"}}'.\n");
            return kWrongUse;
        }
        wanted["arguments"] = std::move(given->get_object());
    }
    auto link = connect(target);
    if (!link) return report(link.error());
    const auto job = (*link)->run("jobs.start", std::move(wanted));
    if (job && !(*link)->is_remote()) fmt::print(stderr, "No server runs here; the job waits for one.\n");
    return print_job(job);
}

int jobs_retry(const Target& target, const JobArguments& arguments) {
    if (arguments.id.empty() && !arguments.all) {
        fmt::print(stderr, "error: name the job, or say --all.\n");
        return kWrongUse;
    }
    auto link = connect(target);
    if (!link) return report(link.error());
    const auto result = (*link)->run("jobs.retry", {{"id", arguments.id}});
    if (!result) return report(result.error());
    const auto retried = integer_or(*result, "retried", 0);
    if (retried == 0 && !arguments.id.empty()) {
        fmt::print(stderr, "error: no job {} was given up; see slipway jobs show.\n", printable(arguments.id));
        return kFailed;
    }
    fmt::print("{} {} again.\n", retried, retried == 1 ? "job waits" : "jobs wait");
    return kDone;
}

}  // namespace slipway::cli
