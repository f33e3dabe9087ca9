// One event loop: a thread, the connections that live on it, and one timer that watches over the limits of all of them.
// A timer per connection would cost more than the requests.
#pragma once

#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/channel.h"
#include "net/service.h"

namespace slipway::net {

class Connection;

class Loop {
 public:
    // A reference count of its own per loop, so that the cores do not fight over one cache line at each request.
    using SharedRouter = std::shared_ptr<const std::shared_ptr<const Router>>;

    explicit Loop(Service& service);
    ~Loop();
    asio::io_context& context() { return context_; }
    void start();
    // Lets the thread end: at once when `now`, else when nothing is left to do.
    void stop(bool now);
    void join();

    // All that follows: on the loop itself.
    // `refused`: there are too many connections already; it is told so.
    void open(Channel::Socket socket, bool private_socket, bool refused);
    void add(Connection& connection);
    void remove(Connection& connection);
    void drain();
    void cut();
    void set_router(std::shared_ptr<const Router> router);
    const SharedRouter& router() const { return router_; }
    // "Date: …\r\nServer: …\r\nX-Content-Type-Options: nosniff\r\n", renewed each second.
    std::string_view common_headers();
    std::string new_request_id();
    Service& service() { return service_; }

 private:
    void watch();
    void check_limits();

    Service& service_;
    asio::io_context context_{1};
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    asio::steady_timer timer_;
    Milliseconds check_every_;
    bool watching_ = false;
    std::thread thread_;
    std::vector<Connection*> connections_;
    SharedRouter router_;
    std::string common_headers_;
    std::time_t common_headers_at_ = 0;
    std::uint64_t request_ids_;
};

}  // namespace slipway::net
