// Accepts connections on one address and deals them out to the loops in turn.
#pragma once

#include <functional>
#include <optional>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/loop.h"

namespace slipway::net {

// Lives on the first loop.
class Listener {
 public:
    using Loops = std::vector<std::unique_ptr<Loop>>;

    explicit Listener(Loops& loops);
    ~Listener();

    // One of them, before start(). `unavailable` and `invalid` say what is wrong with the address.
    Result<void> listen_tcp(const std::string& host, std::uint16_t port);
    Result<void> listen_unix(const std::filesystem::path& path);
    std::uint16_t port() const;

    void start();
    // On its loop, or when no loop runs. Removes the socket's file. Connections that the kernel has made already are
    // accepted first: a close would reset them, and a client cannot know whether its request was served.
    void close();

 private:
    using Protocol = asio::generic::stream_protocol;
    using Acceptor = asio::basic_socket_acceptor<Protocol, asio::io_context::executor_type>;

    void accept();
    void accept_rest();
    void take(std::size_t loop, Channel::Socket socket);
    void accepted(boost::system::error_code error, std::size_t loop, Channel::Socket socket);

    Loops& loops_;
    Acceptor acceptor_;
    asio::steady_timer pause_;
    std::size_t next_ = 0;
    int family_ = 0;
    bool private_ = false, started_ = false;
    std::filesystem::path file_;
    std::uint64_t file_inode_ = 0;
};

}  // namespace slipway::net
