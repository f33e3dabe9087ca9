#include "serve/background.h"

#include <algorithm>
#include <array>

#include "app/capabilities/events.h"
#include "app/operations/operations.h"
#include "base/log.h"

namespace slipway::serve {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 3> kOwnJobs{"documents.sync", "documents.reindex", "data.backup"};
constexpr Milliseconds kSettleMargin{10'000};  // before the drain is forced to end
constexpr std::int64_t kBackupsKept = 7;
constexpr std::string_view kBackupPrefix = "slipway-";
const OperatorEvents no_events;  // nobody watches

job::WorkerOptions worker_options(Application& application, bool alone) {
    const auto& manifest = application.manifest();
    const auto drain = manifest.server.limits.drain_time_max;
    job::WorkerOptions options;
    options.jobs_max = manifest.jobs.at_once;
    options.job_time_max = manifest.jobs.time_max;
    options.visibility = manifest.jobs.lease;
    options.on_change = [&application](const WorkspaceId& workspace, std::string_view user, const job::Info& job) {
        application.events().tell(workspace, user, job);
    };
    options.upkeep.jobs_kept = manifest.jobs.keep;
    // Other queues let the database sleep while they are asked.
    if (alone && manifest.stores.queue.scheme == "database")
        options.may_poll = [&application] { return !application.quiet(); };
    options.drain_time_max = drain - std::min(kSettleMargin, drain / 2);
    return options;
}

json::object arguments_of(const app::ScheduleSection& schedule) {
    json::object arguments;
    for (const auto& [name, value] : schedule.arguments) arguments[name] = value;
    return arguments;
}

Result<std::vector<job::ScheduledJob>> entries_of(Application& application) {
    std::vector<job::ScheduledJob> entries;
    for (const auto& schedule : application.manifest().jobs.schedules) {
        if (!has_job(application, schedule.job))
            return fail(ErrorCode::invalid,
                        "jobs.schedules.{}: there is no job '{}'. Scripts declare one with job(\"{}\", function(job) … "
                        "end); Slipway's own are {}.",
                        schedule.name, schedule.job, schedule.job, fmt::join(kOwnJobs, ", "));
        SLIPWAY_TRY(const auto when, job::Schedule::parse(schedule.when));
        job::NewJob made;
        made.name = schedule.job;
        made.arguments = arguments_of(schedule);
        made.attempts_max = application.manifest().jobs.attempts;
        entries.push_back({application.workspace(), schedule.name, when, std::move(made)});
    }
    return entries;
}

// The oldest of our backups go; what else lies there is not touched.
void remove_old_backups(const fs::path& folder, std::int64_t keep) {
    std::vector<fs::path> backups;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
        if (entry->path().filename().string().starts_with(kBackupPrefix)) backups.push_back(entry->path());
    std::ranges::sort(backups, std::greater());
    for (auto i = static_cast<std::size_t>(std::max<std::int64_t>(keep, 1)); i < backups.size(); ++i)
        fs::remove_all(backups[i], error);
}

}  // namespace

bool has_job(Application& application, std::string_view name) {
    return std::ranges::find(kOwnJobs, name) != kOwnJobs.end() || application.capabilities().has_job(name);
}

Result<std::unique_ptr<Background>> Background::make(Application& application, Operator& commands, bool alone) {
    SLIPWAY_TRY(auto entries, entries_of(application));
    return std::unique_ptr<Background>(new Background(application, commands, alone, std::move(entries)));
}

Background::Background(Application& application, Operator& commands, bool alone, std::vector<job::ScheduledJob> entries)
    : application_(application),
      commands_(commands),
      worker_(application.database(), application.queue(), worker_options(application, alone)),
      scheduler_(application.database(), application.capabilities().jobs, std::move(entries)) {
    application_.jobs().on_start([this] { worker_.wake(); });
    worker_.handle("documents.sync", [this](const job::Job&) -> Task<void> {
        SLIPWAY_CO_CHECK(co_await commands_.sync(no_events));
        co_return Result<void>();
    });
    worker_.handle("documents.reindex", [this](const job::Job&) -> Task<void> {
        SLIPWAY_CO_CHECK(co_await commands_.run("reindex", json::object(), no_events));
        co_return Result<void>();
    });
    worker_.handle("data.backup", [this](const job::Job& job) { return back_up(job); });
    worker_.handle(std::string(account::kErrandJob),
                   [this](const job::Job& job) { return application_.errands().run(job); });
    worker_.handle_others([this](const job::Job& job) { return run_script(job); });
}

asio::awaitable<void> Background::run() {
    // What a process that died had noted, and not begun.
    const auto left = co_await application_.errands().start_left();
    if (!left) log::warning("errands of accounts wait", {{"reason", left.error().message}});
    auto jobs = worker_.run();
    auto clock = scheduler_.run();
    co_await both(std::move(jobs), std::move(clock));
}

Background::~Background() { application_.jobs().on_start({}); }

void Background::stop() {
    scheduler_.stop();
    worker_.stop();
}

// Whoever started it, with the role of now; the clock's jobs are the application's own.
Task<account::Principal> Background::principal_of(const job::Job& job) {
    if (!job.user.empty())
        co_return co_await application_.capabilities().authentication.member(job.workspace, job.user);
    account::Principal principal;
    principal.user.username = "system";
    principal.user.role = account::Role::owner;
    principal.workspace = job.workspace;
    principal.proven_until = Instant::max();
    co_return principal;
}

Task<void> Background::run_script(const job::Job& job) {
    auto* scripts = application_.scripts();
    auto handler = app::job_handler(job.name);
    if (scripts == nullptr || !scripts->has_handler(handler))
        co_return fail(ErrorCode::unavailable, "The scripts of this process declare no job '{}'.", job.name);
    SLIPWAY_CO_TRY(auto principal, co_await principal_of(job));
    auto context = std::make_shared<app::CallContext>();
    context->request_id = job.id;
    app::set_principal(*context, std::move(principal));
    json::value argument = json::object{{"id", job.id},
                                        {"name", job.name},
                                        {"arguments", job.arguments},
                                        {"attempts", job.attempts},
                                        {"attempts_max", job.attempts_max},
                                        {"user", context->user}};
    const auto time_max = application_.manifest().jobs.time_max;
    SLIPWAY_CO_CHECK(co_await scripts->call(std::move(handler), std::move(context), std::move(argument), time_max));
    co_return Result<void>();
}

Task<void> Background::back_up(const job::Job& job) {
    const std::string folder(text_or(job.arguments, "folder"));
    const auto& schedules = application_.manifest().jobs.schedules;
    const auto named = [&](const app::ScheduleSection& schedule) {
        return schedule.job == job.name && text_or(arguments_of(schedule), "folder") == folder;
    };
    // Whoever can write into the queue could else have a copy of all data put anywhere, or the older ones removed.
    const auto schedule = std::ranges::find_if(schedules, named);
    if (folder.empty() || schedule == schedules.end())
        co_return fail(ErrorCode::forbidden, "No schedule of the manifest backs up into the folder '{}'.", folder);
    const auto place = application_.folder().path() / folder;  // an absolute path stays what it is
    auto make = [place]() -> Result<void> {
        std::error_code error;
        fs::create_directories(place, error);
        if (error) return fail(ErrorCode::unavailable, "{}: {}", place.string(), error.message());
        return {};
    };
    SLIPWAY_CO_CHECK(co_await application_.files().run(std::move(make)));
    auto stamp = to_iso8601(now());
    std::erase(stamp, ':');
    json::object arguments{{"path", (place / fmt::format("{}{}", kBackupPrefix, stamp)).string()}};
    SLIPWAY_CO_CHECK(co_await commands_.run("backup", std::move(arguments), no_events));
    const auto keep = app::parse_integer(text_or(arguments_of(*schedule), "keep")).value_or(kBackupsKept);
    auto tidy = [place, keep]() -> Result<void> {
        remove_old_backups(place, keep);
        return {};
    };
    co_return co_await application_.files().run(std::move(tidy));
}

}  // namespace slipway::serve
