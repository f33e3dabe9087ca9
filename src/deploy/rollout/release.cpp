#include "deploy/rollout/release.h"

#include <optional>
#include <set>

#include "base/text.h"
#include "deploy/rollout/migration.h"
#include "deploy/rollout/serving.h"

namespace slipway::deploy {
namespace {

using How = DeploymentEnd::How;
// Exit codes of `slipway migrate --plan`.
constexpr int kNothingContracts = 0, kContracts = 3, kBlocked = 4;

constexpr std::string_view kAgain = "The same command takes up watching.";

class Release {
 public:
    Release(Cloud& cloud, ReleaseOptions options, Tell tell)
        : cloud_(cloud),
          options_(std::move(options)),
          tell_(std::move(tell)),
          evidence_(cloud_, options_.cluster, options_.service),
          migration_(cloud_, options_, tell_) {
        verdict_.image = options_.image.text();
    }

    asio::awaitable<Verdict> run();

 private:
    Task<void> prepare();
    Task<void> take_up();
    Result<void> check_service();
    Task<void> make_revision();
    Task<void> migrate();
    Task<void> roll_out();
    Task<bool> deploy(json::object definition, std::set<std::string, std::less<>> digests);
    Task<bool> follow(json::object definition, std::set<std::string, std::less<>> digests, double since);
    Task<bool> settle(json::object definition, std::set<std::string, std::less<>> digests);
    Task<void> prove();
    Task<void> contract();
    Task<std::string> red();
    Task<void> go_back(std::string why);
    Task<void> stop_first(std::string why);
    Task<void> explain();
    void end(Outcome outcome, std::string reason);
    void describe_plan();

    Cloud& cloud_;
    ReleaseOptions options_;
    Tell tell_;
    Evidence evidence_;
    Migration migration_;
    Verdict verdict_;
    json::object service_, before_, pattern_, next_;
    std::set<std::string, std::less<>> digests_;
    std::string container_;
    std::string failed_;  // why deploy() was in vain
    How how_ = How::lost;
    std::optional<double> since_;  // when it was begun by an earlier run, which got as far as that
    bool changed_ = false, ended_ = false, contracts_ = false, in_vain_ = false;
};

std::string arn_of(const json::object& definition) { return std::string(text_or(definition, "taskDefinitionArn")); }

void Release::end(Outcome outcome, std::string reason) {
    verdict_.outcome = outcome;
    verdict_.reason = std::move(reason);
    ended_ = true;
}

Result<void> Release::check_service() {
    if (integer_or(service_, "desiredCount", 0) == 0 && options_.count == 0)
        return fail(ErrorCode::invalid,
                    "The service {} wants no task (desired count 0), so nothing would serve: say with --count how many "
                    "it is to want.",
                    options_.service);
    if (const auto* controller = object_in(service_, "deploymentController"))
        if (const auto type = text_or(*controller, "type", "ECS"); type != "ECS")
            return fail(ErrorCode::invalid, "The deployments of {} are made by {}, not by ECS.", options_.service,
                        type);
    const auto* deployments = array_in(service_, "deployments");
    if (!options_.replace && !since_ && deployments != nullptr && deployments->size() > 1)
        return fail(ErrorCode::conflict,
                    "Another deployment of {} is under way: wait for it, or take its place with --replace.",
                    options_.service);
    const auto* configuration = object_in(service_, "deploymentConfiguration");
    const auto* breaker = configuration == nullptr ? nullptr : object_in(*configuration, "deploymentCircuitBreaker");
    if (breaker == nullptr || !bool_or(*breaker, "enable", false) || !bool_or(*breaker, "rollback", false))
        verdict_.notes.emplace_back("the service has no circuit breaker that rolls back: a bad release tries for ever");
    return {};
}

const json::object* deployment_with(const json::object& service, std::string_view status) {
    if (const auto* all = array_in(service, "deployments"))
        for (const auto& each : *all)
            if (const auto* one = each.if_object(); one != nullptr && text_or(*one, "status") == status) return one;
    return nullptr;
}

// A deployment of exactly this image that is under way was begun by a run that stopped looking.
Task<void> Release::take_up() {
    const auto* primary = deployment_with(service_, "PRIMARY");
    const auto* former = deployment_with(service_, "ACTIVE");
    if (options_.replace || primary == nullptr || former == nullptr) co_return Result<void>();
    const auto since = number_or(*primary, "createdAt", 0);
    SLIPWAY_CO_TRY(auto now, co_await describe_definition(cloud_, std::string(text_or(*primary, "taskDefinition"))));
    const auto container = container_for(now, options_.container, options_.image);
    if (!container || image_in(now, *container) != options_.image.text()) co_return Result<void>();
    SLIPWAY_CO_TRY(before_, co_await describe_definition(cloud_, std::string(text_or(*former, "taskDefinition"))));
    next_ = std::move(now);
    verdict_.revision = short_name(arn_of(next_));
    since_ = since;
    co_return Result<void>();
}

Task<void> Release::prepare() {
    SLIPWAY_CO_TRY(service_, co_await describe_service(cloud_, options_.cluster, options_.service));
    SLIPWAY_CO_CHECK(co_await take_up());
    SLIPWAY_CO_CHECK(check_service());
    if (!since_) {
        SLIPWAY_CO_TRY(before_, co_await describe_definition(cloud_, std::string(text_or(service_, "taskDefinition"))));
    }
    verdict_.before = short_name(arn_of(before_));
    SLIPWAY_CO_TRY(pattern_, co_await describe_definition(cloud_, std::string(text_or(before_, "family"))));
    if (arn_of(pattern_) != arn_of(before_)) tell_(fmt::format("the pattern is {}", short_name(arn_of(pattern_))));
    SLIPWAY_CO_TRY(container_, container_for(pattern_, options_.container, options_.image));
    if (options_.migrate) SLIPWAY_CO_CHECK(co_await migration_.prepare(pattern_, container_));
    auto digests = co_await digests_of(cloud_, options_.image);
    if (digests) {
        digests_ = *std::move(digests);
    } else if (text_or(digests.error().details, "aws_code") == "AccessDeniedException") {
        digests_ = {options_.image.digest};
        verdict_.notes.emplace_back("ECR may not be asked, so the image was not looked for before");
    } else {
        co_return pass(digests);
    }
    co_return Result<void>();
}

void Release::describe_plan() {
    tell_(fmt::format("service {} in {}: {}, {} tasks", options_.service, options_.cluster, verdict_.before,
                      integer_or(service_, "desiredCount", 0)));
    tell_(fmt::format("container {}: {} becomes {}", container_, image_in(pattern_, container_), verdict_.image));
    if (options_.migrate) tell_(fmt::format("task before it: {}", join(migration_.command(), " ")));
    if (since_) tell_(fmt::format("{} is on its way there already, and would be watched", verdict_.revision));
    if (options_.verify) tell_("verified after it; red rolls back to " + verdict_.before);
}

Task<void> Release::make_revision() {
    SLIPWAY_CO_TRY(next_, co_await register_revision(cloud_, pattern_, container_, options_.image));
    verdict_.revision = short_name(arn_of(next_));
    tell_("registered " + verdict_.revision);
    co_return Result<void>();
}

Task<void> Release::migrate() {
    SLIPWAY_CO_CHECK(co_await migration_.use(next_));
    std::vector<std::string> plan{"--plan"};
    SLIPWAY_CO_TRY(const auto planned, co_await migration_.run(service_, std::move(plan), verdict_));
    if (planned == kBlocked)
        co_return fail(ErrorCode::conflict,
                       "Its migrations cannot be applied while {} runs (`migrate --plan`: blocked): release what lies "
                       "between first.",
                       verdict_.before);
    if (planned != kNothingContracts && planned != kContracts)
        co_return fail(ErrorCode::unavailable, "`migrate --plan` failed with exit code {}.", planned);
    contracts_ = planned == kContracts;
    verdict_.stopped.clear();
    std::vector<std::string> nothing;
    SLIPWAY_CO_TRY(const auto done, co_await migration_.run(service_, std::move(nothing), verdict_));
    if (done != 0) co_return fail(ErrorCode::unavailable, "The migration failed with exit code {}.", done);
    verdict_.log.clear();
    co_return Result<void>();
}

Task<bool> Release::settle(json::object definition, std::set<std::string, std::less<>> digests) {
    const Wanted wanted{.cluster = options_.cluster,
                        .service = options_.service,
                        .definition_arn = arn_of(definition),
                        .container = container_,
                        .definition = definition,
                        .digests = std::move(digests)};
    const auto until = cloud_.elapsed() + options_.settle;
    while (true) {
        const auto seen = co_await check_serving(cloud_, wanted);
        if (!seen && !passes(seen.error())) co_return std::unexpected(seen.error());
        if (seen && seen->serves) {
            tell_(seen->reason);
            co_return true;
        }
        failed_ = seen ? seen->reason : seen.error().message;
        in_vain_ = seen && seen->in_vain;
        if (in_vain_ || cloud_.elapsed() >= until) co_return false;
        co_await sleep_for(options_.poll);
    }
}

Task<bool> Release::deploy(json::object definition, std::set<std::string, std::less<>> digests) {
    json::object order{
        {"cluster", options_.cluster}, {"service", options_.service}, {"taskDefinition", arn_of(definition)}};
    if (options_.count > 0) order["desiredCount"] = options_.count;
    const auto since = cloud_.time_there();
    SLIPWAY_CO_CHECK(co_await cloud_.ecs("UpdateService", std::move(order)));
    changed_ = true;
    tell_(fmt::format("the service is on its way to {}", short_name(arn_of(definition))));
    co_return co_await follow(std::move(definition), std::move(digests), since);
}

Task<bool> Release::follow(json::object definition, std::set<std::string, std::less<>> digests, double since) {
    Watched watched{.cluster = options_.cluster,
                    .service = options_.service,
                    .definition_arn = arn_of(definition),
                    .container = container_,
                    .since = since,
                    .poll = options_.poll,
                    .timeout = options_.timeout};
    SLIPWAY_CO_TRY(const auto ended, co_await watch(cloud_, std::move(watched), evidence_, tell_));
    how_ = ended.how;
    failed_ = ended.reason;
    if (how_ != How::successful) co_return false;
    co_return co_await settle(std::move(definition), std::move(digests));
}

Task<void> Release::roll_out() {
    bool serves = false;
    if (since_) {
        tell_(fmt::format("taking up {}, which is under way since an earlier run", verdict_.revision));
        changed_ = true;
        SLIPWAY_CO_TRY(serves, co_await follow(next_, digests_, *since_));
    } else {
        SLIPWAY_CO_TRY(serves, co_await deploy(next_, digests_));
    }
    if (serves) co_return Result<void>();
    const auto why = failed_;
    switch (how_) {
        case How::successful:
            co_return co_await go_back("ECS calls the deployment successful, and it is not: " + why);
        case How::rolled_back:
            end(Outcome::rolled_back, "ECS rolled the service back: " + why);
            break;
        case How::rollback_failed:
            end(Outcome::not_rolled_back, "The deployment failed, and so did ECS's way back: " + why);
            break;
        case How::superseded:
            end(Outcome::superseded, why);
            break;
        case How::stopped:
            end(Outcome::superseded, "Somebody stopped the deployment. " + why);
            break;
        case How::timed_out:
            end(Outcome::unknown, fmt::format("It was not done in {} s, and goes on. {} {}",
                                              options_.timeout.count() / 1000, why, kAgain));
            break;
        case How::lost:
            end(Outcome::unknown,
                fmt::format("ECS cannot be asked any more, so nobody saw the end: {} {}", why, kAgain));
            break;
    }
    co_return Result<void>();
}

Task<std::string> Release::red() {
    if (!options_.verify) co_return std::string();
    tell_("verifying");
    auto seen = co_await options_.verify();
    co_return seen ? *std::move(seen) : seen.error().message;
}

Task<void> Release::go_back(std::string why) {
    if (!options_.roll_back) {
        end(Outcome::not_rolled_back, why + " It was left as it is (--no-rollback).");
        co_return Result<void>();
    }
    tell_(why);
    SLIPWAY_CO_TRY(const auto service, co_await describe_service(cloud_, options_.cluster, options_.service));
    if (const auto wanted = text_or(service, "taskDefinition"); wanted != arn_of(next_)) {
        end(Outcome::superseded, fmt::format("{} But the service is on its way to {} already, which is left alone.",
                                             why, short_name(wanted)));
        co_return Result<void>();
    }
    const auto count_before = static_cast<int>(integer_or(service_, "desiredCount", 0));
    if (options_.count > 0) options_.count = count_before;
    if (count_before == 0) co_return co_await stop_first(std::move(why));
    tell_("rolling back to " + verdict_.before);
    std::set<std::string, std::less<>> any;
    const auto back = co_await deploy(before_, std::move(any));
    if (back && *back) {
        end(Outcome::rolled_back, fmt::format("{} {} serves again.", why, verdict_.before));
    } else {
        end(Outcome::not_rolled_back, fmt::format("{} Rolling back to {} failed as well: {}", why, verdict_.before,
                                                  back ? failed_ : back.error().message));
    }
    co_return Result<void>();
}

// There is nothing to go back to but nothing.
Task<void> Release::stop_first(std::string why) {
    json::object order{{"cluster", options_.cluster},
                       {"service", options_.service},
                       {"taskDefinition", arn_of(before_)},
                       {"desiredCount", 0}};
    const auto stopped = co_await cloud_.ecs("UpdateService", std::move(order));
    if (stopped)
        end(Outcome::rolled_back, why + " It was the first release: the service wants no task again.");
    else
        end(Outcome::not_rolled_back, fmt::format("{} It could not be stopped: {}", why, stopped.error().message));
    co_return Result<void>();
}

Task<void> Release::prove() {
    SLIPWAY_CO_TRY(const auto why, co_await red());
    if (!why.empty()) co_return co_await go_back("Verification is red: " + why);
    if (options_.verify) {  // which took its time
        SLIPWAY_CO_TRY(const bool serves, co_await settle(next_, digests_));
        if (!serves) co_return co_await go_back("It does not serve any more: " + failed_);
    }
    end(Outcome::serving, fmt::format("{} serves as {}.", verdict_.image, short_name(arn_of(next_))));
    co_return Result<void>();
}

Task<void> Release::contract() {
    if (!options_.contract) {
        if (contracts_)
            verdict_.notes.emplace_back(
                "migration steps wait that break the release before: `slipway migrate --contract`, once it is not "
                "wanted back");
        co_return Result<void>();
    }
    if (!contracts_) co_return Result<void>();
    std::vector<std::string> all{"--contract"};
    const auto done = co_await migration_.run(service_, std::move(all), verdict_);
    if (!done || *done != 0) {
        end(Outcome::not_rolled_back,
            fmt::format("The contracting migration failed: {}. The release serves; it was not rolled back, since some "
                        "steps may have been applied.",
                        done ? fmt::format("exit code {}", *done) : done.error().message));
        co_return Result<void>();
    }
    SLIPWAY_CO_TRY(const auto why, co_await red());
    if (!why.empty())
        end(Outcome::not_rolled_back,
            fmt::format("Verification is red: {} Rolling back is refused, since the migration has contracted: {} does "
                        "not work with these tables. Mend it forward, or restore a backup.",
                        why, verdict_.before));
    co_return Result<void>();
}

// What the tasks said that ended, for a verdict that is not good.
Task<void> Release::explain() {
    SLIPWAY_CO_CHECK(co_await evidence_.look(arn_of(next_), container_));
    const auto& stopped = evidence_.stopped();
    constexpr std::size_t kShown = 5;
    const auto from = stopped.size() > kShown ? stopped.size() - kShown : 0;
    verdict_.stopped.insert(verdict_.stopped.end(), stopped.begin() + static_cast<std::ptrdiff_t>(from), stopped.end());
    verdict_.interrupted = evidence_.interrupted();
    if (stopped.empty() || verdict_.outcome == Outcome::serving) co_return Result<void>();
    SLIPWAY_CO_TRY(verdict_.log, co_await last_lines(cloud_, next_, stopped.back()));
    co_return Result<void>();
}

asio::awaitable<Verdict> Release::run() {
    auto step = co_await prepare();
    if (step && options_.dry_run) {
        describe_plan();
        end(Outcome::planned, "Nothing was done (--dry-run).");
        co_return verdict_;
    }
    // What was begun has its revision, and was migrated before; how far it may contract, nobody knows any more.
    if (step && since_ && options_.migrate) step = co_await migration_.use(next_);
    contracts_ = since_ && options_.contract && options_.migrate;
    if (step && !since_) step = co_await make_revision();
    if (step && !since_ && options_.migrate) {
        step = co_await migrate();
        if (!step) end(Outcome::migration_failed, step.error().message);
    }
    if (step) step = co_await roll_out();
    if (step && !ended_) step = co_await prove();
    if (step && verdict_.outcome == Outcome::serving) step = co_await contract();
    if (!step && !ended_) {
        const auto outcome = changed_ ? Outcome::unknown : Outcome::refused;
        end(outcome, step.error().message);
    }
    if (changed_)
        if (const auto explained = co_await explain(); !explained)
            verdict_.notes.push_back("why tasks ended could not be read: " + explained.error().message);
    co_return verdict_;
}

}  // namespace

asio::awaitable<Verdict> release(Cloud& cloud, ReleaseOptions options, Tell tell) {
    Release releasing(cloud, std::move(options), std::move(tell));
    co_return co_await releasing.run();
}

}  // namespace slipway::deploy
