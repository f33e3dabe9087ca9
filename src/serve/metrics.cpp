#include "serve/metrics.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <tuple>

#include <unistd.h>

#include "base/crypto.h"
#include "base/metrics.h"
#include "face/api/access.h"
#include "serve/health_routes.h"
#include "serve/version.h"

namespace slipway::serve {
namespace {

// The names that every exporter uses (https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics).
void measure_process() {
    std::ifstream statm("/proc/self/statm");
    std::uint64_t all = 0, resident = 0;
    if (!(statm >> all >> resident)) return;
    const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
    metrics::gauge("process_resident_memory_bytes", "Resident memory size in bytes.")
        .set(static_cast<double>(resident) * page);
    metrics::gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.")
        .set(static_cast<double>(all) * page);
    std::error_code error;
    std::size_t open = 0;
    for (std::filesystem::directory_iterator at("/proc/self/fd", error), end; !error && at != end; at.increment(error))
        ++open;
    metrics::gauge("process_open_fds", "Number of open file descriptors.").set(static_cast<double>(open));
}

asio::awaitable<void> measure_stores(Application& application) {
    auto& knowledge = application.capabilities().knowledge;
    const auto state = co_await knowledge.status(application.workspace());
    if (state) {
        const auto documents = [](std::string_view status, auto count) {
            metrics::gauge("slipway_documents", "Documents, by where they are in ingestion.", {{"status", status}})
                .set(static_cast<double>(count));
        };
        documents("indexed", state->indexed);
        documents("pending", state->pending);
        documents("failed", state->failed);
        metrics::gauge("slipway_passages", "Passages in the search index.").set(static_cast<double>(state->passages));
    }
    for (const auto& store : co_await application.check_stores()) {
        metrics::gauge("slipway_store_up", "1 when the store answers.", {{"store", store.name}})
            .set(store.error.empty() ? 1 : 0);
        metrics::gauge("slipway_store_latency_seconds", "How long the store took to answer just now.",
                       {{"store", store.name}})
            .set(static_cast<double>(store.latency_ms) / 1000);
    }
}

// A database that is left to sleep (idle=drain) is not woken to be measured: its figures stay as they were.
asio::awaitable<void> measure(Application& application) {
    measure_process();
    for (const auto* pool : {&application.pool(), &application.readers(), &application.files()})
        metrics::gauge("slipway_pool_waiting", "Work that waits for a thread or has one.", {{"pool", pool->name()}})
            .set(static_cast<double>(pool->waiting()));
    const bool quiet = application.quiet();
    metrics::gauge("slipway_stores_asleep",
                   "1 while stores are not asked, so that the database may sleep: their figures are the last known.")
        .set(quiet ? 1 : 0);
    if (!quiet) co_await measure_stores(application);
}

bool may_read(const net::Request& request, const std::string& token) {
    if (on_this_machine(request)) return true;
    const auto given = face::bearer_of(request);
    return !token.empty() && !given.empty() && equal_constant_time(given, token);
}

// The series of a kind of request. They are few, so each thread remembers those that it has seen: finding them in the
// registry takes a lock and writes their labels out.
struct RequestSeries {
    metrics::Counter& requests;
    metrics::Counter& sent_bytes;
    metrics::Histogram& duration;
};

RequestSeries find_series(net::Method method, std::string_view route, int status) {
    const auto name = net::to_string(method);
    const auto shown = status == 0 ? std::string("gone") : fmt::format("{}", status);
    return {
        metrics::counter("slipway_http_requests_total", "Requests that were answered, or whose client was gone first.",
                         {{"method", name}, {"route", route}, {"status", shown}}),
        metrics::counter("slipway_http_sent_bytes_total", "Bytes of answers, with their heads.", {{"route", route}}),
        metrics::histogram("slipway_http_request_duration_seconds",
                           "From the first byte of a request to the last of its answer.",
                           {{"method", name}, {"route", route}})};
}

const RequestSeries& series_of(net::Method method, std::string_view route, int status) {
    using Key = std::tuple<std::string_view, net::Method, int>;
    thread_local std::map<std::tuple<std::string, net::Method, int>, RequestSeries, std::less<>> known;
    const Key key(route, method, status);
    auto found = known.find(key);
    if (found == known.end())
        found = known.emplace(std::tuple(std::string(route), method, status), find_series(method, route, status)).first;
    return found->second;
}

}  // namespace

void observe_request(const net::RequestRecord& record) {
    // A pattern, never a path: paths are as many as clients like.
    const std::string_view route = record.request.route.empty() ? "none" : std::string_view(record.request.route);
    const auto& series = series_of(record.request.method, route, record.status);
    series.requests.add();
    series.sent_bytes.add(record.bytes_sent);
    series.duration.observe(static_cast<double>(record.duration.count()) / 1e6);
}

void add_metrics_route(net::Router& router, Application& application) {
    const auto& section = application.manifest().server.metrics;
    if (section.path.empty()) return;
    metrics::gauge("slipway_info", "The version that runs.",
                   {{"version", kVersion}, {"application", application.manifest().name}})
        .set(1);
    net::Operation described;
    described.summary = "Figures for Prometheus";
    described.tag = "health";
    described.authenticated = false;
    described.hidden = true;
    const auto token = section.token.reveal();
    auto tell = [&application, token](net::Request& request) -> asio::awaitable<net::Response> {
        if (!may_read(request, token)) co_return net::Response::text(404, "Not found.\n", "text/plain; charset=utf-8");
        co_await measure(application);
        co_return net::Response::text(200, metrics::exposition(), "text/plain; version=0.0.4; charset=utf-8");
    };
    router.add(net::Method::get, section.path, described, tell);
}

}  // namespace slipway::serve
