// What all connections of a server share.
#pragma once

#include <boost/asio/ssl/context.hpp>

#include "base/pool.h"
#include "net/server.h"

namespace slipway::net {

struct Service {
    static constexpr std::size_t kFileThreads = 2;

    ServerOptions options;
    ErrorRenderer render_error;
    std::unique_ptr<asio::ssl::context> tls;  // null: plain
    std::atomic<std::size_t> connections{0};
    std::atomic<std::size_t> held_bytes{0};  // see net/held_bytes.h
    std::atomic<bool> draining{false};
    WorkerPool file_reads{"file reads", kFileThreads};
};

}  // namespace slipway::net
