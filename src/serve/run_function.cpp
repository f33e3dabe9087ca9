#include "serve/run_function.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>

#include "lambda/function.h"
#include "serve/background.h"
#include "serve/routes.h"
#include "serve/server_options.h"

namespace slipway::serve {
namespace {

std::shared_ptr<const net::Router> only(const net::Router& all, const app::FunctionSection& function) {
    auto router = std::make_shared<net::Router>();
    for (const auto& route : all.routes()) {
        if (!function.has(route->pattern)) continue;
        if (const auto* const handler = std::get_if<net::Handler>(&route->handler))
            router->add(route->method, route->pattern, route->operation, *handler);
    }
    return router;
}

// `?key=value` at the end of a URL that has no such key.
std::string with_key(std::string url, std::string_view key, std::string_view value) {
    const auto query = url.find('?');
    for (const char mark : {'?', '&'})
        if (query != std::string::npos && url.find(fmt::format("{}{}=", mark, key), query) != std::string::npos)
            return url;
    return fmt::format("{}{}{}={}", url, query == std::string::npos ? '?' : '&', key, value);
}

void fit(app::StoreUrl& store) {
    if (!store.scheme.starts_with("postgres")) return;
    auto url = with_key(store.url.reveal(), "pool", "1");
    store.url = app::Secret(with_key(std::move(url), "idle_timeout", "1m"));
}

// Jobs run where the routes' handlers do: a connection to the database belongs to its loop.
Task<std::vector<std::string>> take_messages(net::Server& server, Background& background,
                                             std::vector<lambda::MessageRecord> records, Milliseconds time_max) {
    std::vector<store::Delivery> deliveries;
    for (auto& record : records)
        deliveries.push_back(
            {std::move(record.id), std::move(record.handle), std::move(record.body), record.sent, record.receives});
    std::optional<Result<std::vector<std::string>>> again;
    auto run = store_in(again, background.run_delivered(std::move(deliveries), time_max));
    co_await asio::co_spawn(server.executor(), std::move(run), asio::deferred);
    co_return *std::move(again);
}

}  // namespace

Result<const app::FunctionSection*> find_function(const app::Manifest& manifest, const std::string& name) {
    std::vector<std::string> names;
    for (const auto& function : manifest.functions) {
        if (function.name == name) return &function;
        names.push_back(function.name);
    }
    return fail(ErrorCode::not_found, "{} has no function '{}': under `functions` its manifest has {}.", manifest.name,
                name, names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")));
}

void fit_to_function(app::Manifest& manifest) {
    fit(manifest.stores.database);
    fit(manifest.stores.index);
}

Result<void> run_function(Application& application, const FunctionRun& run) {
    Operator commands(application);
    SLIPWAY_TRY(auto router, make_router(application, commands, ServeRole::api));
    if (!run.function.empty()) {
        SLIPWAY_TRY(const auto* const function, find_function(application.manifest(), run.function));
        router = only(*router, *function);
    }
    auto options = server_options(application);
    options.listens = false;
    options.private_socket.reset();
    options.tls.reset();
    options.loops = 1;
    // The sender of the event is one proxy, which says who the client is.
    options.proxies.count = std::max<std::size_t>(options.proxies.count, 1);
    options.proxies.networks.clear();  // its sender is this process
    net::Server server(std::move(options), std::move(router), outside_errors(application.manifest()));
    SLIPWAY_CHECK(server.start());
    lambda::FunctionOptions served;
    served.runtime_api = run.runtime_api;
    served.streams = run.streams;
    served.render_error = outside_errors(application.manifest());
    std::unique_ptr<Background> background;
    if (application.manifest().stores.queue.scheme == "sqs") {
        SLIPWAY_TRY(background, Background::make(application, commands, false));
        served.take_messages = [&server, &jobs = *background](std::vector<lambda::MessageRecord> records,
                                                              Milliseconds time_max) {
            return take_messages(server, jobs, std::move(records), time_max);
        };
    }
    return lambda::run_function(server, std::move(served));
}

}  // namespace slipway::serve
