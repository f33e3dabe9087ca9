#include "deploy/rollout/verdict.h"

namespace slipway::deploy {

std::string_view to_string(Outcome outcome) {
    switch (outcome) {
        case Outcome::planned:
            return "planned";
        case Outcome::serving:
            return "serving";
        case Outcome::refused:
            return "refused";
        case Outcome::migration_failed:
            return "migration_failed";
        case Outcome::rolled_back:
            return "rolled_back";
        case Outcome::not_rolled_back:
            return "not_rolled_back";
        case Outcome::unknown:
            return "unknown";
        case Outcome::superseded:
            return "superseded";
    }
    return "unknown";
}

int exit_code(Outcome outcome) {
    switch (outcome) {
        case Outcome::planned:
        case Outcome::serving:
            return 0;
        case Outcome::refused:
        case Outcome::migration_failed:
            return 1;
        case Outcome::rolled_back:
            return 3;
        case Outcome::not_rolled_back:
            return 4;
        case Outcome::unknown:
        case Outcome::superseded:
            return 5;
    }
    return 1;
}

std::string StoppedTask::text() const {
    auto text = arn.substr(arn.rfind('/') + 1) + ": " + reason;
    if (!container_reason.empty()) text += fmt::format(" ({}: {})", container, container_reason);
    if (exit_code >= 0) text += fmt::format(", exit code {} of {}", exit_code, container);
    return text;
}

json::object Verdict::to_json() const {
    json::array tasks;
    for (const auto& task : stopped) {
        json::object told{{"task", task.arn}, {"code", task.code}, {"reason", task.reason}};
        if (!task.container_reason.empty()) told["container_reason"] = task.container_reason;
        if (task.exit_code >= 0) told["exit_code"] = task.exit_code;
        tasks.push_back(std::move(told));
    }
    return {{"outcome", to_string(outcome)},
            {"exit_code", exit_code(outcome)},
            {"reason", reason},
            {"image", image},
            {"revision", revision},
            {"before", before},
            {"stopped_tasks", std::move(tasks)},
            {"spot_interruptions", interrupted},
            {"log", json::value_from(log)},
            {"notes", json::value_from(notes)}};
}

std::string Verdict::to_text() const {
    auto text = fmt::format("{}: {}\n", to_string(outcome), reason);
    for (const auto& task : stopped) text += fmt::format("  stopped task {}\n", task.text());
    if (!log.empty()) text += "  its last lines:\n";
    for (const auto& line : log) text += "    " + line + "\n";
    if (interrupted > 0) text += fmt::format("  {} tasks were taken away by Spot meanwhile\n", interrupted);
    for (const auto& note : notes) text += "  note: " + note + "\n";
    return text;
}

}  // namespace slipway::deploy
