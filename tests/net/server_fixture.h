// A server on a free port with the routes of a test, and a small blocking client that sends bytes as they are.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <string>
#include <thread>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "net/server.h"

namespace slipway::net::server_testing {

struct Answer {
    int status = 0;
    Headers headers;
    std::string body;
    bool whole = false;  // false: the connection ended before the body did
};

class RawClient {
 public:
    explicit RawClient(std::uint16_t port) {
        descriptor_ = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connect_to(reinterpret_cast<const sockaddr*>(&address), sizeof address);
    }
    explicit RawClient(const std::filesystem::path& path) {
        descriptor_ = ::socket(AF_UNIX, SOCK_STREAM, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.string().copy(address.sun_path, sizeof address.sun_path - 1);
        connect_to(reinterpret_cast<const sockaddr*>(&address), sizeof address);
    }
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;
    ~RawClient() { close(); }

    bool connected() const { return connected_; }
    int native() const { return descriptor_; }
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto count = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
        return true;
    }
    // Reads once; false at the end.
    bool receive() {
        std::array<char, 65536> piece{};
        const auto count = ::recv(descriptor_, piece.data(), piece.size(), 0);
        if (count <= 0) return false;
        input.append(piece.data(), static_cast<std::size_t>(count));
        return true;
    }
    bool receive_until(std::string_view what) {
        while (input.find(what) == std::string::npos)
            if (!receive()) return false;
        return true;
    }
    bool receive_bytes(std::size_t count) {
        while (input.size() < count)
            if (!receive()) return false;
        return true;
    }
    // True when the server closes (or resets) without sending anything more.
    bool closed_by_server() {
        errno = 0;
        while (receive()) errno = 0;
        return errno != EAGAIN;
    }
    std::string take(std::size_t count) {
        auto taken = input.substr(0, count);
        input.erase(0, count);
        return taken;
    }

    // Status 0: the connection ended before a head.
    Answer answer(bool head_only = false) {
        Answer got;
        if (!receive_until("\r\n\r\n")) return got;
        auto head = take(input.find("\r\n\r\n") + 4);
        got.status = std::stoi(head.substr(9, 3));
        for (auto at = head.find("\r\n") + 2; at + 2 < head.size();) {
            const auto end = head.find("\r\n", at);
            const auto colon = head.find(':', at);
            got.headers.add(head.substr(at, colon - at), head.substr(colon + 2, end - colon - 2));
            at = end + 2;
        }
        if (head_only || got.status == 204 || got.status == 304 || got.status < 200)
            got.whole = true;
        else if (got.headers.has("Content-Length"))
            read_length(got);
        else if (got.headers.has("Transfer-Encoding"))
            read_chunks(got);
        else
            read_to_end(got);
        return got;
    }
    Answer get(std::string_view path, std::string_view more = "") {
        send(fmt::format("GET {} HTTP/1.1\r\nHost: test\r\n{}\r\n", path, more));
        return answer();
    }

    void half_close() { ::shutdown(descriptor_, SHUT_WR); }
    void close() {
        if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
    }
    void reset() {  // RST instead of FIN
        const linger hard{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        close();
    }

    std::string input;

 private:
    void connect_to(const sockaddr* address, socklen_t size) {
        const timeval limit{.tv_sec = 20, .tv_usec = 0};
        ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        connected_ = ::connect(descriptor_, address, size) == 0;
    }
    void read_length(Answer& got) {
        const auto length = static_cast<std::size_t>(std::stoull(std::string(got.headers.get("Content-Length"))));
        got.whole = receive_bytes(length);
        got.body = take(length);
    }
    void read_chunks(Answer& got) {
        while (receive_until("\r\n")) {
            const auto line = take(input.find("\r\n") + 2);
            const auto size = static_cast<std::size_t>(std::stoull(line, nullptr, 16));
            if (!receive_bytes(size + 2)) return;
            got.body += take(size);
            take(2);
            if (size == 0) {
                got.whole = true;
                return;
            }
        }
    }
    void read_to_end(Answer& got) {
        while (receive()) {
        }
        got.whole = true;
        got.body = std::exchange(input, {});
    }

    int descriptor_ = -1;
    bool connected_ = false;
};

// Something that one thread waits for and another says once.
class Event {
 public:
    void say() {
        if (!said_.exchange(true)) promise_.set_value();
    }
    bool happens() { return future_.wait_for(std::chrono::seconds(20)) == std::future_status::ready; }
    bool has_happened() const { return said_; }

 private:
    std::promise<void> promise_;
    std::shared_future<void> future_ = promise_.get_future().share();
    std::atomic<bool> said_{false};
};

// Says `ended` when the coroutine that holds it ends, in whatever way.
struct AtEnd {
    Event& ended;
    ~AtEnd() { ended.say(); }
};

inline asio::awaitable<Response> say_hello(Request& request) {
    co_return Response::text(200, fmt::format("hello {}", request.path));
}
inline asio::awaitable<Response> echo_body(Request& request) { co_return Response::text(200, request.body); }

class ServerTest : public ::testing::Test {
 protected:
    ServerTest() {
        log::set_level(log::Level::error);
        options.port = 0;
        options.loops = 2;
        router->add(Method::get, "/hello", {}, say_hello);
        router->add(Method::post, "/echo", {}, echo_body);
    }
    ~ServerTest() override {
        if (server) server->stop();
        log::set_level(log::Level::info);
    }
    void start() {
        server = std::make_unique<Server>(options, router, render);
        const auto started = server->start();
        ASSERT_TRUE(started) << started.error().message;
    }
    std::uint16_t port() const { return server->port(); }
    // Sends one request as it stands and reads one answer.
    Answer exchange(std::string_view bytes) {
        RawClient client(port());
        client.send(bytes);
        return client.answer();
    }
    // True once the server has no connection left.
    bool becomes_empty() const {
        for (int i = 0; i < 2000 && server->connections() > 0; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        return server->connections() == 0;
    }
    std::filesystem::path temporary(std::string_view name) {
        const auto folder = std::filesystem::temp_directory_path() / fmt::format("slipway-net-{}", ::getpid());
        std::filesystem::create_directories(folder);
        return folder / name;
    }

    ServerOptions options;
    std::shared_ptr<Router> router = std::make_shared<Router>();
    ErrorRenderer render = [](const Request&, int status, const Error& error) {
        return Response::of_json(status, json::object{{"code", to_string(error.code)}, {"message", error.message}});
    };
    std::unique_ptr<Server> server;
};

}  // namespace slipway::net::server_testing
