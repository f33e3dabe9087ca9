// A service of the tests: answers as it is told, and remembers what it was asked.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "must.h"
#include "net/server.h"

namespace slipway::test {

class ServicePlace {
 public:
    using Answering = std::function<net::Response(const net::Request&)>;

    explicit ServicePlace(Answering answer) : answer_(std::move(answer)) {
        auto router = std::make_shared<net::Router>();
        auto handler = [this](net::Request& request) { return handle(request); };
        for (const auto method :
             {net::Method::get, net::Method::put, net::Method::post, net::Method::del, net::Method::head}) {
            for (const char* const pattern : {"/", "/{path:rest}"}) {
                net::Operation operation;
                operation.body_bytes_max = 64 << 20;
                if (method != net::Method::head) router->add(method, pattern, operation, handler);
            }
        }
        net::ServerOptions options{.port = 0, .loops = 1};
        auto render = [](const net::Request&, int status, const Error& error) {
            return net::Response::text(status, error.message);
        };
        server_ = std::make_unique<net::Server>(options, router, render);
        must(server_->start());
    }

    std::string url() const { return fmt::format("http://127.0.0.1:{}", server_->port()); }
    std::vector<net::Request> requests() const {
        const std::lock_guard lock(mutex_);
        return requests_;
    }
    std::size_t count() const { return requests().size(); }
    void answer(Answering answer) {
        const std::lock_guard lock(mutex_);
        answer_ = std::move(answer);
    }

 private:
    asio::awaitable<net::Response> handle(net::Request& request) {
        Answering answer;
        {
            const std::lock_guard lock(mutex_);
            requests_.push_back(request);
            answer = answer_;
        }
        co_return answer(request);
    }

    mutable std::mutex mutex_;
    Answering answer_;
    std::vector<net::Request> requests_;
    std::unique_ptr<net::Server> server_;
};

}  // namespace slipway::test
