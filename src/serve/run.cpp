#include "serve/run.h"

#include <csignal>
#include <deque>
#include <future>
#include <thread>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/signal_set.hpp>

#include "base/log.h"
#include "knowledge/folder.h"
#include "net/server.h"
#include "serve/background.h"
#include "serve/routes.h"
#include "serve/server_options.h"

namespace slipway::serve {
namespace {

constexpr Milliseconds kWatchEvery{1000};
constexpr int kSignalled = 128;                      // as a shell tells the end by a signal
constexpr Milliseconds kTellMax{5'000};              // for telling clients that their answer ends, and storing it
constexpr Milliseconds kSweepEvery{600'000};         // files that are over or were left half
constexpr Milliseconds kForgetEvery{6 * 3'600'000};  // security events that were kept long enough
constexpr std::size_t kUsersAtOnce = 100;
constexpr Milliseconds kRetryEvery{5'000};  // what failed for want of space, a model and the like

// Brings the application's own documents up to date, and again when they change.
class Upkeep {
 public:
    Upkeep(Application& application, Operator& commands, net::Server& server, const RunOptions& run)
        : application_(application), commands_(commands), server_(server), role_(run.role), watch_(run.watch) {}

    asio::awaitable<void> documents() {
        const auto& folder = application_.manifest().knowledge.documents;
        if (folder.empty()) co_return;
        std::string seen;
        bool done = true;
        do {
            auto look = [&folder] { return knowledge::folder_fingerprint(folder); };
            auto fingerprint = co_await application_.pool().run(std::move(look));
            if (fingerprint && (*fingerprint != seen || !done)) {
                seen = *fingerprint;
                done = co_await bring_up_to_date();
            }
            const auto pause = done ? kWatchEvery : kRetryEvery;
            if (watch_ || !done) co_await sleep_for(pause);
        } while (watch_ || !done);
    }

    // Documents whose last step failed, as on a full disk, are finished when it can be done.
    asio::awaitable<void> leftovers() {
        auto& knowledge = application_.capabilities().knowledge;
        while (true) {
            co_await sleep_for(kRetryEvery);
            if (!knowledge.has_leftovers()) continue;
            const auto recovered = co_await knowledge.recover(application_.workspace());
            if (!recovered) log::warning("documents not recovered", {{"error", recovered.error().message}});
        }
    }

    // One of several servers is enough, and more do no harm.
    asio::awaitable<void> files() {
        auto& files = application_.capabilities().files;
        if (files.purposes().empty() || role_ == ServeRole::api) co_return;
        while (true) {
            if (!application_.quiet()) {
                const auto swept = co_await files.sweep(application_.workspace(), now());
                if (!swept) log::warning("files not swept", {{"error", swept.error().message}});
                if (swept && *swept > 0) log::info("files swept", {{"files", *swept}});
            }
            co_await sleep_for(kSweepEvery);
        }
    }

    asio::awaitable<void> abandoned_users() {
        const auto& capabilities = application_.capabilities();
        if (!capabilities.anonymous.allowed() || role_ == ServeRole::api) co_return;
        while (true) {
            co_await sleep_for(kSweepEvery);
            if (application_.quiet()) continue;
            const auto removed = co_await capabilities.anonymous.remove_abandoned(capabilities.persons, kUsersAtOnce);
            if (!removed) log::warning("abandoned users not removed", {{"error", removed.error().message}});
            if (removed && *removed > 0) log::info("abandoned users removed", {{"users", *removed}});
        }
    }

    asio::awaitable<void> old_events() {
        if (role_ == ServeRole::api) co_return;
        while (true) {
            const auto forgotten = co_await application_.capabilities().audit.forget_old();
            if (!forgotten) log::warning("old security events not removed", {{"error", forgotten.error().message}});
            if (forgotten && *forgotten > 0) log::info("old security events removed", {{"events", *forgotten}});
            co_await sleep_for(kForgetEvery);
        }
    }

    asio::awaitable<void> scripts() {
        if (!watch_ || application_.scripts() == nullptr) co_return;
        auto seen = script_times();
        while (true) {
            co_await sleep_for(kWatchEvery);
            const auto times = script_times();
            if (times == seen) continue;
            seen = times;
            reload();
        }
    }

 private:
    // False when it may go better later without anybody's doing.
    asio::awaitable<bool> bring_up_to_date() {
        const auto began = std::chrono::steady_clock::now();
        OperatorEvents events = [](json::object event) -> Task<void> {
            if (const auto failure = text_or(event, "failure"); !failure.empty())
                log::warning("document failed", {{"file", text_or(event, "file")}, {"reason", failure}});
            co_return Result<void>();
        };
        auto report = co_await commands_.sync(events);
        if (!report) {
            log::error("documents not brought up to date", {{"error", report.error().message}});
            co_return false;
        }
        const bool done = integer_or(*report, "postponed", 0) == 0;
        report->erase("failures");
        report->erase("postponed");
        (*report)["ms"] = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - began).count();
        log::info("documents up to date", *std::move(report));
        co_return done;
    }

    std::vector<std::filesystem::file_time_type> script_times() const {
        std::vector<std::filesystem::file_time_type> times;
        for (const auto& file : application_.manifest().script.files) {
            std::error_code error;
            times.push_back(std::filesystem::last_write_time(application_.manifest().folder / file, error));
        }
        return times;
    }

    void reload() {
        auto loaded = application_.scripts()->reload();
        if (!loaded) {
            log::error("scripts not reloaded, the old ones go on", {{"error", loaded.error().message}});
            return;
        }
        auto router = make_router(application_, commands_, role_);
        if (!router) {
            log::error("routes not reloaded, the old ones go on", {{"error", router.error().message}});
            return;
        }
        server_.set_router(*std::move(router));
        log::info("scripts reloaded");
    }

    Application& application_;
    Operator& commands_;
    net::Server& server_;
    ServeRole role_;
    bool watch_;
};

// Answers that would be cut at the end of the drain are ended shortly before, so that their clients are told.
asio::awaitable<void> end_answers(Application& application) {
    const auto limit = application.manifest().server.limits.drain_time_max;
    co_await sleep_for(limit - std::min<Milliseconds>(kTellMax, limit / 2));
    const bool drained = co_await cancelled();
    if (!drained) application.chats().end_all();
}

// The first signal ends the wait; the second forces.
void wait_for_signal(asio::io_context& signals_loop, asio::signal_set& signals) {
    signals.async_wait([&signals_loop](boost::system::error_code, int signal) {
        log::info("draining", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
        signals_loop.stop();
    });
    signals_loop.run();
}

void log_upkeep_failure(const std::exception_ptr& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const boost::system::system_error& error) {
        if (error.code() == asio::error::operation_aborted) return;  // we are stopping
        log::error("changes are no longer watched", {{"error", error.what()}});
    } catch (const std::exception& error) {
        log::error("changes are no longer watched", {{"error", error.what()}});
    }
}

// Work on the server's loop beside the connections. Waited for before what it uses is destroyed.
class Beside {
 public:
    explicit Beside(net::Server& server) : server_(server) {}

    void start(asio::awaitable<void> work) {
        auto& running = running_.emplace_back();
        running.end = running.done.get_future();
        auto finish = [&running](const std::exception_ptr& thrown) {
            if (thrown) log_upkeep_failure(thrown);
            running.done.set_value();
        };
        asio::co_spawn(server_.executor(), std::move(work), asio::bind_cancellation_slot(running.stop.slot(), finish));
    }
    void cancel() {
        for (auto& running : running_)
            asio::post(server_.executor(), [&running] { running.stop.emit(asio::cancellation_type::terminal); });
    }
    void wait() {
        for (auto& running : running_) running.end.wait();
    }

 private:
    struct Running {
        asio::cancellation_signal stop;
        std::promise<void> done;
        std::future<void> end;
    };
    net::Server& server_;
    std::deque<Running> running_;  // what is referred to stays where it is
};

// A second signal ends the process at once.
class Forced {
 public:
    Forced(asio::io_context& loop, asio::signal_set& signals) : loop_(loop), signals_(signals) {
        loop_.restart();
        signals_.async_wait([](boost::system::error_code error, int signal) {
            if (error) return;
            // What was acknowledged is on the disk, and what still runs may not listen.
            log::warning("forced to stop");
            std::_Exit(kSignalled + signal);
        });
        thread_ = std::thread([this] { loop_.run(); });
    }
    ~Forced() {
        asio::post(loop_, [this] { signals_.cancel(); });
        thread_.join();
    }
    Forced(const Forced&) = delete;
    Forced& operator=(const Forced&) = delete;

 private:
    asio::io_context& loop_;
    asio::signal_set& signals_;
    std::thread thread_;
};

}  // namespace

Result<void> run(Application& application, RunOptions options) {
    Operator commands(application);
    SLIPWAY_TRY(auto router, make_router(application, commands, options.role));
    SLIPWAY_TRY(const auto background, Background::make(application, commands, options.role == ServeRole::all));
    net::Server server(server_options(application), std::move(router), outside_errors(application.manifest()));
    // Before the loops start, so that their threads leave the signals to this one.
    asio::io_context signals_loop(1);
    asio::signal_set signals(signals_loop, SIGINT, SIGTERM);
    SLIPWAY_CHECK(server.start());
    Upkeep upkeep(application, commands, server, options);
    Beside keeping(server), jobs(server), ending(server);
    keeping.start(upkeep.documents());
    keeping.start(upkeep.scripts());
    keeping.start(upkeep.leftovers());
    keeping.start(upkeep.files());
    keeping.start(upkeep.abandoned_users());
    keeping.start(upkeep.old_events());
    if (options.role != ServeRole::api) jobs.start(background->run());
    if (options.ready) options.ready(server.port());

    wait_for_signal(signals_loop, signals);
    application.begin_stopping();
    const Forced forced(signals_loop, signals);
    // Others take the jobs from now on, however long clients are still served.
    asio::post(server.executor(), [&background] { background->stop(); });
    std::this_thread::sleep_for(application.manifest().server.drain_delay);
    application.channels().close();  // streams of events have no end of their own
    ending.start(end_answers(application));
    keeping.cancel();
    server.drain();
    ending.cancel();
    for (auto* work : {&keeping, &ending, &jobs}) work->wait();
    server.stop();
    return {};
}

}  // namespace slipway::serve
