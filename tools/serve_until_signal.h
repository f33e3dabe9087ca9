// What the tools of the tests have in common: a server that says where it listens and runs until SIGTERM or SIGINT.
#pragma once

#include <csignal>
#include <cstdio>
#include <memory>

#include "net/server.h"

namespace slipway::tools {

// Prints "listening on SCHEME://HOST:PORT" when it does. Blocks.
inline Result<void> serve_until_signal(const net::ServerOptions& options, std::shared_ptr<const net::Router> router,
                                       net::ErrorRenderer render, const char* scheme) {
    // Blocked before the server's threads start, so that only sigwait() sees them.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    net::Server server(options, std::move(router), std::move(render));
    SLIPWAY_CHECK(server.start());
    std::printf("listening on %s://%s:%u\n", scheme, options.host.c_str(), static_cast<unsigned>(server.port()));
    std::fflush(stdout);
    int received = 0;
    sigwait(&signals, &received);
    server.stop();
    return {};
}

}  // namespace slipway::tools
