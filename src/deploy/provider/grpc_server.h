// gRPC over HTTP/2 without TLS (github.com/grpc/grpc, PROTOCOL-HTTP2.md) on a socket of this machine: calls of one
// message and one answer. For Terraform, which is the only client; nghttp2 speaks HTTP/2.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "base/error.h"

namespace slipway::deploy {

inline constexpr std::size_t kGrpcMessageMax = 64 << 20;
inline constexpr std::size_t kGrpcConnectionsMax = 64;

class GrpcServer {
 public:
    // `path` is "/package.Service/Method". `not_found`: there is no such method. Called from several threads.
    using Handler = std::function<Result<std::string>(std::string_view path, std::string_view message)>;

    // Listens on a UNIX socket that only this user may use. Errors: `unavailable`.
    static Result<std::unique_ptr<GrpcServer>> start(std::filesystem::path socket, Handler handler);
    // Ends connections and removes the socket.
    ~GrpcServer();
    GrpcServer(const GrpcServer&) = delete;
    GrpcServer& operator=(const GrpcServer&) = delete;

 private:
    GrpcServer(std::filesystem::path socket, Handler handler, int listener, int stopper);
    void accept_connections();

    std::filesystem::path socket_;
    Handler handler_;
    int listener_, stopper_;  // the latter becomes readable at the end
    struct Client {
        std::atomic<bool> ended = false;
        std::jthread thread;
    };
    std::list<Client> clients_;  // of the accepting thread, and of the destructor after it
    std::jthread accepting_;
};

}  // namespace slipway::deploy
